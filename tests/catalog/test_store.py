"""The catalog's objects: whole or not there, whoever is killed while writing them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from layerscope.catalog import table_file
from layerscope.catalog.gc import gc, info
from layerscope.catalog.identity import COARSE_STEP_NS, STEP_NS, Identity, Sighting, sighting
from layerscope.catalog.places import Folder
from layerscope.catalog.records import StoredLayer
from layerscope.catalog.seal import SCHEMA
from layerscope.catalog.store import Catalog
from layerscope.errors import UsageError
from layerscope.files.columns import FileColumns
from layerscope.files.packages.claims import Claim, Evidence
from layerscope.files.scan_layer import LayerScan
from layerscope.oci.digest import DiffID, Digest
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = Digest("sha256", "ab" * 32)
DIFF_ID = str(DIGEST)
THEN = Identity(10, 1_000_000_001, 1_000_000_001, 7)
LAYER = StoredLayer(512, 10, DIFF_ID, DIFF_ID, "none")


def scan_of(rows: int = 2) -> LayerScan:
    columns = FileColumns()
    for row in range(rows):
        columns.names += b"file%d\0" % row
        columns.kinds.append(0)
        columns.contents += bytes([1]) * 32
        columns.modes.append(0o644)
        for numbers in (columns.size_bytes, columns.uids, columns.gids, columns.mtimes_ns):
            numbers.append(row)
        columns.offsets.append(512 * row)
    return LayerScan(DIGEST, DiffID(DIGEST), 10, 10, 5, 5, rows, rows, "none", columns)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_table_is_found_by_its_diff_id_alone(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))

    catalog.keep_table(DIFF_ID, scan_of())

    data = Catalog.at(str(tmp_path)).table(DIFF_ID)
    assert data is not None
    assert table_file.decode(data) is not None
    assert catalog.table("sha256:" + "cd" * 32) is None
    assert [str(path.relative_to(tmp_path)) for path in files(tmp_path)] == [
        f"{SCHEMA}/tables/ab/sha256-{'ab' * 32}.parquet"
    ]
    assert catalog.arrow(DIFF_ID).num_rows == 2  # type: ignore[union-attr] # it is there


def test_damaged_and_foreign_objects_are_misses(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_table(DIFF_ID, scan_of())
    catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")
    catalog.keep_layers("/a.tar", THEN, [LAYER])

    for damage in (b"", b"PAR1", b"\0" * 1000, b"{}"):
        for path in files(tmp_path):
            path.write_bytes(damage)

        assert catalog.table(DIFF_ID) is None
        assert catalog.blob(DIFF_ID) is None
        assert catalog.layers_of("/a.tar", THEN) == {}
    assert catalog.problems == []


def test_object_under_the_name_of_another_is_a_miss(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")
    (path,) = files(tmp_path)

    other = path.with_name(path.name.replace("ab", "ac", 2))
    path.rename(other)

    assert catalog.blob(DIFF_ID.replace("abab", "acab", 1)) is None
    assert catalog.blob(DIFF_ID) is None


def test_archive_is_known_while_all_of_its_identity_is_the_same(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))

    catalog.keep_layers("/a.tar", THEN, [LAYER])

    assert catalog.layers_of("/a.tar", THEN) == {(512, 10): LAYER}
    assert catalog.layers_of("/b.tar", THEN) == {}
    for other in (
        Identity(11, 1_000_000_001, 1_000_000_001, 7),
        Identity(10, 1_000_000_002, 1_000_000_001, 7),
        Identity(10, 1_000_000_001, 1_000_000_002, 7),
        Identity(10, 1_000_000_001, 1_000_000_001, 8),
    ):
        assert catalog.layers_of("/a.tar", other) == {}


def test_what_was_learnt_of_files_comes_back(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    learnt = FileColumns()
    learnt.beginnings[3, 100] = b"d" * 32
    claim = Claim("deb", "a", "1", files=b"/bin/\xff\0", declared_bytes=5)
    learnt.evidence[3, b"/var/lib/dpkg/status"] = Evidence((claim,), diversions=((b"a", b"b", ""),))
    learnt.evidence[4, b"/x"] = None

    catalog.keep_beginnings(DIFF_ID, learnt)
    catalog.keep_packages(DIFF_ID, learnt)
    found = FileColumns()
    catalog.recall_beginnings(DIFF_ID, found)
    catalog.recall_packages(DIFF_ID, found)

    assert found.beginnings == learnt.beginnings
    assert found.evidence == learnt.evidence


def test_text_that_no_document_holds_is_not_kept(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    learnt = FileColumns()
    learnt.evidence[1, b"/x"] = Evidence(problem="\udcff")

    catalog.keep_packages(DIFF_ID, learnt)

    assert files(tmp_path) == []


def test_catalog_that_cannot_be_written_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    catalog = Catalog.at(str(tmp_path / "file"))

    catalog.keep_table(DIFF_ID, scan_of())
    catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")

    assert catalog.table(DIFF_ID) is None
    (problem,) = catalog.problems
    assert problem.startswith("the catalog cannot be written: ")


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from tests.catalog.test_store import DIFF_ID, scan_of
from layerscope.catalog.store import Catalog
catalog = Catalog.at(sys.argv[1])
rounds = int(sys.argv[3])
scans = [scan_of(100 + size) for size in range(0, 3000, 300)]
print("ready", flush=True)
while rounds:
    rounds -= 1
    for scan in scans:
        catalog.keep_table(DIFF_ID, scan)
        catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")
"""


