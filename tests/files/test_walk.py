from __future__ import annotations

import hashlib
import io
import itertools
import tarfile
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import OverLimitError, TarError
from layerscope.files import walk as walk_module
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.walk import Walk
from layerscope.sources.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar_of(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def walked(pieces: Iterable[bytes], limits: Limits | None = None) -> Walk:
    walk = Walk(limits or Limits(), blake3)
    for piece in pieces:
        walk.feed(piece)
    walk.finish()
    return walk


def rows(columns: FileColumns) -> list[tuple[object, ...]]:
    return [
        (
            name,
            path,
            KINDS[columns.kinds[row]],
            columns.size_bytes[row],
            columns.modes[row],
            columns.uids[row],
            columns.gids[row],
            columns.mtimes_ns[row],
            columns.content(row),
            columns.links.get(row),
            columns.xattrs.get(row),
        )
        for row, (name, path) in enumerate(
            zip(columns.stored_names(), columns.paths(), strict=True)
        )
    ]


MIXED = (
    member("usr/", type=tarfile.DIRTYPE, mode=0o755),
    member("usr/bin/tool", b"#!" * 700, mode=0o4755, uid=12, gid=34, mtime=1_700_000_000),
    member("usr/empty"),
    member("usr/link", type=tarfile.SYMTYPE, linkname="bin/tool"),
    member("usr/hard", type=tarfile.LNKTYPE, linkname="usr/bin/tool"),
    member("dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    member("var/.wh.cache"),
    member("opt/.wh..wh..opq"),
    member("d/" * 60 + "long", b"deep"),
    member("n" * 150, b"long name"),
    member("./dot/./name", b"."),
    member("../../up", b"up"),
)


@pytest.mark.parametrize("form", FORMATS)
def test_walk_mixed_tar_gives_a_row_for_each_member(form: int) -> None:
    members = [m for m in MIXED if form != tarfile.USTAR_FORMAT or len(m[0].name) < 140]

    found = walked([tar_of(*members, form=form)])

    assert [row[0].decode() for row in rows(found.columns)] == [  # type: ignore[attr-defined]
        info.name.rstrip("/") for info, _ in members
    ]
    tool = rows(found.columns)[1]
    assert tool[1:] == (
        b"/usr/bin/tool",
        "file",
        1400,
        0o4755,
        12,
        34,
        1_700_000_000 * 10**9,
        blake3(b"#!" * 700).digest(),
        None,
        None,
    )
    assert found.entries == len(members)
    assert found.files == sum(info.type == tarfile.REGTYPE for info, _ in members)
    assert found.content_bytes == sum(len(content) for _, content in members)
    assert found.marked


def test_walk_whiteouts_have_the_path_of_what_they_hide() -> None:
    found = rows(walked([tar_of(*MIXED)]).columns)

    assert (found[6][1], found[6][2]) == (b"/var/cache", "whiteout")
    assert (found[7][1], found[7][2]) == (b"/opt", "opaque")


def test_walk_bare_whiteout_name_stands_for_itself() -> None:
    found = rows(walked([tar_of(member("a/.wh."))]).columns)

    assert (found[0][1], found[0][2]) == (b"/a/.wh.", "whiteout")


def test_walk_paths_never_leave_the_root() -> None:
    found = rows(walked([tar_of(*MIXED)]).columns)

    assert [row[1] for row in found[-2:]] == [b"/dot/name", b"/up"]


@given(cuts=st.lists(st.integers(1, 40_000), max_size=12), form=st.sampled_from(FORMATS[1:]))
def test_walk_pieces_of_any_size_give_the_same_rows(cuts: list[int], form: int) -> None:
    data = tar_of(*MIXED, form=form)
    edges = [0, *sorted({cut % len(data) for cut in cuts}), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]

    assert rows(walked(pieces).columns) == rows(walked([data]).columns)


@pytest.mark.parametrize("form", FORMATS[1:])
def test_walk_fast_and_slow_path_give_the_same_rows(
    form: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tar_of(*MIXED, form=form)
    fast = walked([data])

    # Nothing counts as plain: every header takes the way by all the rules.
    monkeypatch.setattr(walk_module, "tail_of", lambda _tail: (-1, b""))
    slow = walked([data])

    assert rows(fast.columns) == rows(slow.columns)
    assert (fast.entries, fast.files, fast.content_bytes) == (
        slow.entries,
        slow.files,
        slow.content_bytes,
    )


@given(place=st.integers(0, 511), value=st.integers(0, 255))
def test_walk_any_changed_header_byte_is_noticed(place: int, value: int) -> None:
    data = bytearray(tar_of(member("a/file", b"content")))
    if data[place] == value:
        return
    data[place] = value

    # The checksum field is padded, so a change there may leave its number as it was.
    if 148 <= place < 156:
        return
    with pytest.raises(TarError):
        walked([bytes(data)])


def test_walk_tar_cut_inside_a_file_is_truncated() -> None:
    data = tar_of(member("a", b"x" * 1000))

    with pytest.raises(TarError) as caught:
        walked([data[: 512 + 999]])

    assert caught.value.truncated


@pytest.mark.parametrize("length", [512 + 1000, 512 + 1024, 512 + 1024 + 512])
def test_walk_tar_without_end_blocks_is_whole_but_unmarked(length: int) -> None:
    found = walked([tar_of(member("a", b"x" * 1000))[:length]])

    assert len(found.columns) == 1
    assert not found.marked


def test_walk_empty_input_is_an_empty_tar() -> None:
    assert walked([]).entries == 0


def test_walk_bytes_after_the_end_are_no_entries() -> None:
    data = tar_of(member("a"))

    assert walked([data, data]).entries == 1


def test_walk_global_header_is_an_entry_without_a_row() -> None:
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "c"}
    ) as tar:
        tar.addfile(tarfile.TarInfo("a"))

    found = walked([buffer.getvalue()])

    assert (found.entries, len(found.columns)) == (2, 1)


def test_walk_extended_attributes_are_sorted_by_name() -> None:
    attributes = {"SCHILY.xattr.user.b": "2", "SCHILY.xattr.user.a": "1"}

    found = walked([tar_of(member("a", pax_headers=attributes), form=tarfile.PAX_FORMAT)])

    assert found.columns.xattrs == {0: ((b"user.a", b"1"), (b"user.b", b"2"))}


def test_walk_more_entries_than_the_limit_is_refused() -> None:
    data = tar_of(*(member(f"f{number}") for number in range(3000)))
    pieces = [data[start : start + 512_000] for start in range(0, len(data), 512_000)]

    with pytest.raises(OverLimitError):
        walked(pieces, Limits(entries=500))


def test_walk_sha256_is_offered_too() -> None:
    walk = Walk(Limits(), hashlib.sha256)
    walk.feed(tar_of(member("a", b"hello")))
    walk.finish()

    assert walk.columns.content(0) == hashlib.sha256(b"hello").digest()
