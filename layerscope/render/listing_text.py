"""File tables for people, one member a line, in the way of `ls -l`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from layerscope.render.escape import DIGEST_CHARACTERS, exact
from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from layerscope.report.answers import FileRow, FilesDocument

PATH_CHARACTERS = 4096
XATTR_MARK = "+"
NARROW_WIDTH = 80
WIDE = 100
"""From how many columns on there is room for the content of the files of an image."""

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
        content = f"  {short_content(row.content)}" if row.content else ""
        text = (
            f"{kind_and_mode(row)} {row.uid}:{row.gid}".ljust(23)
            + f" {bytes_text(row.size_bytes):>8}  {time_text(row.mtime_ns)}{content}"
            f"  {exact(row.path, PATH_CHARACTERS)}{_target(row)}\n"
        )
        yield text.encode("utf-8", "backslashreplace")


def tree_listing(
    rows: Iterable[FileRow], layers: int, *, width: int = NARROW_WIDTH
) -> Iterator[bytes]:
    """Lines for the files of a finished image: as above, with the layer before the path.

    A hard link (`h`) is shown with the name that has a line as a file. There is no content where
    lines have little room.

    Args:
        rows: The files.
        layers: How many layers the image has.
        width: Columns.
    """
    digits = len(str(max(layers - 1, 0)))
    for row in rows:
        content = ""
        if width >= WIDE:
            content = f"  {short_content(row.content):<{DIGEST_CHARACTERS}}"
        text = (
            f"{kind_and_mode(row)} {row.uid}:{row.gid}".ljust(19)
            + f" {bytes_text(row.size_bytes):>8}  {time_text(row.mtime_ns)}{content}"
            f"  {row.layer:>{digits}}  {exact(row.path, PATH_CHARACTERS)}"
        )
        if row.kind == "hardlink":
            text += f" => {exact(row.hardlink_to or '', PATH_CHARACTERS)}"
        elif row.link_target is not None:
            text += f" -> {exact(row.link_target, PATH_CHARACTERS)}"
        yield f"{text}\n".encode("utf-8", "backslashreplace")


def files_text(document: FilesDocument, *, width: int = NARROW_WIDTH) -> Iterator[bytes]:
    """The lines of a saved document: those of a finished image, or of a layer of it."""
    rows = document.entries or ()
    if document.layer is not None:
        return listing(rows)
    # Earlier releases did not say how many layers there are.
    count = document.layers
    if count is None:
        count = max((row.layer for row in rows), default=0) + 1
    return tree_listing(rows, count, width=width)


def kind_and_mode(row: FileRow) -> str:
    """Eleven letters: a kind, permissions as `ls -l` has them, and a mark for attributes."""
    mark = XATTR_MARK if row.xattrs else " "
    return f"{_LETTERS[row.kind]}{_permissions(int(row.mode, 8))}{mark}"


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


def short_content(content: str | None) -> str:
    """The first digits of a content digest; nothing where there is none."""
    return (content or "").partition(":")[2][:DIGEST_CHARACTERS]


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
