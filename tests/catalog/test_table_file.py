"""File tables as Parquet and back: nothing is lost, and damage is always seen."""

from __future__ import annotations

import io
import tarfile
from dataclasses import fields

import pyarrow as pa
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from layerscope.catalog.table_file import (
    COLUMNS,
    Numbers,
    Unstorable,
    decode,
    encode,
    is_table,
    to_arrow,
)
from layerscope.files.columns import FileColumns
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from tests.surroundings import REPOSITORY

DIFF_ID = "sha256:" + "ab" * 32
NUMBERS = Numbers(
    uncompressed_bytes=7,
    content_bytes=5,
    snapshot_bytes=6,
    entries=3,
    files=2,
    notes=("a note",),
)


def member(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(data)
    return info


def walked(*members: tuple[tarfile.TarInfo, bytes]) -> FileColumns:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(buffer.getvalue())
    walk.finish()
    return walk.columns


def assert_same(found: FileColumns, expected: FileColumns) -> None:
    for field in fields(FileColumns):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name


def of_every_kind() -> FileColumns:
    link = member("etc/link", tarfile.SYMTYPE)
    link.linkname = "hosts"
    hard = member("etc/hard", tarfile.LNKTYPE)
    hard.linkname = "etc/hosts"
    device = member("dev/null", tarfile.CHRTYPE)
    device.devmajor, device.devminor = 1, 3
    ping = member("bin/ping", data=b"ping")
    ping.pax_headers = {"SCHILY.xattr.security.capability": "x", "SCHILY.xattr.user.a": "y"}
    ping.mode, ping.uid, ping.gid, ping.mtime = 0o4755, 2**31, 2**40, 1.5
    release = b"ID=debian\n"
    return walked(
        (member("./", tarfile.DIRTYPE), b""),
        (member("etc", tarfile.DIRTYPE), b""),
        (member("etc/hosts", data=b"127.0.0.1"), b"127.0.0.1"),
        (member("./etc/os-release", data=release), release),
        (link, b""),
        (hard, b""),
        (device, b""),
        (ping, b"ping"),
        (member("srv/.wh.old"), b""),
        (member("srv/.wh..wh.plnk", tarfile.DIRTYPE), b""),
        (member("tmp/.wh..wh..opq"), b""),
        (member("a\udcff/../b", data=b"z"), b"z"),
    )


def test_table_of_every_kind_comes_back_as_it_was() -> None:
    columns = of_every_kind()

    data = encode(DIFF_ID, NUMBERS, columns)
    found = decode(data)

    assert is_table(data, DIFF_ID)
    assert found is not None
    numbers, table = found
    assert_same(table, columns)
    assert numbers.uncompressed_bytes == 7
    assert numbers.notes == ("a note",)
    assert columns.kept
    assert columns.xattrs
    assert columns.devices


def test_table_without_rows_comes_back() -> None:
    found = decode(encode(DIFF_ID, NUMBERS, FileColumns()))

    assert found is not None
    assert_same(found[1], FileColumns())


def test_table_of_a_sparse_file_that_was_not_hashed_says_so() -> None:
    columns = walked((member("a", data=b"x"), b"x"), (member("b", data=b"y"), b"y"))
    columns.unhashed.add(1)
    columns.contents[32:] = bytes(32)

    found = decode(encode(DIFF_ID, NUMBERS, columns))

    assert found is not None
    assert found[1].unhashed == {1}
    assert found[1].content(1) is None
    assert found[1].content(0) == blake3(b"x").digest()


NAMES = st.lists(
    st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name), max_size=30
)


@pytest.mark.hypothesis
@given(NAMES, st.data())
def test_table_of_any_names_and_numbers_comes_back(names: list[bytes], data: st.DataObject) -> None:
    columns = FileColumns()
    integers = st.integers(-(2**63), 2**63 - 1)
    for row, name in enumerate(names):
        columns.names += name + b"\0"
        columns.kinds.append(data.draw(st.integers(0, 9)))
        columns.modes.append(data.draw(st.integers(0, 2**32 - 1)))
        for numbers in (columns.size_bytes, columns.uids, columns.gids, columns.mtimes_ns):
            numbers.append(data.draw(integers))
        columns.offsets.append(data.draw(integers))
        columns.contents += blake3(name).digest()
        if data.draw(st.booleans()):
            columns.links[row] = data.draw(st.binary(max_size=5))

    encoded = encode(DIFF_ID, NUMBERS, columns)
    found = decode(encoded)

    assert found is not None
    assert_same(found[1], columns)


def test_every_changed_byte_and_every_cut_is_seen() -> None:
    data = encode(DIFF_ID, NUMBERS, of_every_kind())

    changed = [
        at
        for at in range(len(data))
        if is_table(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], DIFF_ID)
    ]
    cut = [at for at in range(len(data)) if is_table(data[:at], DIFF_ID)]

    assert changed == []
    assert cut == []
    assert not is_table(data + b"\0", DIFF_ID)


def test_table_of_another_layer_is_not_taken_for_this_one() -> None:
    data = encode(DIFF_ID, NUMBERS, of_every_kind())

    assert not is_table(data, "sha256:" + "cd" * 32)
    assert not is_table(b"", DIFF_ID)
    assert not is_table(b"PAR1" * 100, DIFF_ID)


def test_names_that_hold_a_seal_do_not_break_it() -> None:
    columns = walked((member(f"layerscope.catalog/1 table {DIFF_ID} {'0' * 64}"), b""))

    data = encode(DIFF_ID, NUMBERS, columns)

    assert is_table(data, DIFF_ID)
    found = decode(data)
    assert found is not None
    assert_same(found[1], columns)


def test_file_is_plain_parquet_for_other_programs() -> None:
    columns = of_every_kind()
    attributes = columns.xattrs[7]

    data = encode(DIFF_ID, NUMBERS, columns)
    table = parquet.read_table(pa.BufferReader(data))

    assert table.column_names == list(COLUMNS)
    assert table["path"].to_pylist()[:3] == [b"/", b"/etc", b"/etc/hosts"]
    assert table["name"].to_pylist()[:4] == [b".", None, None, b"./etc/os-release"]
    assert table["kind"].to_pylist()[1:4] == ["dir", "file", "file"]
    assert table["content"].to_pylist()[2] == blake3(b"127.0.0.1").digest()
    assert table["xattrs"].to_pylist()[7] is not None
    assert len(attributes) == 2
    assert to_arrow(data)["size_bytes"].to_pylist()[2] == 9


def test_table_with_other_digests_or_broken_names_is_not_stored() -> None:
    other = walked((member("a"), b""))
    other.hashed = "sha256"
    broken = walked((member("a"), b""))
    broken.names += b"b\0"

    for columns in (other, broken):
        with pytest.raises(Unstorable):
            encode(DIFF_ID, NUMBERS, columns)


def test_page_lists_every_column_with_its_meaning() -> None:
    page = (REPOSITORY / "docs/reference/catalog.md").read_text(encoding="utf-8")

    assert "".join(f"| `{name}` | {about} |\n" for name, about in COLUMNS.items()) in page
