from __future__ import annotations

import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.fleet.tar_form import TarPart, parted, pax_time, unwritable
from layerscope.fleet.tar_size import member_bytes, parts_bytes, tar_bytes
from layerscope.sources.image import Layer
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed
from layerscope.synth.layer_writer import write_layer
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

LONG = "d" * 90 + "/" + "f" * 60
UNPARTED = "n" * 101


def stored(folder: Path, tar: bytes, how: str = "none") -> tuple[Layer, FileColumns]:
    """A layer of these bytes, and its file table."""
    path = folder / f"layer-{how}.tar"
    path.write_bytes(compressed(tar, how))
    region = Region.of_file(str(path))
    layer = Layer(0, None, None, None, None, None, region, "layer.tar")
    columns = scan_layer(layer).columns
    assert columns is not None
    return layer, columns


def written(layer: Layer | None, part: TarPart) -> bytes:
    stream = BytesIO()
    assert write_layer(stream, [(layer, part)]) == len(stream.getvalue())
    return stream.getvalue()


def table(columns: FileColumns) -> list[tuple[object, ...]]:
    """What a table says of its rows, but for where content lies."""
    return [
        (
            path,
            columns.kinds[row],
            columns.size_bytes[row],
            columns.modes[row],
            columns.uids[row],
            columns.gids[row],
            columns.mtimes_ns[row],
            columns.content(row),
            columns.links.get(row),
            columns.xattrs.get(row),
            columns.devices.get(row),
        )
        for row, path in enumerate(columns.paths())
    ]


ALL_KINDS = (
    Tree()
    .dir("d", mode=0o1777)
    .file("d/f", b"x" * 513, mode=0o4755, uid=5, gid=2_097_151)
    .file("d/big-owner", uid=2_097_152, gid=7)
    .file("d/fraction", b"1", mtime=1.5)
    .file("d/old", b"2", mtime=-1.5)
    .file("d/attributes", b"3", xattrs={"user.a": b"\0\n=b", "security.capability": b"c"})
    .file(LONG, b"long")
    .dir(UNPARTED)
    .file(b"caf\xe9 \xc3\xa9", b"bytes")
    .symlink("link", "t" * 101)
    .symlink("short", "../f")
    .hardlink("d/hard", "d/f")
    .fifo("fifo")
    .device("tty", 4, 64)
    .whiteout("gone")
    .opaque("d")
)


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
def test_written_layer_has_the_predicted_bytes_and_reads_as_the_same_table(
    tmp_path: Path, how: str
) -> None:
    layer, columns = stored(tmp_path, ALL_KINDS.layer_tar(), how)
    part = TarPart(columns, range(len(columns)))

    tar = written(layer, part)

    assert len(tar) == tar_bytes(columns, range(len(columns)))
    again = tmp_path / "again"
    again.mkdir()
    assert table(stored(again, tar)[1]) == table(columns)


def test_written_layer_is_what_another_reader_reads_of_it(tmp_path: Path) -> None:
    layer, columns = stored(tmp_path, ALL_KINDS.layer_tar())

    tar = written(layer, TarPart(columns, range(len(columns))))

    with tarfile.open(fileobj=BytesIO(tar)) as archive:
        members = {member.name: member for member in archive.getmembers()}
        assert [*members] == [member.name for member in ALL_KINDS.members]
        for member in ALL_KINDS.members:
            found = members[member.name]
            assert (found.mode, found.uid, found.gid) == (member.mode, member.uid, member.gid)
            assert (found.mtime, found.linkname) == (member.mtime, member.link)
            assert (found.devmajor, found.devminor) == member.device
            if member.kind == "file":
                content = archive.extractfile(found)
                assert content is not None
                assert content.read() == member.content


def test_tar_of_no_members_is_two_blocks() -> None:
    assert tar_bytes(FileColumns(), []) == 1024


def test_member_bytes_by_hand(tmp_path: Path) -> None:
    _, columns = stored(tmp_path, ALL_KINDS.layer_tar())

    found = member_bytes(TarPart(columns, range(len(columns)))).tolist()

    # A directory; 513 bytes take two blocks; each extended header takes two blocks more.
    assert found[:3] == [512, 512 + 1024, 512 + 1024]
    assert found[3:6] == [512 + 512 + 1024] * 3
    # A long name that a slash parts; one that none does; a link of 101 bytes, one of few.
    assert found[6:8] == [512 + 512, 512 + 1024]
    assert found[9:11] == [512 + 1024, 512]


