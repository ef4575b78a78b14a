"""Near-equal layers: the same files in tars of other digests, and each field that differs.

Layers are near-equal if they have the same paths with the same kind, content and link target. Such
layers come from builds that are not reproducible: what differs is a time, an owner, the order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from layerscope.files.columns import DIGEST_BYTES, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.fleet.contents import ContentSets

FILE, WHITEOUT, OPAQUE = (KINDS.index(kind) for kind in ("file", "whiteout", "opaque"))
_MARKS = (WHITEOUT, OPAQUE)

TABLE_FIELDS = ("mtime", "owner", "mode", "xattrs", "device", "name", "order", "repeated")
"""Fields of a file table in which layers of the same files may differ, in the order of reports."""

Key = tuple[bytes, int]
"""A path and whether its row is a whiteout or an opaque marker of it: the kind then, else -1."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two layers of the same files differ.

    Attributes:
        field: Which.
        rows: How many members are different in it.
        path: Of the first such member; None where it is no member that differs.
        reference: What the one layer says of that path.
        other: What the other layer says.
    """

    field: str
    rows: int
    path: bytes | None
    reference: str
    other: str


class Aligned(NamedTuple):
    """The members of two layers of the same files, side by side.

    Attributes:
        keys: Of each member, in the order of the one layer.
        reference: Its row there; the last one, which counts, where it is stored several times.
        other: Its row in the other layer.
        other_keys: The keys in the order of the other layer.
    """

    keys: list[Key]
    reference: list[int]
    other: list[int]
    other_keys: list[Key]


def near_equal(tables: Sequence[FileColumns], sets: ContentSets) -> list[list[int]]:
    """Groups of two or more layers with the same files; by their first layers, each ascending.

    A layer with a file whose content is not known is in no group.

    Args:
        tables: File tables of layers with different DiffIDs.
        sets: Their contents.
    """
    by_content: defaultdict[bytes, list[int]] = defaultdict(list)
    start, unhashed = sets.start.tolist(), sets.unhashed.tolist()
    for layer in range(len(tables)):
        if not unhashed[layer]:
            # Layers with the same files have the same contents: that is cheap to see.
            by_content[sets.contents[start[layer] : start[layer + 1]].tobytes()].append(layer)
    groups: defaultdict[bytes, list[int]] = defaultdict(list)
    for layers in by_content.values():
        if len(layers) > 1:
            for layer in layers:
                groups[fingerprint(tables[layer])].append(layer)
    return sorted(group for group in groups.values() if len(group) > 1)


def fingerprint(columns: FileColumns) -> bytes:
    """A digest of paths, kinds, contents and link targets, whatever their order.

    If a layer stores something else at one path, or a hard link twice, order decides what it holds;
    then the digest is of the order too.
    """
    keys = row_keys(columns)
    contents, links, kinds = bytes(columns.contents), columns.links, columns.kinds
    rows = [
        b"%b\0%c%b%b"
        % (
            key[0],
            kinds[row],
            contents[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] if kinds[row] == FILE else b"",
            links.get(row, b""),
        )
        for row, key in enumerate(keys)
    ]
    once = set(rows)
    hasher = blake3()
    ordered = sorted(once) if len(once) == len(set(keys)) else rows
    for row_bytes in ordered:
        hasher.update(b"%d:" % len(row_bytes) + row_bytes)
    return hasher.digest()


def row_keys(columns: FileColumns) -> list[Key]:
    """The key of each row."""
    paths = columns.paths()
    if not columns.has_marks():
        return [(path, -1) for path in paths]
    return [
        (path, kind if kind in _MARKS else -1)
        for path, kind in zip(paths, columns.kinds, strict=True)
    ]


def aligned(reference: FileColumns, other: FileColumns) -> Aligned:
    """The members of two layers of one group of `near_equal`, side by side."""
    rows = dict(zip(row_keys(reference), range(len(reference)), strict=True))
    others = dict(zip(row_keys(other), range(len(other)), strict=True))
    return Aligned([*rows], [*rows.values()], [others[key] for key in rows], [*others])


def differences(
    reference: FileColumns, other: FileColumns, pairs: Aligned
) -> tuple[list[Difference], set[int]]:
    """Every field of the file tables that differs, in the order of `TABLE_FIELDS`.

    Beside those the positions in `pairs` of all members that differ in a field of their own, so
    that their headers cannot be equal.

    Args:
        reference: A layer.
        other: Another one with the same files.
        pairs: `aligned` of both.
    """
    names = reference.stored_names(), other.stored_names()
    sides = (reference, names[0]), (other, names[1])
    tell: dict[str, Callable[[FileColumns, list[bytes], int], object]] = {
        "mtime": lambda columns, _, row: columns.mtimes_ns[row],
        "owner": lambda columns, _, row: (columns.uids[row], columns.gids[row]),
        "mode": lambda columns, _, row: columns.modes[row],
        "xattrs": lambda columns, _, row: columns.xattrs.get(row, ()),
        "device": lambda columns, _, row: columns.devices.get(row, ()),
        "name": lambda _, stored, row: stored[row],
    }
    found: list[Difference] = []
    members: set[int] = set()
    for field, value in tell.items():
        if field in {"xattrs", "device"}:
            kept = [
                columns.xattrs if field == "xattrs" else columns.devices for columns, _ in sides
            ]
            if not any(kept):
                continue
        where = [
            at
            for at, (row, theirs) in enumerate(zip(pairs.reference, pairs.other, strict=True))
            if value(*sides[0], row) != value(*sides[1], theirs)
        ]
        if where:
            members.update(where)
            first = where[0]
            texts = [
                _shown(field, value(*side, rows[first]))
                for side, rows in zip(sides, (pairs.reference, pairs.other), strict=True)
            ]
            found.append(Difference(field, len(where), pairs.keys[first][0], *texts))
    return [*found, *_order(pairs), *_repeated(reference, other, pairs)], members


def _order(pairs: Aligned) -> list[Difference]:
    moved = [
        at
        for at, (key, other) in enumerate(zip(pairs.keys, pairs.other_keys, strict=True))
        if key != other
    ]
    if not moved:
        return []
    path = pairs.keys[moved[0]]
    places = moved[0], pairs.other_keys.index(path)
    return [Difference("order", len(moved), path[0], *(str(place + 1) for place in places))]


def _repeated(reference: FileColumns, other: FileColumns, pairs: Aligned) -> list[Difference]:
    """Members stored several times: all but the last one do nothing."""
    counts: list[defaultdict[Key, int]] = []
    for columns in (reference, other):
        counts.append(defaultdict(int))
        for key in row_keys(columns) if len(columns) > len(pairs.keys) else ():
            counts[-1][key] += 1
    if not any(counts):
        return []
    times = [[each.get(key, 1) for each in counts] for key in pairs.keys]
    where = [at for at, (one, two) in enumerate(times) if one != two]
    if not where:
        return []
    rows = sum(abs(times[at][0] - times[at][1]) for at in where)
    one, two = times[where[0]]
    return [Difference("repeated", rows, pairs.keys[where[0]][0], str(one), str(two))]


def _shown(field: str, value: object) -> str:
    """A value as a document has it: times in nanoseconds, modes in octal, names as they are."""
    if field == "mode" and isinstance(value, int):
        return f"{value:04o}"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if field == "xattrs" and isinstance(value, tuple):
        pairs = (f"{_shown('', name)}={content.hex()}" for name, content in value)
        return " ".join(pairs)
    if isinstance(value, tuple):
        return ":".join(map(str, value))
    return str(value)
