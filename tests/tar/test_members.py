from __future__ import annotations

import io
import tarfile

import pytest

from layerscope.errors import OverLimitError, TarError
from layerscope.tar.members import Member, members


def archive(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def listed(data: bytes, max_members: int = 100) -> list[Member]:
    def read(start: int, length: int) -> bytes:
        return data[start : start + length]

    return list(members(read, len(data), max_members=max_members, max_name_bytes=1 << 20))


def test_members_gives_name_size_and_offset_of_each() -> None:
    data = archive(("a", b"hello"), ("b" * 150, b"x" * 600))

    found = listed(data)

    assert [(member.name, member.size) for member in found] == [(b"a", 5), (b"b" * 150, 600)]
    assert [data[m.offset : m.offset + m.size] for m in found] == [b"hello", b"x" * 600]


def test_members_cut_in_the_last_member_gives_it_and_then_an_error() -> None:
    data = archive(("a", b"hello"), ("b", b"x" * 600))[: 512 * 3 + 100]
    found = members(
        lambda start, length: data[start : start + length],
        len(data),
        max_members=9,
        max_name_bytes=99,
    )

    seen = [next(found).name, next(found).name]
    with pytest.raises(TarError) as caught:
        next(found)

    assert seen == [b"a", b"b"]
    assert caught.value.truncated


def test_members_without_end_blocks_is_whole() -> None:
    assert [member.name for member in listed(archive(("a", b"hello"))[:1024])] == [b"a"]


def test_members_over_the_limit_is_refused() -> None:
    with pytest.raises(OverLimitError):
        listed(archive(("a", b""), ("b", b""), ("c", b"")), max_members=2)
