"""Where layers that were made on one base do not fit on another.

A layer says what to put over what is below it, whatever that is. On a new base it may hide an
update, delete what has newly come, or link to what is gone. All is seen from four trees: both bases
alone, and both with the upper layers on them, by the rules of `files.squash`.

Times alone are no conflict, nor is an upper layer that brings just what the new base has. What an
upper layer took from the old base in other ways (a library that it was compiled for, a user id that
it wrote down) is in no file table and not looked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from layerscope.files.columns import KINDS
from layerscope.files.packages import apk, rpm
from layerscope.files.squash import IMPLIED_MODE, squash
from layerscope.files.tree import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.files.squash import Squashed

Kind = Literal[
    "overwritten-update",
    "overwritten-new",
    "overwritten-attributes",
    "file-over-directory",
    "directory-over-file",
    "deleted-update",
    "deleted-new",
    "dangling-whiteout",
    "link-target-gone",
    "link-target-changed",
    "moved-by-link",
]
By = Literal["member", "whiteout", "opaque"]
Database = Literal["dpkg", "apk", "rpm"]

EXAMPLES = 10
"""How many hidden paths are named of one conflict."""

DATABASES: dict[bytes, Database] = {
    b"/var/lib/dpkg/status": "dpkg",
    **dict.fromkeys(apk.INSTALLED, "apk"),
    **dict.fromkeys(rpm.DATABASES, "rpm"),
    **dict.fromkeys(rpm.LOGS, "rpm"),
}
"""Files in which a distribution lists its packages: whoever looks for them reads the top copy."""

_DIR, _FILE, _HARDLINK, _WHITEOUT, _OPAQUE = (
    KINDS.index(kind) for kind in ("dir", "file", "hardlink", "whiteout", "opaque")
)


class Conflict(NamedTuple):
    """One thing that an upper layer does to the new base, and did not to the old one.

    Attributes:
        path: What it is about; of a whiteout what it hides, of `moved-by-link` the directory.
        kind: `overwritten-update`: a file that the new base has another version of. `-new`: one
            that only the new base has. `-attributes`: mode, owner or extended attributes that the
            new base changed. `file-over-directory`, `directory-over-file`: the new base has the
            other there. `deleted-update`, `deleted-new`: a whiteout, an opaque marker or a file in
            place of a directory hides what the new base changed or added. `dangling-whiteout`: it
            hid something of the old base and nothing of the new one. `link-target-gone`,
            `link-target-changed`: a hard link to a file of the base. `moved-by-link`: members that
            come to lie elsewhere, since a directory on their way is a symbolic link in one base.
        by: What the upper layer has there.
        layer: Position of that layer in the image as it is.
        paths: How many paths of the new base (of `moved-by-link`: members) that is.
        hidden_bytes: Content of the new base's files that is hidden.
        examples: The first of those paths, if they are others than `path`; of `moved-by-link` the
            new directory; of hard links the target.
        database: Which package database is hidden by it, or None.
    """

    path: bytes
    kind: Kind
    by: By
    layer: int
    paths: int = 1
    hidden_bytes: int = 0
    examples: tuple[bytes, ...] = ()
    database: Database | None = None


def conflicts(
    old: Sequence[FileColumns], new: Sequence[FileColumns], upper: Sequence[FileColumns]
) -> list[Conflict]:
    """What upper layers do to a new base that they did not to the old one, sorted by path.

    Args:
        old: File tables of the old base.
        new: File tables of the new base.
        upper: File tables of the layers above.

    Raises: `OverLimitError` for trees that no engine could unpack.
    """
    trees = _Trees(
        squash(old), squash(new), squash([*old, *upper]), squash([*new, *upper]), len(old), len(new)
    )
    found = _Found()
    _hidden_by_uppers(trees, found)
    _dangling(trees, found)
    _hard_links(trees, found)
    _moved(trees, found)
    return found.sorted()


@dataclass(frozen=True, slots=True)
class _Trees:
    """The old and the new base, and the upper layers on each."""

    old: Squashed
    new: Squashed
    before: Squashed
    after: Squashed
    old_layers: int
    new_layers: int

    @property
    def before_start(self) -> int:
        """The first global row of the upper layers on the old base."""
        return self.before.starts[self.old_layers]

    @property
    def after_start(self) -> int:
        """The first global row of the upper layers on the new base."""
        return self.after.starts[self.new_layers]

    def layer(self, row: int) -> int:
        """Which layer of the image as it is a row of the tree `after` belongs to."""
        return self.after.place(row)[0] - self.new_layers + self.old_layers


@dataclass(slots=True)
class _Found:
    """Conflicts by what causes them."""

    groups: dict[tuple[int, Kind, bytes], list[tuple[bytes, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    causes: dict[tuple[int, Kind, bytes], tuple[By, int]] = field(default_factory=dict)
    single: list[Conflict] = field(default_factory=list)

    def add(
        self, trees: _Trees, hider: int, kind: Kind, path: bytes, hidden: tuple[bytes, int]
    ) -> None:
        """One path of the new base and its bytes, hidden by a row of the tree `after`."""
        key = (hider, kind, path)
        self.groups[key].append(hidden)
        self.causes[key] = (_by(trees.after.kinds[hider]), trees.layer(hider))

    def sorted(self) -> list[Conflict]:
        """All of them by path, kind and layer."""
        found = list(self.single)
        for (hider, kind, path), hidden in self.groups.items():
            by, layer = self.causes[hider, kind, path]
            names = sorted(name for name, _ in hidden)
            examples = tuple(name for name in names if name != path)[:EXAMPLES]
            database = next((DATABASES[name] for name in names if name in DATABASES), None)
            size = sum(size for _, size in hidden)
            found.append(Conflict(path, kind, by, layer, len(names), size, examples, database))
        return sorted(found, key=lambda one: (one.path, one.kind, one.layer))


def _by(kind: int) -> By:
    return "whiteout" if kind == _WHITEOUT else "opaque" if kind == _OPAQUE else "member"


def _hidden_by_uppers(trees: _Trees, found: _Found) -> None:
    """Paths of the new base that upper layers take, if that is another matter than before."""
    after, start = trees.after, trees.after_start
    for row, hider in after.hidden.items():
        # A row that a layer of the base itself hides is not seen in the new base either.
        if row >= start or hider < start:
            continue
        path = after.path_of(row)
        there = trees.old.rows.get(path)
        kind = after.kinds[hider]
        cause = after.path_of(hider)
        hidden = (path, after.size(after.inode(row)))
        if kind not in (_WHITEOUT, _OPAQUE) and cause == path:
            change = _in_place(trees, row, there, hider)
            if change:
                found.add(trees, hider, change, path, hidden)
        elif kind not in (_WHITEOUT, _OPAQUE) and cause.startswith(path + b"/"):
            # A member below what the new base has as a file.
            if there is None or _body(trees.old, there) != _body(trees.new, row):
                found.add(trees, hider, "directory-over-file", path, hidden)
        elif _kind_at(trees.old, cause) != _DIR and kind not in (_WHITEOUT, _OPAQUE):
            found.add(trees, hider, "file-over-directory", cause, hidden)
        elif there is None:
            found.add(trees, hider, "deleted-new", cause, hidden)
        elif _body(trees.old, there) != _body(trees.new, row):
            found.add(trees, hider, "deleted-update", cause, hidden)


def _in_place(trees: _Trees, row: int, there: int | None, hider: int) -> Kind | None:
    """What a member does to the one of the new base whose path it takes."""
    new, ours = _body(trees.new, row), _body(trees.after, hider)
    old = None if there is None else _body(trees.old, there)
    new_is_dir, ours_is_dir = new == (_DIR,), ours == (_DIR,)
    if new_is_dir != ours_is_dir:
        if old is not None and (old == (_DIR,)) == new_is_dir:
            # It took the place of such a thing before: only what is in a file can be lost.
            return "overwritten-update" if not new_is_dir and new != old else None
        return "file-over-directory" if new_is_dir else "directory-over-file"
    if new not in {ours, old}:
        return "overwritten-new" if old is None or old == (_DIR,) else "overwritten-update"
    attributes = _attributes(trees.new, row)
    before = None if there is None else _attributes(trees.old, there)
    if attributes not in (before, _attributes(trees.after, hider)):
        return "overwritten-attributes"
    return None


def _dangling(trees: _Trees, found: _Found) -> None:
    """Whiteouts that hid something of the old base, and hide nothing of the new one."""
    before, start, shift = trees.before, trees.before_start, trees.after_start - trees.before_start
    hid = {by for row, by in before.hidden.items() if row < start <= by}
    hides = {by for row, by in trees.after.hidden.items() if row < trees.after_start <= by}
    for hider in hid:
        if before.kinds[hider] == _WHITEOUT and hider + shift not in hides:
            path = before.path_of(hider)
            layer = before.place(hider)[0]
            found.single.append(Conflict(path, "dangling-whiteout", "whiteout", layer, 0))


def _hard_links(trees: _Trees, found: _Found) -> None:
    """Hard links of upper layers to files of the base that are gone or are others now."""
    before, start, shift = trees.before, trees.before_start, trees.after_start - trees.before_start
    for row, inode in before.inodes.items():
        if row < start or inode >= start:
            continue
        layer, at = before.place(row)
        target = clean(before.layers[layer].links.get(at, b""))
        now = trees.after.inodes.get(row + shift)
        if now is None:
            kind: Kind = "link-target-gone"
        elif _body(trees.after, now) != _body(before, inode):
            kind = "link-target-changed"
        else:
            continue
        path = before.path_of(row)
        found.single.append(Conflict(path, kind, "member", layer, 1, 0, (target,)))


def _moved(trees: _Trees, found: _Found) -> None:
    """Members whose way leads through a symbolic link in one base and not in the other."""
    before, after = trees.before, trees.after
    start, shift = trees.before_start, trees.after_start - trees.before_start
    rows = {row for row in before.redirected if row >= start}
    rows |= {row - shift for row in after.redirected if row >= trees.after_start}
    places: Counter[tuple[bytes, bytes, int]] = Counter()
    for row in rows:
        here, there = before.path_of(row), after.path_of(row + shift)
        if here != there:
            parents = (here.rpartition(b"/")[0] or b"/", there.rpartition(b"/")[0] or b"/")
            places[*parents, before.place(row)[0]] += 1
    for (here, there, layer), count in places.items():
        found.single.append(Conflict(here, "moved-by-link", "member", layer, count, 0, (there,)))


def _kind_at(tree: Squashed, path: bytes) -> int | None:
    row = tree.rows.get(path)
    return None if row is None else _DIR if row < 0 else tree.kinds[row]


def _body(tree: Squashed, row: int) -> tuple[object, ...]:
    """What a member is, attributes and times aside; equal for equal things only."""
    if row < 0:
        return (_DIR,)
    row = tree.inode(row)
    kind = tree.kinds[row]
    layer, at = tree.place(row)
    columns = tree.layers[layer]
    if kind == _FILE:
        # Two files of which nobody has read the content are not taken for equal.
        return kind, columns.size_bytes[at], columns.content(at) or object()
    return (kind,) if kind == _DIR else (kind, columns.links.get(at), columns.devices.get(at))


def _attributes(tree: Squashed, row: int) -> tuple[object, ...]:
    """Mode, owner and extended attributes."""
    if row < 0:
        return IMPLIED_MODE, 0, 0, ()
    layer, at = tree.place(tree.inode(row))
    columns = tree.layers[layer]
    owner = columns.modes[at], columns.uids[at], columns.gids[at]
    return (*owner, columns.xattrs.get(at, ()))
