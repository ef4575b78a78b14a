"""The document `layerscope.context/1`: what a build context sends, and a record of the build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from layerscope import __version__
from layerscope.report.document import FaultRow, Row, Tool
from layerscope.report.fault_rows import fault_row

if TYPE_CHECKING:
    from layerscope.errors import InputError


class EntryRow(Row, frozen=True, kw_only=True):
    """One file of the context.

    Attributes:
        path: Relative to the context; the root is an empty text.
        kind: `file`, `dir`, `symlink`, `fifo`, `char`, `block` or `socket`.
        mode: Permission bits in octal, such as `0644`.
        uid: Owner's number, as on that machine.
        gid: Group's number, as on that machine.
        size_bytes: Content of regular files, 0 for all else.
        content: `blake3:…` of a regular file; None for all else.
        link_target: Of a symlink, else None.
        xattrs: Extended attributes, their values in hexadecimal.
        device: Major and minor number of a device, else None.
    """

    path: str
    kind: str
    mode: str
    uid: int
    gid: int
    size_bytes: int
    content: str | None
    link_target: str | None
    xattrs: dict[str, str]
    device: list[int] | None = None


class RecordRow(Row, frozen=True, kw_only=True):
    """What else the build was given; values of arguments whose names speak of credentials are None.

    Attributes:
        dockerfile: The text of the Dockerfile.
        build_args: `--build-arg`.
        target: `--target`.
        platforms: `--platform`.
    """

    dockerfile: str
    build_args: dict[str, str | None]
    target: str | None
    platforms: list[str]


class FolderRow(Row, frozen=True, kw_only=True):
    """A directory with files that no instruction uses.

    Attributes:
        path: Relative to the context; empty for its root.
        files: How many files that is, directories not counted.
        bytes: Content of the regular ones.
        whole: Is it all at and below the directory? Else it is what lies directly in it and is not
            used, while something else there is.
    """

    path: str
    files: int
    bytes: int
    whole: bool


class UseRow(Row, frozen=True, kw_only=True):
    """What one instruction takes from the context.

    Attributes:
        line: Where it starts.
        instruction: Its text.
        files: What it takes, directories not counted.
        bytes: Content of the regular ones.
    """

    line: int
    instruction: str
    files: int
    bytes: int


class ContextDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.context/1` document.

    Attributes:
        ignore_file: Which file says what is left out, as a path relative to the context if it lies
            in it; None if there is none.
        patterns: How many patterns that file has.
        files: What is sent, directories not counted; None if the context could not be read.
        bytes: Content of the regular files that are sent; None likewise.
        unused_files: Those of which no instruction of the target takes anything; None if that is
            not known, since the build fails before it takes files.
        unused_bytes: Their content; None likewise.
        uses: What each instruction takes from the context, in the order of the file.
        unused: Where the unused files are, the most bytes first; together all of them.
        entries: Every file, the root first, then by path, if asked for; else None.
        record: What else the build was given, beside `entries`.
        notes: What could not be found out.
        faults: What could not be read; nothing was counted then.
    """

    schema: Literal["layerscope.context/1"] = "layerscope.context/1"
    tool: Tool
    ignore_file: str | None
    patterns: int
    files: int | None
    bytes: int | None
    unused_files: int | None
    unused_bytes: int | None
    uses: list[UseRow]
    unused: list[FolderRow]
    entries: list[EntryRow] | None
    record: RecordRow | None
    notes: list[str]
    faults: list[FaultRow] = msgspec.field(default_factory=list)


def unread_context(error: InputError) -> ContextDocument:
    """The document where something could not be read: nothing but the fault."""
    return ContextDocument(
        tool=Tool(version=__version__),
        ignore_file=None,
        patterns=0,
        files=None,
        bytes=None,
        unused_files=None,
        unused_bytes=None,
        uses=[],
        unused=[],
        entries=None,
        record=None,
        notes=[],
        faults=[fault_row(error)],
    )
