"""File tables for people, one member a line, in the way of `ls -l`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from layerscope.render.escape import exact
from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from layerscope.report.answers import FileRow

PATH_CHARACTERS = 4096
XATTR_MARK = "+"

_LETTERS = {
    "file": "-",
    "dir": "d",
    "symlink": "l",
    "hardlink": "h",
    "char": "c",
    "block": "b",
    "fifo": "p",
    "whiteout": "w",
    "opaque": "o",
    "other": "?",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def listing(rows: Iterable[FileRow]) -> Iterator[bytes]:
    """Lines: kind and mode, owner, size, time in UTC, content if it was hashed, path, link target.

    A whiteout (`w`) is shown by the path that it hides, an opaque marker (`o`) by its directory.
    """
    for row in rows:
        owner = f"{row.uid}:{row.gid}"
        mark = XATTR_MARK if row.xattrs else " "
        content = f"  {_short(row.content)}" if row.content else ""
        text = (
            f"{_LETTERS[row.kind]}{_permissions(int(row.mode, 8))}{mark} {owner:<11}"
            f" {bytes_text(row.size_bytes):>8}  {time_text(row.mtime_ns)}{content}"
            f"  {exact(row.path, PATH_CHARACTERS)}{_target(row)}\n"
        )
        yield text.encode("utf-8", "backslashreplace")


def time_text(mtime_ns: int) -> str:
    """A time in UTC to the minute, or seconds since 1970 where no calendar of ours reaches.

    >>> time_text(0), time_text(10**21)
    ('1970-01-01 00:00', '@1000000000000  ')
    """
    seconds = mtime_ns // 1_000_000_000
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M}".rjust(16, "0")
    except OverflowError:
        return f"@{seconds}".ljust(16)


def _target(row: FileRow) -> str:
    if row.kind == "whiteout":
        return "  (hides it)"
    if row.kind == "opaque":
        return "  (hides what lower layers have in it)"
    if row.link_target is None:
        return ""
    arrow = "=>" if row.kind == "hardlink" else "->"
    return f" {arrow} {exact(row.link_target, PATH_CHARACTERS)}"


def _short(content: str) -> str:
    return content.partition(":")[2][:12]


def _permissions(mode: int) -> str:
    letters = [
        letter if mode & bit else "-"
        for letter, bit in zip("rwxrwxrwx", (1 << n for n in range(8, -1, -1)), strict=True)
    ]
    for position, bit, low, high in (
        (2, 0o4000, "s", "S"),
        (5, 0o2000, "s", "S"),
        (8, 0o1000, "t", "T"),
    ):
        if mode & bit:
            letters[position] = low if letters[position] == "x" else high
    return "".join(letters)
