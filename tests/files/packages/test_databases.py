from __future__ import annotations

import pytest

from layerscope.files.packages.assemble import Packages, assemble
from layerscope.files.packages.evidence import read, wanted

STATUS = b"""\
Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""
APK = b"""\
P:musl
V:1.2.5-r0
A:x86_64
F:lib
R:ld-musl-x86_64.so.1

"""


def found(contents: dict[bytes, bytes], paths: list[bytes], distro: str | None = None) -> Packages:
    evidence = {}
    for path, content in contents.items():
        assert wanted(path, "file", len(content), 0o644), path
        said = read(path, content)
        if said is not None:
            evidence[path] = said
    return assemble(evidence, [*paths, *contents], distro)


def owner(packages: Packages, path: bytes) -> str | None:
    position = packages.owner.get(path)
    return None if position is None else packages.packages[position].name


def test_dpkg_status_and_lists_name_installed_packages_and_owners() -> None:
    contents = {
        b"/var/lib/dpkg/status": STATUS,
        b"/var/lib/dpkg/info/bash.list": b"/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n",
    }

    packages = found(contents, [b"/usr/bin/bash", b"/opt/own"], "debian")

    assert [(each.name, each.version, each.kind) for each in packages.packages] == [
        ("bash", "5.2.15-2", "deb")
    ]
    assert packages.packages[0].purl == "pkg:deb/debian/bash@5.2.15-2?arch=amd64"
    assert owner(packages, b"/opt/own") is None
    assert packages.problems == ()


def test_apk_database_owns_the_files_that_it_lists() -> None:
    packages = found({b"/lib/apk/db/installed": APK}, [b"/lib/ld-musl-x86_64.so.1"], "alpine")

    assert owner(packages, b"/lib/ld-musl-x86_64.so.1") == "musl"
    assert packages.packages[0].purl == "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64"


def test_python_record_owns_relative_paths() -> None:
    site = b"/usr/lib/python3.11/site-packages/"
    contents = {
        site
        + b"six-1.16.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n",
        site
        + b"six-1.16.0.dist-info/RECORD": b"six.py,sha256=x,1\nsix-1.16.0.dist-info/METADATA,,\n",
    }

    packages = found(contents, [site + b"six.py"])

    assert owner(packages, site + b"six.py") == "six"
    assert packages.packages[0].purl == "pkg:pypi/six@1.16.0"


def test_nested_npm_package_owns_its_own_folder() -> None:
    contents = {
        b"/app/node_modules/a/package.json": b'{"name": "a", "version": "1.0.0"}',
        b"/app/node_modules/a/node_modules/@s/b/package.json": b'{"name": "@s/b", "version": "2"}',
    }
    paths = [b"/app/node_modules/a/x.js", b"/app/node_modules/a/node_modules/@s/b/y.js"]

    packages = found(contents, paths)

    assert [owner(packages, path) for path in paths] == ["a", "@s/b"]


@pytest.mark.parametrize(
    "path",
    [
        b"/var/lib/dpkg/status",
        b"/lib/apk/db/installed",
        b"/var/lib/rpm/rpmdb.sqlite",
        b"/var/lib/rpm/Packages",
        b"/usr/lib/sysimage/rpm/Packages.db",
        b"/a/node_modules/b/package.json",
        b"/app/x.jar",
        b"/usr/lib/python3/x-1.dist-info/METADATA",
        b"/g/specifications/a-1.gemspec",
        b"/usr/bin/program",
    ],
)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"\xff" * 5000, b"{" * 5000, b"PK\3\4" * 99]
)
def test_bad_content_gives_no_version_and_says_so(path: bytes, content: bytes) -> None:
    said = read(path, content)

    packages = assemble({path: said} if said else {}, [path], None)

    # A folder of node_modules or an archive is a package by its name alone, with a problem.
    assert [package.version for package in packages.packages] in ([], [""])
    assert [problem.path for problem in packages.problems] in ([], [path])
    assert len(packages.packages) <= len(packages.problems)
