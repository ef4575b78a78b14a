from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.files.packages.claims import Claim, Evidence
from layerscope.files.packages.evidence import read, too_large, wanted

PATHS = (
    b"/var/lib/dpkg/status",
    b"/var/lib/dpkg/diversions",
    b"/var/lib/dpkg/status.d/base",
    b"/var/lib/dpkg/status.d/base.md5sums",
    b"/var/lib/dpkg/info/libc6:amd64.list",
    b"/lib/apk/db/installed",
    b"/usr/lib/apk/db/installed",
    b"/var/lib/rpm/Packages",
    b"/usr/lib/sysimage/rpm/Packages.db",
    b"/usr/share/rpm/rpmdb.sqlite",
    b"/var/lib/rpm/rpmdb.sqlite-wal",
    b"/venv/lib/a-1.dist-info/METADATA",
    b"/venv/lib/a-1.dist-info/RECORD",
    b"/venv/lib/a.egg-info/PKG-INFO",
    b"/venv/lib/a.egg-info/installed-files.txt",
    b"/venv/lib/a-1.egg-info",
    b"/app/node_modules/a/package.json",
    b"/app/node_modules/@s/a/package.json",
    b"/app/a.jar",
    b"/app/a.war",
    b"/app/a.ear",
    b"/gems/specifications/a-1.gemspec",
    b"/gems/specifications/default/a-1.gemspec",
)


@pytest.mark.parametrize("path", PATHS)
def test_wanted_file_of_a_database_is_evidence(path: bytes) -> None:
    assert wanted(path, "file", 10, 0o644)
    assert not wanted(path, "symlink", 0, 0o777)


@pytest.mark.parametrize(
    "path",
    [
        b"/app/package.json",
        b"/app/node_modules/a/dist/esm/package.json",
        b"/app/node_modules/@s/package.json",
        b"/app/METADATA",
        b"/app/a.gemspec",
        b"/app/var/lib/dpkg/status",
        b"/var/lib/dpkg/info/a.postinst",
        b"/srv/Packages",
    ],
)
def test_wanted_file_that_only_looks_alike_is_none(path: bytes) -> None:
    assert not wanted(path, "file", 10, 0o644)


@pytest.mark.parametrize(
    ("path", "size_bytes", "mode", "expected"),
    [
        (b"/bin/a", 2_000_000, 0o755, True),
        (b"/bin/a", 2_000_000, 0o644, False),
        (b"/bin/a", 100_000, 0o755, False),
        (b"/lib/a.so.1", 2_000_000, 0o755, False),
        (b"/bin/a", 300 * 1024 * 1024, 0o755, False),
    ],
)
def test_wanted_program_is_large_and_may_run(
    path: bytes, size_bytes: int, mode: int, *, expected: bool
) -> None:
    assert wanted(path, "file", size_bytes, mode) is expected


def test_too_large_evidence_is_a_problem_and_other_files_are_not() -> None:
    large = 10**9

    refused = too_large(b"/var/lib/dpkg/status", "file", large, 0o644)

    assert refused == Evidence(problem="not read: 1.0 GB are over the limit of 67.1 MB")
    assert too_large(b"/bin/a", "file", large, 0o755) is not None
    assert too_large(b"/srv/data", "file", large, 0o644) is None
    assert too_large(b"/var/lib/dpkg/status", "file", 10, 0o644) is None


def test_read_database_of_another_kind_is_named_as_unknown() -> None:
    pacman = read(b"/var/lib/pacman/local/ALPM_DB_VERSION", b"9\n")
    lmdb = read(b"/var/lib/rpm/Packages", b"\0" * 100)

    assert pacman == Evidence(problem="unknown database: pacman")
    assert lmdb is not None
    assert lmdb.problem.startswith("unknown database")


def test_read_file_that_says_nothing_is_none() -> None:
    assert read(b"/usr/bin/sh", b"#!/bin/sh\n" * 50_000) is None
    assert read(b"/var/lib/dpkg/status", b"") is None


