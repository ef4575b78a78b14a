from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.files.packages.assemble import Package, Packages, Problem, assemble
from layerscope.files.packages.claims import Claim, Evidence
from layerscope.files.packages.evidence import read
from layerscope.files.packages.owners import Claimant, owners

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUS = b"/var/lib/dpkg/status"
INFO = b"/var/lib/dpkg/info/"


def evidence_of(files: dict[bytes, bytes]) -> dict[bytes, Evidence]:
    said = {path: read(path, content) for path, content in files.items()}
    return {path: evidence for path, evidence in said.items() if evidence is not None}


def assembled(
    files: dict[bytes, bytes], paths: Iterable[bytes], distro: str | None = "debian"
) -> Packages:
    return assemble(evidence_of(files), [*paths, *files], distro)


def names(found: Packages) -> dict[bytes, str]:
    return {path: found.packages[position].name for path, position in found.owner.items()}


def stanza(name: str, arch: str = "amd64") -> bytes:
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: {arch}\nVersion: 1\n\n"
    ).encode()


def test_dpkg_list_of_one_architecture_belongs_to_that_package() -> None:
    files = {
        STATUS: stanza("libc6") + stanza("libc6", "i386") + stanza("bash"),
        INFO + b"libc6:amd64.list": b"/.\n/usr\n/usr/lib/a.so\n",
        INFO + b"libc6:i386.list": b"/usr/lib32/a.so\n",
        INFO + b"bash.list": b"/usr/bin/bash\n",
    }

    found = assembled(files, [b"/usr/lib/a.so", b"/usr/lib32/a.so", b"/usr/bin/bash", b"/srv/x"])

    archs = {path: found.packages[at].arch for path, at in found.owner.items()}
    assert archs == {
        b"/usr/lib/a.so": "amd64",
        b"/usr/lib32/a.so": "i386",
        b"/usr/bin/bash": "amd64",
    }
    assert b"/srv/x" not in found.owner


def test_dpkg_list_with_names_from_before_the_merge_owns_the_merged_paths() -> None:
    files = {
        STATUS: stanza("a") + stanza("b") + stanza("c"),
        INFO + b"a.list": b"/bin/x\n/lib64/ld.so\n/sbin/tool\n",
        INFO + b"b.list": b"/usr/bin/x\n",
        INFO + b"c.list": b"/usr/sbin/old\n",
    }

    found = assembled(files, [b"/usr/bin/x", b"/usr/lib64/ld.so", b"/usr/sbin/tool", b"/sbin/old"])

    assert names(found) == {
        # The list that has the path as it is wins over the one that has it as it was.
        b"/usr/bin/x": "b",
        b"/usr/lib64/ld.so": "a",
        b"/usr/sbin/tool": "a",
        b"/sbin/old": "c",
    }


def test_dpkg_diversion_moves_the_file_of_every_package_but_one() -> None:
    files = {
        STATUS: stanza("dash") + stanza("other"),
        INFO + b"other.list": b"/usr/bin/sh\n",
        INFO + b"dash.list": b"/usr/bin/sh\n",
        b"/var/lib/dpkg/diversions": b"/usr/bin/sh\n/usr/bin/sh.distrib\ndash\n",
    }

    found = assembled(files, [b"/usr/bin/sh", b"/usr/bin/sh.distrib"])

    assert names(found) == {b"/usr/bin/sh": "dash", b"/usr/bin/sh.distrib": "other"}


def test_distroless_package_owns_what_its_sums_list() -> None:
    files = {
        b"/var/lib/dpkg/status.d/base": b"Package: base-files\nVersion: 12\nArchitecture: all\n",
        b"/var/lib/dpkg/status.d/base.md5sums": b"0123  usr/share/a\n4567  ./etc/b\n",
    }

    found = assembled(files, [b"/usr/share/a", b"/etc/b"])

    assert names(found) == {b"/usr/share/a": "base-files", b"/etc/b": "base-files"}
    assert found.packages[0].purl == "pkg:deb/debian/base-files@12?arch=all"


