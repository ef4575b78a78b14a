"""The one form in which layerscope writes a layer: what of a member needs which header.

A layer that nobody has built yet has no size until it is said how it would be written. This is it:
a ustar header of 512 bytes for each member, content padded to 512, two blocks of zeros at the end.
What a ustar header cannot hold stands in a PAX extended header before it (512 bytes and its padded
records), which is written only where it is needed:

- a name of over 100 bytes that cannot be parted at a slash into a prefix of at most 155 and a rest
  of at most 100 bytes: `path`; the target of a link of over 100 bytes: `linkpath`;
- an owner outside of 0 to 2,097,151: `uid`, `gid`; 8 GiB or more: `size`;
- a time with a fraction, before 1970 or after 2242: `mtime`;
- extended attributes: `SCHILY.xattr.NAME`.

Names are stored relative and clean, those of directories with a slash at the end, the root as `./`;
bytes that are no UTF-8 stay as they are. User and group names, access and change times, and the
holes of sparse files are not kept: a hole is written as the zeros that it stands for.

Source: POSIX.1-2017 pax, 'ustar Interchange Format' and 'pax Header Block'; names are parted where
Go's archive/tar parts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerscope.files.columns import KINDS
from layerscope.files.tree import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.files.columns import FileColumns

BLOCK_BYTES = 512
END_BYTES = 2 * BLOCK_BYTES
"""Two blocks of zeros end a tar; layerscope pads no further, as Go's archive/tar does not."""

NAME_BYTES, PREFIX_BYTES, LINK_BYTES = 100, 155, 100
MOST_OWNER = 8**7 - 1
MOST_NUMBER = 8**11 - 1
"""What eleven octal digits hold: sizes, and seconds since 1970."""
NANOSECONDS = 1_000_000_000

FILE, DIR, SYMLINK, HARDLINK, WHITEOUT, OPAQUE, OTHER = (
    KINDS.index(kind)
    for kind in ("file", "dir", "symlink", "hardlink", "whiteout", "opaque", "other")
)


class TarPart(NamedTuple):
    """Members of a tar that come from one file table, in the order in which they are written.

    Attributes:
        columns: The table that tells of them.
        rows: A row for each member: kind, mode, owner, time, attributes and content are its.
        paths: For each member the clean absolute path that it gets, that of a whiteout with its
            `.wh.`; None leaves all of them where they are.
        links: Position in `rows` to a clean absolute path: such a member is written as a hard link
            to that path, whatever its row is.
    """

    columns: FileColumns
    rows: Sequence[int]
    paths: Sequence[bytes] | None = None
    links: Mapping[int, bytes] | None = None


def own_paths(columns: FileColumns) -> list[bytes]:
    """Clean absolute paths of all rows as stored: markers keep their `.wh.` names."""
    paths = columns.paths()
    if columns.has_marks():
        names = columns.stored_names()
        for row, kind in enumerate(columns.kinds):
            if kind in (WHITEOUT, OPAQUE):
                paths[row] = clean(names[row])
    return paths


def member_paths(part: TarPart) -> list[bytes]:
    """The path of each member of a part."""
    if part.paths is not None:
        return list(part.paths)
    own = own_paths(part.columns)
    return [own[row] for row in part.rows]


def unwritable(part: TarPart) -> list[int]:
    """Positions of members that cannot be written: of unknown types, and roots that are no dir."""
    kinds, links = part.columns.kinds, part.links or {}
    paths = member_paths(part)
    return [
        at
        for at, row in enumerate(part.rows)
        if (kinds[row] == OTHER and at not in links) or (paths[at] == b"/" and kinds[row] != DIR)
    ]


def stored_name(path: bytes, kind: int) -> bytes:
    """How a member at a clean absolute path is called in the tar.

    >>> stored_name(b"/etc", DIR), stored_name(b"/etc/motd", FILE), stored_name(b"/", DIR)
    (b'etc/', b'etc/motd', b'./')
    """
    if path == b"/":
        return b"./"
    return path[1:] + b"/" if kind == DIR else path[1:]


def parted(name: bytes) -> tuple[bytes, bytes] | None:
    """Prefix and rest of a name as a ustar header holds them; None if it cannot."""
    if len(name) <= NAME_BYTES:
        return b"", name
    length = len(name)
    if length > PREFIX_BYTES + 1:
        length = PREFIX_BYTES + 1
    elif name.endswith(b"/"):
        length -= 1
    at = name.rfind(b"/", 0, length)
    rest = len(name) - at - 1
    if at <= 0 or rest > NAME_BYTES or rest == 0:
        return None
    return name[:at], name[at + 1 :]


def link_target(part: TarPart, at: int) -> bytes:
    """What a member links to as stored; empty if it is no link."""
    if part.links and at in part.links:
        return part.links[at][1:]
    row = part.rows[at]
    kind = part.columns.kinds[row]
    target = part.columns.links.get(row, b"")
    return clean(target)[1:] if kind == HARDLINK else target if kind == SYMLINK else b""


def content_bytes(part: TarPart, at: int) -> int:
    """Bytes of content behind a member: those of regular files; markers are written empty."""
    row = part.rows[at]
    if part.columns.kinds[row] != FILE or (part.links and at in part.links):
        return 0
    return part.columns.size_bytes[row]


def pax_records(part: TarPart, at: int, path: bytes) -> bytes:
    """The records of the extended header that a member needs; empty if it needs none."""
    columns, row = part.columns, part.rows[at]
    linked = bool(part.links) and at in (part.links or ())
    kind = HARDLINK if linked else columns.kinds[row]
    records: list[tuple[bytes, bytes]] = []
    name = stored_name(path, kind)
    if parted(name) is None:
        records.append((b"path", name))
    target = link_target(part, at)
    if len(target) > LINK_BYTES:
        records.append((b"linkpath", target))
    for key, owner in ((b"uid", columns.uids[row]), (b"gid", columns.gids[row])):
        if not 0 <= owner <= MOST_OWNER:
            records.append((key, b"%d" % owner))
    size = content_bytes(part, at)
    if size > MOST_NUMBER:
        records.append((b"size", b"%d" % size))
    mtime = columns.mtimes_ns[row]
    if mtime % NANOSECONDS or not 0 <= mtime // NANOSECONDS <= MOST_NUMBER:
        records.append((b"mtime", pax_time(mtime)))
    records += [(b"SCHILY.xattr." + key, value) for key, value in columns.xattrs.get(row, ())]
    return b"".join(_record(key, value) for key, value in records)


def pax_time(mtime_ns: int) -> bytes:
    """A time as PAX writes it: seconds, and a fraction without zeros at its end.

    >>> pax_time(1_500_000_000), pax_time(-1_500_000_000), pax_time(-2_000_000_000)
    (b'1.5', b'-1.5', b'-2')
    """
    seconds, rest = divmod(abs(mtime_ns), NANOSECONDS)
    text = b"-%d" % seconds if mtime_ns < 0 else b"%d" % seconds
    return text + (b".%09d" % rest).rstrip(b"0") if rest else text


def _record(key: bytes, value: bytes) -> bytes:
    r"""`length key=value\n`, where the length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if len(str(length)) != len(str(rest)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)
