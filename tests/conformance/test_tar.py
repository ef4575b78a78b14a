"""Every tar of the shared collection, against what Go's archive/tar makes of it.

Container engines read layers with Go's archive/tar, so its entries are the expected ones, and where
it reports an error there must be one. `SHARED/conformance/tar/README.md` describes the tables.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerscope.errors import InputError
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.sources.image import Layer
from layerscope.sources.region import Region

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED", ROOT.parent / "shared"))
TABLES = SHARED / "conformance" / "tar"

INT64_MAX = 2**63 - 1

REFUSED_THOUGH_GO_LISTS: dict[str, str] = {
    "libarchive/test_read_format_gtar_sparse_skip_entry.tar": (
        "its sparse map describes 4,099 of the 4,100 bytes stored; Go says so too as soon as the"
        " content is read, which the table's maker left out for a file of 10 GiB"
    ),
}
"""Items that are read otherwise than the table says, each with its reason."""

AT_THE_COMMAND_LINE = (
    "cpython/testtar.tar",
    "go/gnu-not-utf8.tar",
    "go/pax-global-records.tar",
    "go/sparse-formats.tar",
    "go/xattrs.tar",
    "libarchive/test_patterns_4.tar",
    "own/deep-1000.tar.gz",
    "own/z-xz.tar.xz",
    "own/z-zstd.tar.zst",
    "own/chk-wrong.tar",
    "own/z-gzip-badcrc.tar.gz",
    "own/z-zstd-trunc.tar.zst",
    "other/image-compression-fixtures-Hello.bz2",
)
"""A few of each kind: every way of compressing, odd names, holes, errors of tar and of streams."""


def _items() -> list[dict[str, Any]]:
    tables = sorted(TABLES.glob("expected-*.json"))
    return [item for table in tables for item in json.loads(table.read_text())]


ITEMS = _items()
BY_FILE = {item["file"]: item for item in ITEMS}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not ITEMS, reason="../shared/conformance/tar is not there"),
]


def _layer(item: dict[str, Any]) -> Layer:
    path = str(TABLES / item["file"])
    region = Region.of_file(path)
    return Layer(0, None, None, None, None, None, region, item["file"])


def _refused(item: dict[str, Any]) -> bool:
    return item["must"] == "reject" or item.get("error_go") is not None


def _kind(entry: dict[str, Any]) -> str:
    base = (entry["name"] or "").rstrip("/").rsplit("/", 1)[-1]
    if base == ".wh..wh..opq":
        return "opaque"
    if base.startswith(".wh."):
        return "whiteout"
    kind: str = entry["type"]
    return "other" if kind.startswith("other:") else kind


UNHASHED = {f"sha256:{'0' * 64}"}
"""What a column holds where nothing was hashed; it must never be shown as a digest."""


def _without_digest(entry: dict[str, Any]) -> bool:
    """Whether the table has no digest, since the content is too long to be made whole."""
    return _kind(entry) == "file" and not entry.get("sha256")


def _expected_name(entry: dict[str, Any]) -> object:
    if entry["name"] is None:
        return (entry["name_length"], entry["name_sha256"])
    return entry["name"].rstrip("/")


def _expected_row(entry: dict[str, Any]) -> dict[str, object]:
    """The row that an entry of the table must give, as `contracts.md` writes rows.

    Only regular files have a size. Times outside of what 64 bits of nanoseconds hold, about the
    years 1678 to 2262, are the nearest that they hold.
    """
    kind = _kind(entry)
    mtime_ns = entry["mtime"] * 10**9 + entry.get("mtime_ns", 0)
    return {
        "name": _expected_name(entry),
        "kind": kind,
        "size_bytes": entry["size"] if kind == "file" else 0,
        "mode": entry["mode"],
        "uid": entry["uid"],
        "gid": entry["gid"],
        "mtime_ns": max(-INT64_MAX - 1, min(INT64_MAX, mtime_ns)),
        "link_target": entry.get("link", "") if kind in ("symlink", "hardlink") else None,
        "content": f"sha256:{entry['sha256']}" if entry.get("sha256") and kind == "file" else None,
    }


def _same_name(text: str, entry: dict[str, Any]) -> object:
    """A name in the form of the table: names too long for it stand as length and digest."""
    if entry["name"] is None:
        stored = text.encode("utf-8", "surrogateescape")
        return (len(stored), hashlib.sha256(stored).hexdigest())
    return text.rstrip("/")


def _differences(
    got: list[dict[str, object]], expected: list[dict[str, Any]]
) -> list[tuple[int, str, object, object]]:
    """(position, column, read, expected) of every cell that differs."""
    found: list[tuple[int, str, object, object]] = []
    if len(got) != len(expected):
        found.append((-1, "rows", len(got), len(expected)))
    for position, (row, entry) in enumerate(zip(got, expected, strict=False)):
        want = _expected_row(entry)
        have = {**row, "name": _same_name(str(row["name"]), entry)}
        if _without_digest(entry) and have["content"] not in UNHASHED:
            have["content"] = None
        found += [
            (position, column, have[column], want[column])
            for column in want
            if have[column] != want[column]
        ]
    return found


def _rows_of_columns(columns: FileColumns) -> list[dict[str, object]]:
    """The rows of `FileColumns` in the form of `ls --format json`."""

    def text(stored: bytes | None) -> str | None:
        return None if stored is None else stored.decode("utf-8", "surrogateescape")

    rows: list[dict[str, object]] = []
    for row, name in enumerate(columns.stored_names()):
        content = columns.content(row)
        rows.append(
            {
                "name": text(name),
                "kind": KINDS[columns.kinds[row]],
                "size_bytes": columns.size_bytes[row],
                "mode": f"{columns.modes[row]:04o}",
                "uid": columns.uids[row],
                "gid": columns.gids[row],
                "mtime_ns": columns.mtimes_ns[row],
                "link_target": text(columns.links.get(row)),
                "content": None if content is None else f"sha256:{content.hex()}",
            }
        )
    return rows


def _tar_entries(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in item["entries"] if entry["type"] != "pax-global"]


ACCEPTED = [
    item for item in ITEMS if not _refused(item) and item["file"] not in REFUSED_THOUGH_GO_LISTS
]
REFUSED = [item for item in ITEMS if _refused(item) or item["file"] in REFUSED_THOUGH_GO_LISTS]


@pytest.mark.parametrize("item", ACCEPTED, ids=[item["file"] for item in ACCEPTED])
def test_tar_that_go_reads_gives_the_same_entries(item: dict[str, Any]) -> None:
    # Given a tar that Go's archive/tar reads to its end
    layer = _layer(item)

    # When it is scanned as a layer
    scan = scan_layer(layer, content="sha256")

    # Then every row, the count of headers and the extended attributes are Go's
    assert scan.columns is not None
    summary = item.get("entries_summary")
    if summary is not None:
        rows = _rows_of_columns(scan.columns)
        told = [[r["name"], r["kind"], r["size_bytes"], r["link_target"]] for r in rows]
        compact = json.dumps(told, separators=(",", ":")).encode()
        assert scan.entries == summary["count"]
        assert (
            hashlib.sha256(compact).hexdigest()
            == summary["sha256_of_compact_json_of_name_type_size_link"]
        )
        return
    entries = _tar_entries(item)
    assert _differences(_rows_of_columns(scan.columns), entries) == []
    assert scan.entries == len(item["entries"])
    assert scan.files == sum(entry["type"] == "file" for entry in entries)
    expected_xattrs = {
        row: tuple(sorted((k.encode(), bytes.fromhex(v)) for k, v in entry["xattrs_hex"].items()))
        for row, entry in enumerate(entries)
        if entry.get("xattrs_hex")
    }
    assert scan.columns.xattrs == expected_xattrs


@pytest.mark.parametrize("item", REFUSED, ids=[item["file"] for item in REFUSED])
def test_tar_that_go_refuses_is_an_input_error(item: dict[str, Any]) -> None:
    # Given a tar or a stream that Go does not read to its end
    layer = _layer(item)

    # When it is scanned as a layer, then the error says so: no shorter list passes for the whole
    with pytest.raises(InputError) as caught:
        scan_layer(layer, content="sha256")
    assert "\n" not in str(caught.value)


UNPACKED = [item for item in ACCEPTED if item["compression"] != "none"]


@pytest.mark.parametrize("item", UNPACKED, ids=[item["file"] for item in UNPACKED])
def test_compressed_tar_is_unpacked_to_the_same_bytes(item: dict[str, Any]) -> None:
    # Given what other decompressors make of the stream
    told = [says for says in item["decompress"].values() if says["ok"]]

    # When it is scanned as a layer
    scan = scan_layer(_layer(item), content=None)

    # Then compression, length and digest are theirs, and the blob's digest is the file's
    assert scan.compression == item["compression"]
    assert str(scan.digest) == f"sha256:{item['sha256']}"
    assert scan.compressed_bytes == item["size"]
    assert {says["size"] for says in told} == {scan.uncompressed_bytes}
    assert {f"sha256:{says['sha256']}" for says in told} == {str(scan.diff_id)}


PLAIN = [item for item in ACCEPTED if item["compression"] == "none"]


@pytest.mark.parametrize("item", PLAIN, ids=[item["file"] for item in PLAIN])
def test_plain_tar_is_its_own_blob_and_diff_id(item: dict[str, Any]) -> None:
    # Given a tar that is not compressed; bytes behind its end belong to the DiffID too
    layer = _layer(item)

    # When it is scanned
    scan = scan_layer(layer, content=None)

    # Then both digests are that of the file
    assert (str(scan.digest), str(scan.diff_id)) == (f"sha256:{item['sha256']}",) * 2
    assert scan.compressed_bytes == scan.uncompressed_bytes == item["size"]


CLI = [BY_FILE[name] for name in AT_THE_COMMAND_LINE if name in BY_FILE]


@pytest.mark.parametrize("item", CLI, ids=[item["file"] for item in CLI])
def test_ls_of_a_bare_layer_lists_what_go_reads(item: dict[str, Any]) -> None:
    # Given a tar of the collection
    name = f"layer:{TABLES / item['file']}"
    command = ["-m", "layerscope", "ls", name, "--layer", "0", "-f", "json", "--digest", "sha256"]

    # When `ls` lists it
    done = subprocess.run([sys.executable, *command], capture_output=True, check=False, cwd=ROOT)

    # Then rows come by path and then by position, or one line says what is wrong
    if _refused(item):
        lines = [x for x in done.stderr.decode().splitlines() if not x.startswith("hint:")]
        assert done.returncode == 3, done.stderr
        assert len(lines) == 1
        assert lines[0].startswith("layerscope: ")
        assert os.path.basename(item["file"]) in lines[0]
        return
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "layerscope.files/1"
    rows = document["entries"]
    order = [os.fsencode(row["path"]) for row in rows]
    assert order == sorted(order)
    assert all(row["layer"] == 0 for row in rows)
    assert not any("/../" in f"{row['path']}/" or "//" in row["path"] for row in rows)
    if "entries" in item:
        entries = _tar_entries(item)
        by_name = sorted(rows, key=lambda row: str(_key(row)))
        expected = sorted((_expected_row(entry) for entry in entries), key=lambda r: str(_key(r)))
        told = [{column: row[column] for column in expected[0]} for row in by_name]
        assert told == expected
    else:
        assert len(rows) == item["entries_summary"]["count"]


def _key(row: dict[str, object]) -> list[object]:
    return [row["name"], row["kind"], row["size_bytes"], row["mtime_ns"], row["link_target"]]
