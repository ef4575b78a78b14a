"""What finished images consist of: equal entries of all of them as one, numbered as they are met.

An entry is a path with all that unpacking it leaves: kind, mode, owner, time, attributes, target,
device and content. A file with several names (hard links) is one entry with all of its names, since
they cannot be parted. Two entries are the same only if all of that is equal, times left out where
that is asked for; content that nobody has hashed is equal to none but itself.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from layerscope.errors import OverLimitError
from layerscope.files.columns import FileColumns
from layerscope.files.squash import IMPLIED_MODE, squash
from layerscope.files.tree import DIR, FILE, HARDLINK, OTHER, ROOT, SYMLINK
from layerscope.fleet.tar_form import TarPart
from layerscope.fleet.tar_size import member_bytes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.files.squash import Squashed

    Longs = npt.NDArray[np.int64]

NO_ROW = -1
NO_FOLDER = -1

LeftOut = Literal["not-read", "over-limit", "dangling-hard-link", "unknown-entry-type"]
"""Why an image is in no plan: not all of its layers were read whole; no engine could unpack its
tree; a hard link of it names nothing, so that no engine unpacks it; an entry of it is of a type
that nobody can write again."""


@dataclass(slots=True, repr=False)
class Entries:
    """The entries of images. Numbers of entries and folders go up from 0 as they are met.

    Attributes:
        ignore_times: Whether entries are equal that differ in their times alone: the first that was
            met stands for all of them.
        tables: File tables that entries are taken from, each DiffID once.
        diff_ids: Whose tables these are.
        names: For each entry its paths, sorted; a directory has one.
        table: For each entry the table that it is taken from, `NO_ROW` for a directory that none
            describes: it is mode 0755, owner 0:0, time 0.
        row: For each entry the row in that table; of a file with several names that of its inode.
        folder: For each entry that is a directory the number of its path, else `NO_FOLDER`.
        parents: For each folder the folder it lies in, `NO_FOLDER` at the top; the root is no
            folder.
        kept: For each image its entries that are no directories, its directories in which nothing
            lies, and its root if an entry describes that: what layers are made of. Ascending.
        folders: For each image its directories but the root, by number of the folder: entries.
        seen: For each table which of its rows are visible in any image, one byte for each.
        unlike_engines: For each image how many of its paths engines unpack otherwise than umoci;
            the tree is umoci's.
    """

    ignore_times: bool = False
    tables: list[FileColumns] = field(default_factory=list)
    diff_ids: list[str] = field(default_factory=list)
    names: list[tuple[bytes, ...]] = field(default_factory=list)
    table: array[int] = field(default_factory=lambda: array("q"))
    row: array[int] = field(default_factory=lambda: array("q"))
    folder: array[int] = field(default_factory=lambda: array("q"))
    parents: array[int] = field(default_factory=lambda: array("q"))
    kept: list[Longs] = field(default_factory=list)
    folders: list[tuple[Longs, Longs]] = field(default_factory=list)
    seen: list[bytearray] = field(default_factory=list)
    unlike_engines: list[int] = field(default_factory=list)
    _keys: dict[Hashable, int] = field(default_factory=dict)
    _metas: dict[Hashable, int] = field(default_factory=dict)
    _meta_of: list[dict[int, int]] = field(default_factory=list)
    _table_of: dict[str, int] = field(default_factory=dict)
    _folder_of: dict[bytes, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """How much there is."""
        return f"<Entries: {len(self.names)} of {len(self.kept)} images>"

    def add(self, layers: Sequence[tuple[str, FileColumns]]) -> LeftOut | None:
        """Takes in one image; gives back why it cannot be, and takes in nothing then.

        Args:
            layers: DiffID and file table of each layer, base first. Tables of one DiffID are equal.
        """
        import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

        try:
            tree = squash([columns for _, columns in layers])
        except OverLimitError:
            return "over-limit"
        for path, row in tree.rows.items():
            if row < 0:
                continue
            kind = tree.kinds[tree.inode(row)]
            if kind == HARDLINK:
                return "dangling-hard-link"
            if kind == OTHER or (path == ROOT and kind != DIR):
                return "unknown-entry-type"
        tables = [self._table(diff_id, columns) for diff_id, columns in layers]
        grouped = _groups(tree)
        occupied = {path.rpartition(b"/")[0] for path in tree.rows if path != ROOT}
        kept: list[int] = []
        folders: list[tuple[int, int]] = []
        for path, row in tree.rows.items():
            inode = tree.inode(row)
            if inode in grouped:
                continue
            entry = self._entry(tree, tables, (path,), row)
            folder = self.folder[entry]
            if folder != NO_FOLDER:
                folders.append((folder, entry))
            if folder != NO_FOLDER and path in occupied:
                continue
            kept.append(entry)
        kept += [self._entry(tree, tables, names, inode) for inode, names in grouped.items()]
        self.kept.append(np.array(sorted(kept), dtype=np.int64))
        pairs = np.array(sorted(folders), dtype=np.int64).reshape(-1, 2)
        self.folders.append((pairs[:, 0].copy(), pairs[:, 1].copy()))
        self.unlike_engines.append(len(tree.engine_differs))
        return None

    def content_bytes(self, entry: int) -> int:
        """Bytes of a regular file's content, 0 for all else."""
        table, row = self.table[entry], self.row[entry]
        return 0 if table == NO_ROW else self.tables[table].size_bytes[row]

    def parts(self, entries: Iterable[int]) -> list[tuple[int, TarPart]]:
        """How a tar of entries is written: directories by path, then each table's, rows ascending.

        Each part comes with its table, `NO_ROW` for the directories, which need none.
        """
        directories: list[int] = []
        others: dict[int, list[int]] = {}
        for entry in entries:
            if self.is_directory(entry):
                directories.append(entry)
            else:
                others.setdefault(self.table[entry], []).append(entry)
        parts: list[tuple[int, TarPart]] = []
        if directories:
            directories.sort(key=self.names.__getitem__)
            parts.append((NO_ROW, self._directories(directories)))
        for table in sorted(others):
            rows: list[int] = []
            paths: list[bytes] = []
            links: dict[int, bytes] = {}
            for entry in sorted(others[table], key=self.row.__getitem__):
                first = self.names[entry][0]
                for path in self.names[entry]:
                    if path != first:
                        links[len(rows)] = first
                    rows.append(self.row[entry])
                    paths.append(path)
            parts.append((table, TarPart(self.tables[table], rows, paths, links)))
        return parts

    def is_directory(self, entry: int) -> bool:
        """Whether an entry is a directory, the root included."""
        return self.folder[entry] != NO_FOLDER or self.names[entry][0] == ROOT

    def is_file(self, entry: int) -> bool:
        """Whether an entry is a regular file."""
        table = self.table[entry]
        return table != NO_ROW and self.tables[table].kinds[self.row[entry]] == FILE

    def tar_bytes(self) -> Longs:
        """For each entry the bytes that it adds to a tar: headers, content, padding; all names."""
        import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

        found = np.zeros(len(self.names), dtype=np.int64)
        by_table: dict[int, list[int]] = {}
        for entry, table in enumerate(self.table):
            by_table.setdefault(table, []).append(entry)
        for table, entries in by_table.items():
            if table == NO_ROW:
                found[entries] = member_bytes(self._directories(entries))
                continue
            rows = [self.row[entry] for entry in entries for _ in self.names[entry]]
            paths = [path for entry in entries for path in self.names[entry]]
            owners = [entry for entry in entries for _ in self.names[entry]]
            links = {
                at: self.names[entry][0]
                for at, entry in enumerate(owners)
                if paths[at] != self.names[entry][0]
            }
            sizes = member_bytes(TarPart(self.tables[table], rows, paths, links))
            np.add.at(found, owners, sizes)
        return found

    def _table(self, diff_id: str, columns: FileColumns) -> int:
        table = self._table_of.get(diff_id)
        if table is None:
            table = self._table_of[diff_id] = len(self.tables)
            self.tables.append(columns)
            self.diff_ids.append(diff_id)
            self.seen.append(bytearray(len(columns)))
            self._meta_of.append({})
        return table

    def _entry(
        self, tree: Squashed, tables: Sequence[int], names: tuple[bytes, ...], row: int
    ) -> int:
        layer, at = tree.place(row)
        table = tables[layer] if row >= 0 else NO_ROW
        if row >= 0:
            self.seen[table][at] = 1
        meta = self._meta(table, at)
        entry = self._keys.get((names, meta))
        if entry is None:
            entry = self._keys[names, meta] = len(self.names)
            self.names.append(names)
            self.table.append(table)
            self.row.append(at)
            directory = tree.kind(row) == "dir" and names[0] != ROOT
            self.folder.append(self._folder(names[0]) if directory else NO_FOLDER)
        return entry

    def _meta(self, table: int, row: int) -> int:
        """A number for all that an entry is, but for its names."""
        if table == NO_ROW:
            return self._metas.setdefault((DIR, IMPLIED_MODE, 0, 0, 0, ()), len(self._metas))
        known = self._meta_of[table].get(row)
        if known is not None:
            return known
        columns = self.tables[table]
        kind = columns.kinds[row]
        key: tuple[object, ...] = (
            kind,
            columns.modes[row],
            columns.uids[row],
            columns.gids[row],
            0 if self.ignore_times else columns.mtimes_ns[row],
            columns.xattrs.get(row, ()),
        )
        if kind == FILE:
            content = columns.content(row)
            what = (table, row) if content is None else (columns.hashed, content)
            key += (columns.size_bytes[row], what)
        elif kind == SYMLINK:
            key += (columns.links.get(row),)
        elif kind != DIR:
            key += (columns.devices.get(row),)
        number = self._metas.setdefault(key, len(self._metas))
        self._meta_of[table][row] = number
        return number

    def _folder(self, path: bytes) -> int:
        """The number of a folder, and of all above it."""
        todo = []
        while path and path not in self._folder_of:
            todo.append(path)
            path = path.rpartition(b"/")[0]
        for one in reversed(todo):
            self._folder_of[one] = len(self.parents)
            self.parents.append(self._folder_of.get(one.rpartition(b"/")[0], NO_FOLDER))
        return self._folder_of[todo[0] if todo else path]

    def holders(self, entry: int) -> set[int]:
        """The folders that the names of an entry lie in; none for what lies at the top."""
        above = {path.rpartition(b"/")[0] for path in self.names[entry]}
        return {self._folder_of[path] for path in above if path}

    def _directories(self, entries: Sequence[int]) -> TarPart:
        """Directories as one table of their own, in the order given."""
        columns = FileColumns(hashed=None)
        for number, entry in enumerate(entries):
            table, row = self.table[entry], self.row[entry]
            columns.names += self.names[entry][0][1:] + b"\0"
            columns.kinds.append(DIR)
            columns.size_bytes.append(0)
            columns.offsets.append(0)
            columns.contents += bytes(32)
            owner = (IMPLIED_MODE, 0, 0, 0)
            if table != NO_ROW:
                source = self.tables[table]
                owner = (
                    source.modes[row],
                    source.uids[row],
                    source.gids[row],
                    source.mtimes_ns[row],
                )
                if row in source.xattrs:
                    columns.xattrs[number] = source.xattrs[row]
            columns.modes.append(owner[0])
            columns.uids.append(owner[1])
            columns.gids.append(owner[2])
            columns.mtimes_ns.append(owner[3])
        return TarPart(columns, range(len(entries)), [self.names[one][0] for one in entries])


def _groups(tree: Squashed) -> Mapping[int, tuple[bytes, ...]]:
    """The inodes that have been linked to, each with all names that still resolve to it."""
    names: dict[int, list[bytes]] = {}
    if not tree.inodes:
        return {}
    linked = set(tree.inodes.values())
    for path, row in tree.rows.items():
        inode = tree.inodes.get(row, row)
        if inode in linked:
            names.setdefault(inode, []).append(path)
    return {inode: tuple(sorted(paths)) for inode, paths in names.items()}