def test_hard_link_in_place_of_a_file_has_no_content(tmp_path: Path) -> None:
    layer, columns = stored(tmp_path, Tree().file("a", b"x" * 600).layer_tar())
    part = TarPart(columns, [0, 0], [b"/b", b"/c/d"], {1: b"/b"})

    tar = written(layer, part)

    assert len(tar) == parts_bytes([part]) == 512 + 1024 + 512 + 1024
    with tarfile.open(fileobj=BytesIO(tar)) as archive:
        assert [(one.name, one.islnk(), one.linkname) for one in archive] == [
            ("b", False, ""),
            ("c/d", True, "b"),
        ]


def test_sparse_file_is_written_with_its_zeros(tmp_path: Path) -> None:
    header = tarfile.TarInfo("sparse")
    header.size = 3
    header.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": "1000",
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "700,3",
    }
    tar = header.tobuf(tarfile.PAX_FORMAT) + b"abc".ljust(512, b"\0") + bytes(1024)
    layer, columns = stored(tmp_path, tar)

    again = written(layer, TarPart(columns, [0]))

    assert len(again) == tar_bytes(columns, [0]) == 512 + 1024 + 1024
    assert again[512:1512] == bytes(700) + b"abc" + bytes(297)


def test_rows_out_of_order_are_read_again(tmp_path: Path) -> None:
    tree = Tree().file("a", b"a" * 700_000).file("b", b"b" * 5).file("c", b"c" * 700_000)
    layer, columns = stored(tmp_path, tree.layer_tar(), "gzip")

    tar = written(layer, TarPart(columns, [2, 0, 1]))

    with tarfile.open(fileobj=BytesIO(tar)) as archive:
        contents = [archive.extractfile(one) for one in archive]
        assert [one.read()[:3] for one in contents if one] == [b"ccc", b"aaa", b"bbb"]


def test_member_of_unknown_type_is_refused_before_it_is_written() -> None:
    columns = FileColumns()
    columns.names += b"x\0"
    columns.kinds.append(KINDS.index("other"))
    stream = BytesIO()

    assert unwritable(TarPart(columns, [0])) == [0]
    with pytest.raises(ValueError, match="row 0"):
        write_layer(stream, [(None, TarPart(columns, [0]))])
    assert stream.getvalue() == b""


def test_content_without_a_layer_is_refused(tmp_path: Path) -> None:
    _, columns = stored(tmp_path, Tree().file("a", b"x").layer_tar())

    with pytest.raises(ValueError, match="row 0"):
        write_layer(BytesIO(), [(None, TarPart(columns, [0]))])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"a" * 100, (b"", b"a" * 100)),
        (b"a" * 101, None),
        (b"p" * 155 + b"/" + b"n" * 100, (b"p" * 155, b"n" * 100)),
        (b"p" * 156 + b"/" + b"n" * 99, None),
        (b"p" * 155 + b"/" + b"n" * 101, None),
        (b"p/" + b"n" * 99 + b"/", (b"p", b"n" * 99 + b"/")),
        (b"p/" + b"n" * 100 + b"/", None),
    ],
)
def test_name_is_parted_where_ustar_can_hold_it(
    name: bytes, expected: tuple[bytes, bytes] | None
) -> None:
    assert parted(name) == expected


@given(st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1))
def test_pax_time_is_read_as_what_it_was(mtime: int) -> None:
    from layerscope.tar.numbers import pax_time_ns  # noqa: PLC0415 - only this test reads times

    assert pax_time_ns(pax_time(mtime)) == mtime


NAMES = st.lists(st.text(alphabet="ab\xe9-", min_size=1, max_size=120), min_size=1, max_size=3).map(
    "/".join
)


@given(
    st.dictionaries(NAMES, st.tuples(st.binary(max_size=1200), st.integers(0, 2**24)), max_size=6)
)
def test_prediction_is_the_length_of_what_is_written(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, tuple[bytes, int]]
) -> None:
    tree = Tree()
    for name, (content, owner) in files.items():
        tree = tree.file(name, content, uid=owner, mtime=owner / 4)
    layer, columns = stored(tmp_path_factory.mktemp("tar"), tree.layer_tar())
    rows = range(len(columns))

    tar = written(layer, TarPart(columns, rows))

    assert len(tar) == tar_bytes(columns, rows)
    assert table(stored(tmp_path_factory.mktemp("again"), tar)[1]) == table(columns)
