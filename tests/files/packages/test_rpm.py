from __future__ import annotations

import sqlite3
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from layerscope.files.packages import rpm_sqlite
from layerscope.files.packages.claims import Claim, Evidence
from layerscope.files.packages.evidence import read
from layerscope.files.packages.rpm_header import read_header
from tests.files.packages.made import bdb_hash, ndb, rpm_header, rpm_package
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path

PATH = b"/var/lib/rpm/rpmdb.sqlite"
A = Claim(
    kind="rpm",
    name="a",
    version="1.2-3",
    arch="x86_64",
    declared_bytes=77,
    files=b"/opt/x\0/opt/y\0",
)
HEADER_A = rpm_package("a", {"x": 0, "y": 0})


def sqlite_database(statements: list[tuple[str, tuple[object, ...]]]) -> bytes:
    connection = sqlite3.connect(":memory:")
    for statement, values in statements:
        connection.execute(statement, values)
    connection.commit()
    data: bytes = connection.serialize()
    connection.close()
    return data


def rpm_sqlite_database(headers: list[bytes]) -> bytes:
    table = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
    insert = "INSERT INTO Packages (blob) VALUES (?)"
    return sqlite_database([(table, ()), *[(insert, (header,)) for header in headers]])


@pytest.mark.parametrize(
    "content",
    [
        rpm_sqlite_database([HEADER_A, rpm_package("b")]),
        ndb([HEADER_A, rpm_package("b")]),
        bdb_hash([HEADER_A, rpm_package("b")], "<"),
        bdb_hash([HEADER_A, rpm_package("b")], ">"),
    ],
    ids=["sqlite", "ndb", "bdb-little", "bdb-big"],
)
def test_rpm_database_of_each_format_has_the_same_packages(content: bytes) -> None:
    evidence = read(PATH, content)

    assert evidence is not None
    assert not evidence.problem
    assert evidence.claims[0] == A
    assert [claim.name for claim in evidence.claims] == ["a", "b"]


def test_rpm_sqlite_that_was_written_with_a_log_is_read() -> None:
    content = bytearray(rpm_sqlite_database([HEADER_A]))
    content[18:20] = b"\x02\x02"

    evidence = read(PATH, bytes(content))

    assert evidence == Evidence(claims=(A,))


def test_rpm_log_with_changes_is_a_problem() -> None:
    assert read(PATH + b"-wal", b"x") is not None
    assert read(PATH + b"-wal", b"") is None


def test_rpm_header_leaves_out_files_that_it_did_not_install() -> None:
    claim = read_header(rpm_package("a", {"kept": 0, "replaced": 1, "left-out": 2}))

    assert claim is not None
    assert claim.files == b"/opt/kept\0"


def test_rpm_header_with_an_epoch_and_without_arch_keeps_both_apart() -> None:
    blob = rpm_header({1000: (6, 1, b"k\0"), 1001: (6, 1, b"1\0"), 1003: (4, 1, b"\0\0\0\x07")})

    assert read_header(blob) == Claim(kind="rpm", name="k", version="1", epoch="7")


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        HEADER_A[:-1],
        struct.pack(">II", 0x10000, 0) + bytes(16 * 0x10000),
        # A directory that is not there.
        rpm_header(
            {
                1000: (6, 1, b"a\0"),
                1116: (4, 1, b"\0\0\0\x01"),
                1117: (8, 1, b"x\0"),
                1118: (8, 1, b"/\0"),
            }
        ),
        # More names than the store holds.
        rpm_header({1000: (6, 1, b"a\0"), 1117: (8, 0xFFFFFFFF, b"x\0")}),
    ],
)
def test_rpm_header_that_is_damaged_is_none(blob: bytes) -> None:
    assert read_header(blob) is None


def test_rpm_header_that_multiplies_paths_is_none() -> None:
    # 300 names in one directory of 1 MB spell out 300 MB.
    blob = rpm_header(
        {
            1000: (6, 1, b"a\0"),
            1116: (4, 300, bytes(1200)),
            1117: (8, 300, b"x\0" * 300),
            1118: (8, 1, b"/" + b"d" * 1_000_000 + b"\0"),
        }
    )

    assert read_header(blob) is None


def test_rpm_database_with_a_damaged_header_keeps_the_others() -> None:
    evidence = read(PATH, ndb([b"\0" * 8, HEADER_A]))

    assert evidence == Evidence(claims=(A,), problem="headers that cannot be read: 1")


def test_rpm_sqlite_view_in_place_of_the_table_is_not_run() -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    content = sqlite_database([(f"CREATE VIEW Packages (hnum) AS {endless}", ())])

    evidence = read(PATH, content)

    assert evidence == Evidence(problem="unknown database: SQLite without rpm's table")