def writer(folder: Path, rounds: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", WRITER, str(folder), str(REPOSITORY), str(rounds)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def rows_of(catalog: Catalog) -> int | None:
    path = os.path.join(catalog.place.path, str(SCHEMA))  # type: ignore[attr-defined] # it is a folder
    data = catalog.table(DIFF_ID)
    if data is None:
        assert not os.path.exists(os.path.join(path, f"tables/ab/sha256-{'ab' * 32}.parquet"))
        return None
    found = table_file.decode(data)
    assert found is not None
    assert found[0].entries == len(found[1])
    return len(found[1])


def test_writer_killed_at_any_moment_leaves_a_whole_object_or_none(tmp_path: Path) -> None:
    moments = random.Random(4)
    catalog = Catalog.at(str(tmp_path))

    for _ in range(12):
        process = writer(tmp_path, rounds=-1)
        time.sleep(moments.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()

        rows = rows_of(catalog)
        assert rows is None or rows in range(100, 3100, 300)
        assert process.stdout is not None
        process.stdout.close()


def test_two_writers_and_a_reader_see_whole_objects_only(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_table(DIFF_ID, scan_of(100))
    writers = [writer(tmp_path, rounds=4) for _ in range(2)]

    seen = set()
    while any(process.poll() is None for process in writers):
        seen.add(rows_of(catalog))

    assert [process.wait() for process in writers] == [0, 0]
    assert None not in seen
    assert seen <= set(range(100, 3100, 300))
    for process in writers:
        assert process.stdout is not None
        process.stdout.close()


def test_catalog_at_a_url_keeps_and_finds_objects() -> None:
    catalog = Catalog.at("memory://catalog-test")

    catalog.keep_table(DIFF_ID, scan_of())
    catalog.keep_blob(DIFF_ID, DIFF_ID, "zstd")

    again = Catalog.at("memory://catalog-test")
    assert again.table(DIFF_ID) is not None
    assert again.blob(DIFF_ID) is not None
    assert again.table("sha256:" + "cd" * 32) is None
    assert isinstance(again.archives, Folder)
    assert {each.name for each in again.place.objects()} == {
        f"{SCHEMA}/tables/ab/sha256-{'ab' * 32}.parquet",
        f"{SCHEMA}/blobs/ab/sha256-{'ab' * 32}",
    }
    assert again.problems == []


def test_url_of_an_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no catalog there"):
        Catalog.at("no-such-protocol://host/catalog")


def test_info_counts_objects_by_kind(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_table(DIFF_ID, scan_of())
    catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")
    (tmp_path / "notes.txt").write_text("not ours")
    old = tmp_path / str(SCHEMA - 1) / "tables" / "ab" / "old"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"12345")

    found = {each.kind: (each.objects, each.size_bytes) for each in info(catalog)}

    assert found["tables"][0] == found["blobs"][0] == 1
    assert found["outdated"] == (1, 5)
    assert found["unfinished"] == found["archives"] == (0, 0)


def test_gc_removes_what_nobody_can_use_and_nothing_else(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_table(DIFF_ID, scan_of())
    (table,) = files(tmp_path)
    killed, young = table.with_name(".tmp-1-x"), table.with_name(".tmp-2-x")
    killed.write_bytes(b"123")
    young.write_bytes(b"123")
    os.utime(killed, (0, 0))
    newer = tmp_path / str(SCHEMA + 1) / "tables" / "ab" / "x"
    newer.parent.mkdir(parents=True)
    newer.write_bytes(b"of a newer layerscope")
    (tmp_path / "notes.txt").write_text("not ours")

    done = gc(catalog)

    assert (done.removed, done.removed_bytes) == (1, 3)
    assert files(tmp_path) == sorted([table, young, newer, tmp_path / "notes.txt"])


def test_gc_keeps_what_was_used_last_within_the_size(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    sizes = {}
    for at, name in enumerate(("aa", "bb", "cc")):
        catalog.keep_blob(f"sha256:{name * 32}", DIFF_ID, "gzip")
        path = next(path for path in files(tmp_path) if name * 32 in path.name)
        os.utime(path, (1000 + at, 1000 + at))
        sizes[name] = path.stat().st_size

    done = gc(catalog, max_bytes=sizes["bb"] + sizes["cc"])

    assert (done.removed, done.left) == (1, 2)
    assert catalog.blob("sha256:" + "aa" * 32) is None
    assert catalog.blob("sha256:" + "bb" * 32) is not None
    assert gc(catalog, max_bytes=0).left == 0


def test_reading_an_old_object_counts_as_use(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path))
    catalog.keep_blob(DIFF_ID, DIFF_ID, "gzip")
    (path,) = files(tmp_path)
    os.utime(path, (1000, 1000))

    catalog.blob(DIFF_ID)

    assert path.stat().st_mtime > 1000


@pytest.mark.parametrize(
    ("mtime", "ctime", "seen", "settled"),
    [
        (5, 5, 5 + STEP_NS, False),
        (5, 5, 6 + STEP_NS, True),
        (5, 7, 6 + STEP_NS, False),
        (9, 5, 8 + STEP_NS, False),
        (0, 0, STEP_NS * 2, False),
        (0, 0, COARSE_STEP_NS + 1, True),
    ],
)
def test_file_that_was_just_written_is_not_settled(
    mtime: int,
    ctime: int,
    seen: int,
    settled: bool,
) -> None:
    assert Sighting(Identity(1, mtime, ctime, 1), seen).is_settled() is settled


def test_sighting_of_no_file_is_none(tmp_path: Path) -> None:
    assert sighting(str(tmp_path / "none")) is None
    assert sighting("a\0b") is None
