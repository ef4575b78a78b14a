"""The file table of one layer as plain columns, small enough to send between processes.

Workers build it without numpy or pyarrow; `files.schema` turns it into an Arrow table when asked.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.files.packages.claims import Evidence

KINDS = (
    "file",
    "dir",
    "symlink",
    "hardlink",
    "char",
    "block",
    "fifo",
    "whiteout",
    "opaque",
    "other",
)
"""Kinds of entries; a column of kinds holds positions in this tuple."""

DIGEST_BYTES = 32

WHITEOUT_PREFIX = b".wh."
OPAQUE_MARKER = b".wh..wh..opq"

NO_OFFSET = -1

KEPT_NAMES = frozenset(
    start + name
    for name in (b"etc/os-release", b"usr/lib/os-release", b"etc/passwd", b"etc/group")
    for start in (b"", b"./", b"/")
)
"""Files whose content is kept while it passes: what names the distribution, users and groups."""
KEPT_BYTES = 65536

_WHITEOUT, _OPAQUE = KINDS.index("whiteout"), KINDS.index("opaque")
_SYMLINK = KINDS.index("symlink")
_MARKED_KINDS = (_WHITEOUT, _OPAQUE)
_UNCLEAN = re.compile(rb"/(?:/|\.\.?[/\0])")
_DOTS = (b"/./", b"/.\0", b"/../", b"/..\0")


@dataclass(slots=True, repr=False)
class FileColumns:
    """One row per tar member, in tar order; PAX global headers give no row.

    Attributes:
        names: Names as stored without a trailing slash, each followed by a NUL byte.
        kinds: One byte per row, a position in `KINDS`.
        size_bytes: Content of regular files in bytes (logical size if sparse), else 0.
        modes: Permission bits with setuid, setgid and sticky.
        uids, gids: Owners as stored.
        mtimes_ns: Nanoseconds since the epoch, the nearest that 64 bits hold (years 1678 to 2262).
        contents: 32 bytes of digest per row; 32 zero bytes where the row is no regular file or
            content was not hashed (`hashed` says which).
        links: Row to link target as stored, for symlinks and hard links.
        xattrs: Row to extended attributes, sorted by name.
        offsets: Where in the uncompressed tar a row's content starts; `NO_OFFSET` if it is sparse.
        devices: Row to major and minor number, for device files.
        kept: Row to content, for the few files of `KEPT_NAMES`.
        beginnings: What was read of the beginnings of files (`files.growing`): row and length to
            the digest of as many bytes.
        evidence: What files said of packages when they were asked: row, and path by which the file
            was read, to that; None if it says nothing.
        unhashed: Rows of sparse files whose holes are beyond the limit, and so have no digest.
        hashed: Name of the content digest, `blake3` or `sha256`; None if content was not hashed.
    """

    names: bytearray = field(default_factory=bytearray)
    kinds: bytearray = field(default_factory=bytearray)
    size_bytes: array[int] = field(default_factory=lambda: array("q"))
    modes: array[int] = field(default_factory=lambda: array("I"))
    uids: array[int] = field(default_factory=lambda: array("q"))
    gids: array[int] = field(default_factory=lambda: array("q"))
    mtimes_ns: array[int] = field(default_factory=lambda: array("q"))
    contents: bytearray = field(default_factory=bytearray)
    links: dict[int, bytes] = field(default_factory=dict)
    xattrs: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    kept: dict[int, bytes] = field(default_factory=dict)
    beginnings: dict[tuple[int, int], bytes] = field(default_factory=dict)
    evidence: dict[tuple[int, bytes], Evidence | None] = field(default_factory=dict)
    unhashed: set[int] = field(default_factory=set)
    hashed: str | None = "blake3"

    def __repr__(self) -> str:
        """How many rows there are; the rows themselves would fill a screen many times over."""
        return f"<FileColumns of {len(self)} rows>"

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.kinds)

    def stored_names(self) -> list[bytes]:
        """Names as stored, without a trailing slash, one per row."""
        return bytes(self.names).split(b"\0")[:-1]

    def content(self, row: int) -> bytes | None:
        """The content digest of a regular file (whiteout markers excluded), else None."""
        if self.hashed is None or self.kinds[row] != 0 or row in self.unhashed:
            return None
        return bytes(self.contents[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES])

    def snapshot_bytes(self) -> int:
        """Bytes that docker's overlay2 store counts for the layer.

        That is what lies on disk once it is unpacked: the content of regular files, and of each
        symbolic link its target. Hard links, directories, devices and whiteouts are 0.

        Source: moby v20.10, daemon/graphdriver/overlay2, `ApplyDiff`, and pkg/directory, `Size`;
        measured with docker 20.10.24.
        """
        links = (len(to) for row, to in self.links.items() if self.kinds[row] == _SYMLINK)
        return sum(self.size_bytes) + sum(links)

    def paths(self) -> list[bytes]:
        """Clean absolute paths, one per row: POSIX, no `.`, no `..`, no trailing slash.

        A whiteout's path is what it hides; an opaque marker's is the directory it clears. A `..`
        that would leave the root stays in it, as it does for every engine.
        """
        if not self.kinds:
            return []
        # Nearly all names are clean, or are once a leading "./" is gone: that is seen from all
        # names at once, and only layers that hold others are gone through name by name.
        joined = b"/" + bytes(self.names[:-1]).replace(b"\0", b"\0/") + b"\0"
        unclean = _is_unclean(joined)
        if unclean:
            joined = b"\0" + joined
            joined = joined.replace(b"\0/./", b"\0/").replace(b"\0/.\0", b"\0/\0")[1:]
            unclean = _is_unclean(joined)
        paths = joined.split(b"\0")
        del paths[-1]
        if unclean:
            paths = [_clean(path, 0) if _UNCLEAN.search(path + b"\0") else path for path in paths]
        if self.has_marks():
            names = self.stored_names()
            for row, kind in enumerate(self.kinds):
                if kind in _MARKED_KINDS:
                    paths[row] = _clean(names[row], kind)
        return paths

    def has_marks(self) -> bool:
        """Whether any row is a whiteout or an opaque marker."""
        return any(self.kinds.find(kind) >= 0 for kind in _MARKED_KINDS)


def marked_kind(name: bytes, kind: int) -> int:
    """The kind of an entry with `.wh.` in its name. Source: OCI image-spec, layer.md, Whiteouts."""
    base = name.rpartition(b"/")[2]
    if base == OPAQUE_MARKER:
        return _OPAQUE
    return _WHITEOUT if base.startswith(WHITEOUT_PREFIX) else kind


def _is_unclean(joined: bytes) -> bool:
    """Whether any of the names that end in NUL bytes is not clean."""
    if b"//" in joined:
        return True
    # Searches for fixed bytes take a fraction of what the pattern does.
    at = joined.find(b"/.")
    while at >= 0:
        if joined.startswith(_DOTS, at):
            return True
        at = joined.find(b"/.", at + 1)
    return False


def _clean(name: bytes, kind: int) -> bytes:
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    if kind == _OPAQUE and parts:
        parts.pop()
    elif kind == _WHITEOUT and parts and parts[-1] != WHITEOUT_PREFIX:
        # A bare ".wh." names nothing that it could hide; it stands for itself.
        parts[-1] = parts[-1][len(WHITEOUT_PREFIX) :]
    return b"/" + b"/".join(parts)