def test_rpm_sqlite_column_that_computes_is_refused() -> None:
    content = sqlite_database(
        [
            (
                "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(9)))",
                (),
            ),
            ("INSERT INTO Packages (hnum) VALUES (1)", ()),
        ]
    )

    evidence = read(PATH, content)

    assert evidence == Evidence(problem="unknown database: a table that computes its columns")


def test_rpm_sqlite_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm_sqlite, "MOST_STEPS", 0)
    content = rpm_sqlite_database([rpm_package("a")] * 5000)

    evidence = read(PATH, content)

    assert evidence is not None
    assert evidence.problem == "the database takes too long to read"


def test_rpm_bdb_chain_that_is_a_loop_ends() -> None:
    content = bytearray(bdb_hash([HEADER_A], "<"))
    content[512 + 16 : 512 + 20] = struct.pack("<I", 1)

    evidence = read(PATH, bytes(content))

    assert evidence is not None
    assert evidence.problem == "a chain of pages leads nowhere"


@pytest.mark.parametrize("make", [ndb, lambda blobs: bdb_hash(blobs, "<"), rpm_sqlite_database])
def test_rpm_database_that_ends_early_is_a_problem(make: object) -> None:
    assert callable(make)
    content = make([rpm_package("a" * 900), rpm_package("b" * 900)])

    evidence = read(PATH, content[: len(content) - 700])

    assert evidence is not None
    assert evidence.problem


def test_rpm_ndb_slots_that_share_a_blob_many_times_are_refused() -> None:
    content = bytearray(ndb([bytes(10_000)]))
    slot = bytes(content[32:48])
    content[32:4096] = slot * (4064 // 16)

    evidence = read(PATH, bytes(content))

    assert evidence == Evidence(problem="blobs overlap")


SPEC = """\
Name: alpha
Version: 1.2~rc1
Release: 3
Epoch: 4
Summary: x
License: MIT
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/opt/alpha
echo hi > %{buildroot}/usr/bin/alpha
echo data > %{buildroot}/opt/alpha/data
%files
/usr/bin/alpha
/opt/alpha/data
"""


@pytest.mark.programs
def test_rpm_database_that_rpm_made_has_what_rpm_says(tmp_path: Path) -> None:
    build, rpm = require_program("rpmbuild"), require_program("rpm")
    (tmp_path / "alpha.spec").write_text(SPEC)
    place = ["--define", f"_topdir {tmp_path}/build"]
    subprocess.run([build, "-bb", *place, tmp_path / "alpha.spec"], check=True, capture_output=True)
    made = list((tmp_path / "build").rglob("*.rpm"))
    database = ["--dbpath", str(tmp_path / "db"), "--define", "_db_backend sqlite"]
    options = ["--justdb", "--nodeps", "--noscripts", "--ignorearch"]
    (tmp_path / "db").mkdir()
    subprocess.run([rpm, *database, *options, "-i", *made], check=True, capture_output=True)
    asked = ["--qf", "%{NAME} %{EPOCH} %{VERSION}-%{RELEASE} %{ARCH} %{SIZE}", "alpha"]
    said = subprocess.run([rpm, *database, "-q", *asked], check=True, capture_output=True)
    listed = subprocess.run([rpm, *database, "-ql", "alpha"], check=True, capture_output=True)

    evidence = read(PATH, (tmp_path / "db" / "rpmdb.sqlite").read_bytes())

    assert evidence is not None
    assert not evidence.problem
    (claim,) = evidence.claims
    shown = f"{claim.name} {claim.epoch} {claim.version} {claim.arch} {claim.declared_bytes}"
    assert shown == said.stdout.decode()
    assert claim.files.replace(b"\0", b"\n") == listed.stdout


@pytest.mark.programs
@pytest.mark.parametrize("order", ["1234", "4321"])
def test_rpm_bdb_that_berkeley_db_made_has_every_header(tmp_path: Path, order: str) -> None:
    load = require_program("db5.3_load", "db_load")
    headers = {f"p{n}": rpm_package(f"p{n}", {"f" * (n + 1): 0}) for n in range(200)}
    rows = [(bytes(4), bytes(4))]
    rows += [(struct.pack("<I", n), header) for n, header in enumerate(headers.values(), start=1)]
    text = f"VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=512\ndb_lorder={order}\n"
    text += "HEADER=END\n" + "".join(f" {k.hex()}\n {v.hex()}\n" for k, v in rows) + "DATA=END\n"
    subprocess.run([load, tmp_path / "Packages"], input=text.encode(), check=True)

    evidence = read(b"/var/lib/rpm/Packages", (tmp_path / "Packages").read_bytes())

    assert evidence is not None
    assert not evidence.problem
    assert {claim.name for claim in evidence.claims} == set(headers)
    assert len(evidence.claims) == 200
