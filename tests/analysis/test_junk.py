from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis import junk as module
from layerscope.analysis.junk import JUNK_CLASSES, junk, junk_class
from tests.surroundings import REPOSITORY

# Paths that the programs write: seen in images, or in the programs' own documentation.
JUNK = [
    ("/var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease", "apt-lists"),
    ("/var/lib/apt/lists/partial/x", "apt-lists"),
    ("/var/cache/apt/archives/curl_7.88.1_amd64.deb", "apt-cache"),
    ("/var/cache/apt/pkgcache.bin", "apt-cache"),
    ("/var/cache/apk/APKINDEX.00740ba1.tar.gz", "apk-cache"),
    ("/etc/apk/cache/APKINDEX.00740ba1.tar.gz", "apk-cache"),
    ("/var/cache/dnf/fedora-filenames.solvx", "dnf-cache"),
    ("/var/cache/libdnf5/fedora/x", "dnf-cache"),
    ("/var/cache/yum/x86_64/7/base/repomd.xml", "yum-cache"),
    ("/var/cache/zypp/raw/repo-oss/x", "zypper-cache"),
    ("/var/cache/pacman/pkg/zlib-1.3-1-x86_64.pkg.tar.zst", "pacman-cache"),
    ("/root/.cache/pip/http/0/1/2", "pip-cache"),
    ("/srv/app/.cache/pip/wheels/a", "pip-cache"),
    ("/root/.cache/uv/archive-v0/a", "uv-cache"),
    ("/root/.npm/_cacache/content-v2/sha512/00/0a/x", "npm-cache"),
    ("/root/.npm/_logs/2026-11-24T08_56_45_874Z-debug-0.log", "npm-cache"),
    ("/app/npm-debug.log", "npm-cache"),
    ("/usr/local/share/.cache/yarn/v6/x", "yarn-cache"),
    ("/root/.local/share/pnpm/store/v3/files/00/a", "pnpm-store"),
    ("/app/node_modules/.cache/babel-loader/a.json", "node-build-cache"),
    ("/root/.cache/node-gyp/20.0.0/include/node/v8.h", "node-build-cache"),
    ("/root/.cache/go-build/00/0a-d", "go-build-cache"),
    ("/go/pkg/mod/golang.org/x/text@v0.3.0/a.go", "go-module-cache"),
    ("/usr/local/cargo/registry/src/x/lib.rs", "cargo-registry"),
    ("/root/.cargo/git/db/a", "cargo-registry"),
    ("/root/.m2/repository/junit/junit/4.12/junit-4.12.jar", "maven-repository"),
    ("/opt/gradle/.gradle/caches/modules-2/a", "gradle-cache"),
    ("/root/.nuget/packages/a/1.0.0/a.dll", "nuget-packages"),
    ("/root/.composer/cache/files/a.zip", "composer-cache"),
    ("/usr/local/bundle/cache/rake-13.0.gem", "gem-cache"),
    ("/opt/conda/pkgs/numpy-1.26.conda", "conda-packages"),
    ("/root/miniconda3/pkgs/zlib-1.2.tar.bz2", "conda-packages"),
    ("/root/.ccache/0/a", "compiler-cache"),
    ("/app/.git/objects/pack/pack-1.pack", "version-control"),
    ("/app/vendor/x/.svn/entries", "version-control"),
    ("/app/__pycache__/a.cpython-311.pyc", "python-bytecode"),
    ("/app/a.pyc", "python-bytecode"),
    ("/app/.mypy_cache/3.11/a.json", "python-tool-cache"),
    ("/usr/share/doc/adduser/NEWS.Debian.gz", "docs"),
    ("/usr/share/man/cs/man1/expiry.1.gz", "man-pages"),
    ("/usr/share/info/coreutils.info.gz", "info-pages"),
    ("/usr/share/locale/af/LC_MESSAGES/a.mo", "locales"),
    ("/usr/share/i18n/charmaps/UTF-8.gz", "locales"),
    ("/var/log/dpkg.log", "logs"),
    ("/var/log/apt/history.log", "logs"),
    ("/tmp/build/a.o", "temporary"),
    ("/var" + "/tmp/a", "temporary"),
    ("/app/core", "core-dump"),
    ("/core.1234", "core-dump"),
    ("/usr/include/zlib.h", "headers"),
    ("/usr/lib/gcc/x86_64-linux-gnu/12/libasan.a", "static-libraries"),
    ("/var/lib/dpkg/status-old", "dpkg-backups"),
    ("/var/cache/debconf/config.dat-old", "dpkg-backups"),
    ("/app/.DS_Store", "desktop-files"),
]
NO_JUNK = [
    "/",
    "/etc/passwd",
    "/tmp",
    "/tmpfiles/a",
    "/var/lib/apt/listsx/a",
    "/var/lib/apt/extended_states",
    "/var/lib/dpkg/status",
    "/var/cache/fontconfig/a.cache-7",
    "/var/logs/a",
    "/usr/share/doc/adduser/copyright",
    "/usr/share/licenses/x",
    "/usr/share/locale/locale.alias",
    "/usr/lib/locale/C.utf8/LC_CTYPE",
    "/usr/share/documents/a",
    "/app/node_modules/core",
    "/app/node_modules/x/core",
    "/usr/lib/python3/dist-packages/django/core",
    "/app/core.js",
    "/app/core.12x",
    "/app/score",
    "/app/.gitignore",
    "/app/.github/workflows/a.yml",
    "/app/x.git/config",
    "/app/.cache/a",
    "/root/.cache/huggingface/a",
    "/root/.npmrc",
    "/app/.yarn/cache/a.zip",
    "/app/mod/a",
    "/app/registry/a",
    "/app/repository/a",
    "/app/a.gem",
    "/app/pkgs/a.conda",
    "/app/data-old",
    "/opt/tool/x.a",
    "/srv/a",
]