def test_read_apk_installed_joins_directories_and_files() -> None:
    content = (
        b"C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nI:667648\nF:lib\nR:ld-musl.so\na:0:0:755\n"
        b"R:libc.so\nF:\nR:top\nF:etc\n\nP:empty\nV:1\n\n"
    )

    evidence = read(b"/lib/apk/db/installed", content)

    assert evidence is not None
    assert evidence.claims == (
        Claim(
            kind="apk",
            name="musl",
            version="1.2.5-r0",
            arch="x86_64",
            declared_bytes=667648,
            files=b"/lib/ld-musl.so\0/lib/libc.so\0/top\0",
        ),
        Claim(kind="apk", name="empty", version="1"),
    )


def test_read_apk_paths_that_multiply_are_cut_with_a_problem() -> None:
    content = b"P:a\nV:1\nF:" + b"d" * 1_000_000 + b"\n" + b"R:f\n" * 1000

    evidence = read(b"/lib/apk/db/installed", content)

    assert evidence is not None
    assert "bytes of paths" in evidence.problem


def test_read_dpkg_status_keeps_what_is_on_the_disk() -> None:
    content = (
        b"Package: a\nStatus: install ok installed\nInstalled-Size: 3\nArchitecture: amd64\n"
        b"Description: x\n Package: not this\nVersion: 1:2-3\n\n"
        b"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
        b"package: half\nSTATUS: install ok half-configured\nVersion: 4\n"
    )

    evidence = read(b"/var/lib/dpkg/status", content)

    assert evidence == Evidence(
        claims=(
            Claim(kind="deb", name="a", version="1:2-3", arch="amd64", declared_bytes=3072),
            Claim(kind="deb", name="half", version="4"),
        )
    )


def test_read_npm_manifest_that_is_broken_names_its_directory_and_a_problem() -> None:
    evidence = read(b"/app/node_modules/@s/a/package.json", b'{"name": ')

    assert evidence is not None
    assert evidence.problem
    (claim,) = evidence.claims
    assert (claim.group, claim.name, claim.version) == ("@s", "a", "")
    assert claim.directories == (b"/app/node_modules/@s/a/",)


@pytest.mark.parametrize(
    "content",
    [
        b"# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.16.0 x86_64-linux lib\n",
        b'  s.name = "nokogiri".freeze\n  s.version = "1.16.0"\n  s.platform = "x86_64-linux"\n',
        (
            b"s.name = 'nokogiri'\ns.version = Gem::Version.new('1.16.0')\n"
            b"s.platform = 'x86_64-linux'\n"
        ),
    ],
)
def test_read_gem_specification_in_each_form_is_the_same_gem(content: bytes) -> None:
    evidence = read(b"/g/specifications/nokogiri-1.16.0-x86_64-linux.gemspec", content)

    assert evidence is not None
    (claim,) = evidence.claims
    assert (claim.name, claim.version, claim.arch) == ("nokogiri", "1.16.0", "x86_64-linux")
    assert claim.directories[0] == b"/g/gems/nokogiri-1.16.0-x86_64-linux/"


def test_read_gem_specification_that_computes_its_name_is_a_problem() -> None:
    evidence = read(b"/g/specifications/a-1.gemspec", b"s.name = `id`\ns.version = VERSION\n")

    assert evidence == Evidence(problem="no plain name and version in the specification")


def test_read_python_record_resolves_paths_against_where_it_lies() -> None:
    content = b'a/__init__.py,sha256=x,1\r\n../../../bin/a,,\r\n"a/b,""c"".py",,\r\n/abs,,\r\n'

    evidence = read(b"/usr/lib/python3/site/a-1.dist-info/RECORD", content)

    assert evidence is not None
    assert evidence.files.split(b"\0") == [
        b"/usr/lib/python3/site/a/__init__.py",
        b"/usr/bin/a",
        b'/usr/lib/python3/site/a/b,"c".py',
        b"/abs",
        b"",
    ]


@pytest.mark.hypothesis
@given(
    path=st.sampled_from([*PATHS, b"/usr/bin/program"]),
    head=st.sampled_from([b"", b"\x7fELF\x02\x01", b"MZ", b"RpmP", b"SQLite format 3\0", b"P:a\n"]),
    rest=st.binary(max_size=300),
)
def test_read_anything_raises_nothing_and_can_be_sent_on(
    path: bytes, head: bytes, rest: bytes
) -> None:
    evidence = read(path, head + rest)

    assert pickle.loads(pickle.dumps(evidence)) == evidence