def test_distribution_wins_over_a_language_and_the_language_package_is_still_named() -> None:
    site = b"/usr/lib/python3/dist-packages/"
    files = {
        STATUS: stanza("python3-six"),
        INFO + b"python3-six.list": site + b"six.py\n" + site + b"six-1.dist-info/METADATA\n",
        site + b"six-1.dist-info/METADATA": b"Name: six\nVersion: 1\n\nName: not this\n",
        site + b"six-1.dist-info/RECORD": b"six.py,,\nsix_more.py,,\n",
    }

    found = assembled(files, [site + b"six.py", site + b"six_more.py"])

    owner = names(found)
    assert owner[site + b"six.py"] == "python3-six"
    assert owner[site + b"six-1.dist-info/METADATA"] == "python3-six"
    assert owner[site + b"six_more.py"] == "six"
    assert owner[site + b"six-1.dist-info/RECORD"] == "six"
    assert [package.name for package in found.packages] == ["python3-six", "six"]


def test_python_package_inside_of_another_owns_what_both_list() -> None:
    files = {
        b"/s/outer-1.dist-info/METADATA": b"Name: outer\nVersion: 1\n",
        b"/s/outer-1.dist-info/RECORD": b"outer/a.py,,\nouter/_vendor/inner/b.py,,\n",
        b"/s/outer/_vendor/inner-2.dist-info/METADATA": b"Name: inner\nVersion: 2\n",
        b"/s/outer/_vendor/inner-2.dist-info/RECORD": b"inner/b.py,,\n",
    }

    found = assembled(files, [b"/s/outer/a.py", b"/s/outer/_vendor/inner/b.py"])

    assert names(found)[b"/s/outer/a.py"] == "outer"
    assert names(found)[b"/s/outer/_vendor/inner/b.py"] == "inner"


def test_egg_info_owns_its_directory_and_what_it_lists() -> None:
    files = {
        b"/s/old.egg-info/PKG-INFO": b"Name: old\nVersion: 1\n",
        b"/s/old.egg-info/installed-files.txt": b"../old/a.py\nPKG-INFO\n",
        b"/s/one-2.egg-info": b"Name: one\nVersion: 2\n",
    }

    found = assembled(files, [b"/s/old/a.py", b"/s/old.egg-info/top_level.txt"])

    assert names(found) == {
        b"/s/old/a.py": "old",
        b"/s/old.egg-info/PKG-INFO": "old",
        b"/s/old.egg-info/installed-files.txt": "old",
        b"/s/old.egg-info/top_level.txt": "old",
        b"/s/one-2.egg-info": "one",
    }


def test_npm_package_owns_its_directory_less_the_packages_in_it() -> None:
    files = {
        b"/app/node_modules/a/package.json": b'{"name": "a", "version": "1"}',
        b"/app/node_modules/a/node_modules/@s/b/package.json": b'{"name":"@s/b","version":"2"}',
        b"/app/node_modules/a-b/package.json": b'{"name": "a-b"}',
    }

    found = assembled(
        files,
        [
            b"/app/index.js",
            b"/app/node_modules/.package-lock.json",
            b"/app/node_modules/a/z.js",
            b"/app/node_modules/a/node_modules/@s/b/dist/x.js",
            b"/app/node_modules/a-b/y.js",
        ],
    )

    assert {path: name for path, name in names(found).items() if path not in files} == {
        b"/app/node_modules/a/z.js": "a",
        b"/app/node_modules/a/node_modules/@s/b/dist/x.js": "@s/b",
        b"/app/node_modules/a-b/y.js": "a-b",
    }
    assert [package.purl for package in found.packages] == [
        "pkg:npm/%40s/b@2",
        "pkg:npm/a@1",
        "pkg:npm/a-b",
    ]


def test_byte_code_belongs_to_the_owner_of_its_source() -> None:
    files = {STATUS: stanza("p"), INFO + b"p.list": b"/p/a.py\n"}

    found = assembled(
        files,
        [
            b"/p/a.py",
            b"/p/__pycache__/a.cpython-311.pyc",
            b"/p/__pycache__/a.cpython-311.opt-1.pyc",
            b"/p/__pycache__/other.cpython-311.pyc",
        ],
    )

    assert set(found.owner) == {
        b"/p/a.py",
        b"/p/__pycache__/a.cpython-311.pyc",
        b"/p/__pycache__/a.cpython-311.opt-1.pyc",
    }