@pytest.mark.parametrize(("path", "expected"), JUNK)
def test_junk_path_is_in_its_class(path: str, expected: str) -> None:
    assert junk_class(path.encode()) == expected


@pytest.mark.parametrize("path", NO_JUNK)
def test_junk_class_of_a_needed_path_is_none(path: str) -> None:
    assert junk_class(path.encode()) is None


def test_junk_of_many_paths_is_what_each_alone_is() -> None:
    paths = [path.encode() for path, _ in JUNK] + [path.encode() for path in NO_JUNK]

    assert junk(paths) == [junk_class(path) for path in paths]
    assert junk(reversed(paths)) == [junk_class(path) for path in reversed(paths)]
    assert junk([]) == []


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    *(b"var", b"cache", b"apt", b"usr", b"share", b"doc", b"a", b".cache", b"pip"),
                    *(b"copyright", b"core", b"x.pyc", b".git", b"tmp", b"lib", b"l.a", b"locale"),
                ]
            ),
            min_size=1,
            max_size=6,
        ),
        max_size=12,
    )
)
def test_junk_of_a_path_does_not_depend_on_the_paths_before_it(tree: list[list[bytes]]) -> None:
    paths = [b"/" + b"/".join(parts) for parts in tree]

    assert junk(paths) == [junk_class(path) for path in paths]


def test_junk_classes_are_sorted_and_each_has_a_path_here_and_a_row_on_the_page() -> None:
    page = (REPOSITORY / "docs" / "reference" / "junk.md").read_text(encoding="utf-8")

    assert list(JUNK_CLASSES) == sorted(JUNK_CLASSES)
    assert {kind for _, kind in JUNK} == set(JUNK_CLASSES)
    for name, kind in JUNK_CLASSES.items():
        sure = "yes" if kind.sure else "no"
        assert f"| `{name}` | {kind.title} | {sure} | `{kind.remedy}` | {kind.note} |" in page


def test_junk_tables_name_classes_that_exist() -> None:
    used = {kind for _, kind in (*module._ROOTED, *module._ANYWHERE)}
    used |= {*module._BY_NAME.values(), *module._SUFFIXES.values()}

    assert used <= set(JUNK_CLASSES)


def test_junk_of_long_hostile_paths_is_found_without_delay() -> None:
    deep = b"/a" * 500_000
    names = [
        b"/" + b".cache/" * 200_000 + b"x",
        deep + b"/core",
        deep + b"/x.pyc",
        b"/core" * 10**5,
    ]

    assert junk(names) == [None, "core-dump", "python-bytecode", "core-dump"]