def test_gem_owns_its_directories_and_its_specification() -> None:
    spec = b"/g/specifications/rake-13.0.6.gemspec"
    files = {spec: b"# stub: rake 13.0.6 ruby lib\n"}

    found = assembled(
        files, [b"/g/gems/rake-13.0.6/lib/rake.rb", b"/g/cache/rake-13.0.6.gem", b"/g/gems/x/y"]
    )

    assert set(found.owner) == {
        spec,
        b"/g/gems/rake-13.0.6/lib/rake.rb",
        b"/g/cache/rake-13.0.6.gem",
    }
    assert found.packages[0].purl == "pkg:gem/rake@13.0.6"


@pytest.mark.parametrize(
    ("claim", "distro", "purl"),
    [
        (
            Claim(kind="rpm", name="x", version="1-2", arch="noarch", epoch="3"),
            "fedora",
            "pkg:rpm/fedora/x@1-2?arch=noarch&epoch=3",
        ),
        (
            Claim(kind="apk", name="musl", version="1.2-r0", arch="x86_64"),
            "alpine",
            "pkg:apk/alpine/musl@1.2-r0?arch=x86_64",
        ),
        (Claim(kind="deb", name="x", version="1:2", arch="all"), None, "pkg:deb/x@1:2?arch=all"),
        (Claim(kind="golang", name="stdlib", version="1.22"), "x", "pkg:golang/stdlib@1.22"),
        (
            Claim(kind="golang", name="github.com/A/b", version="(devel)"),
            None,
            "pkg:golang/github.com/a/b",
        ),
        (Claim(kind="maven", name="b", version="1", group="org.a"), None, "pkg:maven/org.a/b@1"),
        (Claim(kind="maven", name="b", version="1"), None, "pkg:generic/b@1"),
        (Claim(kind="pypi", name="Foo_Bar", version="1"), "debian", "pkg:pypi/foo-bar@1"),
        (
            Claim(kind="gem", name="n", version="1", arch="x86_64-linux"),
            None,
            "pkg:gem/n@1?platform=x86_64-linux",
        ),
    ],
)
def test_package_url_follows_the_rules_of_its_type(
    claim: Claim, distro: str | None, purl: str
) -> None:
    found = assemble({b"/x": Evidence(claims=(claim,))}, [], distro)

    assert found.packages[0].purl == purl


def test_packages_and_problems_are_sorted_and_epochs_and_groups_shown() -> None:
    evidence = {
        b"/z": Evidence(problem="p"),
        b"/b": Evidence(
            claims=(
                Claim(kind="rpm", name="x", version="1", epoch="3"),
                Claim(kind="maven", name="b", version="1", group="org.a", inside="lib/b.jar"),
            )
        ),
        b"/a": Evidence(problem="q"),
    }

    found = assemble(evidence, [], None)

    assert found.packages == (
        Package("maven", "org.a:b", "1", "", "pkg:maven/org.a/b@1", b"/b", "lib/b.jar"),
        Package("rpm", "x", "3:1", "", "pkg:rpm/x@1?epoch=3", b"/b"),
    )
    assert found.problems == (Problem(b"/a", "q"), Problem(b"/z", "p"))


PART = st.sampled_from([b"a", b"b", b"a-b", b"a0", b"c"])
PATH = st.lists(PART, min_size=1, max_size=5).map(lambda parts: b"/" + b"/".join(parts))


@pytest.mark.hypothesis
@given(directories=st.lists(PATH, max_size=6, unique=True), paths=st.sets(PATH, max_size=30))
def test_owner_of_what_is_below_is_the_innermost_directory(
    directories: list[bytes], paths: set[bytes]
) -> None:
    claimants = [
        Claimant(source=b"", name="", from_distribution=False, directories=(directory + b"/",))
        for directory in directories
    ]

    found = owners(claimants, {}, paths)

    for path in paths:
        around = [d for d in directories if path.startswith(d + b"/")]
        expected = directories.index(max(around, key=len)) if around else None
        assert found.get(path) == expected
