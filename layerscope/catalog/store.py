"""The catalog: what was found out about layers, kept between runs, by what it is about.

Below its place, in a folder for each version of the schema:

- `tables/`: for each DiffID its file table and numbers, a Parquet file (`catalog.table_file`);
- `beginnings/`, `packages/`: for a DiffID what later questions read of single files;
- `blobs/`: for the digest of a compressed blob the DiffID of what it unpacks to;
- `archives/`: for the path of an archive which bytes of it are which layer.

Whatever is not there, damaged, or of another version is a miss. What cannot be written or reached
is a line of `problems` and never an error: a run without its catalog only takes longer.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import msgspec
from blake3 import blake3

from layerscope.catalog import table_file
from layerscope.catalog.places import Folder, Nowhere, place_at
from layerscope.catalog.records import (
    ArchiveRecord,
    Beginnings,
    BlobRecord,
    PackageEvidence,
    StoredLayer,
    packed,
    unpacked,
)
from layerscope.catalog.seal import SCHEMA
from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from layerscope.catalog.identity import Identity
    from layerscope.catalog.places import Place
    from layerscope.files.columns import FileColumns
    from layerscope.files.scan_layer import LayerScan

Record = TypeVar("Record", bound=msgspec.Struct)

MOST_LEARNT_BYTES = 256 * 1024 * 1024
"""What was learnt of one layer's packages is not kept if it is more than this."""


def default_folder() -> str | None:
    """Where this user's catalog is: below the folder that the system has for such things.

    None if the system does not say: not every user has a home.
    """
    from platformdirs import user_cache_dir  # noqa: PLC0415 - only who keeps a catalog pays

    try:
        cache = user_cache_dir("layerscope", appauthor=False)
    except RuntimeError:
        return None
    # Some versions say `~/.cache` then, which must not become a folder of that name somewhere.
    return os.path.join(cache, "catalog") if os.path.isabs(cache) else None


class Catalog:
    """What is known of layers from earlier runs. Two processes may use one place at once.

    Attributes:
        place: Where the objects lie.
        archives: Where those about archives lie: always on this machine, since a path and an inode
            mean nothing on another one.
        problems: What did not work, one line for each reason; nothing where `asked` is unset.
    """

    def __init__(self, place: Place, archives: Place | None = None, *, asked: bool = True) -> None:
        """Use a place; `archives` is the same one if it is a folder.

        `asked` says whether somebody asked for a catalog, and wants to know what does not work.
        """
        self.place = place
        self.archives = archives or place
        self._asked = asked
        self.problems: list[str] = []

    @classmethod
    def at(cls, text: str | None = None) -> Catalog:
        """The catalog in a folder or at a URL of fsspec; None is `default_folder`.

        Of one that nobody asked for nobody is told what does not work in it: a machine without a
        folder to write to is not at fault.

        Raises: `UsageError` for a URL that fsspec does not know, and if a user without a cache
            folder names no place.
        """
        if text is None:
            folder = default_folder()
            if folder is None:
                raise UsageError("this user has no cache folder", hint="--catalog DIR says where")
            return cls(Folder(folder), asked=False)
        place = place_at(text)
        if isinstance(place, Folder):
            return cls(place)
        folder = default_folder()
        return cls(place, Nowhere() if folder is None else Folder(folder))

    def table(self, diff_id: str) -> bytes | None:
        """The sealed table of a layer, whole; `table_file.decode` reads it."""
        data = self._read(self.place, _name("tables", diff_id))
        return data if data is not None and table_file.is_table(data, diff_id) else None

    def arrow(self, diff_id: str) -> pa.Table | None:
        """The table of a layer as Arrow has it, columns as in `table_file.COLUMNS`."""
        data = self.table(diff_id)
        return None if data is None else table_file.to_arrow(data)

    def keep_table(self, diff_id: str, scan: LayerScan) -> None:
        """Put down what a scan found. A table that the format does not hold is left out."""
        if scan.columns is None:
            return
        numbers = table_file.Numbers(
            uncompressed_bytes=scan.uncompressed_bytes,
            content_bytes=scan.content_bytes,
            snapshot_bytes=scan.snapshot_bytes,
            entries=scan.entries,
            files=scan.files,
            notes=scan.notes,
        )
        try:
            data = table_file.encode(diff_id, numbers, scan.columns)
        except table_file.Unstorable:
            return
        self._write(self.place, _name("tables", diff_id), data)

    def blob(self, digest: str) -> BlobRecord | None:
        """What the compressed blob of that digest unpacks to."""
        return self._record(self.place, "blobs", digest, BlobRecord)

    def keep_blob(self, digest: str, diff_id: str, compression: str) -> None:
        """Put down what a verified blob unpacks to."""
        self._keep(self.place, "blobs", digest, BlobRecord(diff_id, compression))

    def layers_of(self, path: str, identity: Identity) -> dict[tuple[int, int], StoredLayer]:
        """The layers of an archive, by offset and size, if it is still the one that was read."""
        record = self._record(self.archives, "archives", _path_key(path), ArchiveRecord)
        if record is None or not record.is_of(identity):
            return {}
        return {(layer.offset, layer.size): layer for layer in record.layers}

    def keep_layers(self, path: str, identity: Identity, layers: Iterable[StoredLayer]) -> None:
        """Put down which bytes of an archive are which layer."""
        record = ArchiveRecord(
            identity.size, identity.mtime_ns, identity.ctime_ns, identity.inode, tuple(layers)
        )
        self._keep(self.archives, "archives", _path_key(path), record)

    def recall_beginnings(self, diff_id: str, columns: FileColumns) -> None:
        """Put what is known of beginnings of files into the table of a layer."""
        record = self._record(self.place, "beginnings", diff_id, Beginnings)
        if record is not None:
            columns.beginnings.update({(row, size): digest for row, size, digest in record.rows})

    def keep_beginnings(self, diff_id: str, columns: FileColumns) -> None:
        """Put down what the table of a layer knows of beginnings of files."""
        rows = tuple((row, size, digest) for (row, size), digest in columns.beginnings.items())
        self._keep(self.place, "beginnings", diff_id, Beginnings(rows))

    def recall_packages(self, diff_id: str, columns: FileColumns) -> None:
        """Put what files said of packages into the table of a layer."""
        record = self._record(self.place, "packages", diff_id, PackageEvidence)
        if record is not None:
            columns.evidence.update({(row, path): said for row, path, said in record.rows})

    def keep_packages(self, diff_id: str, columns: FileColumns) -> None:
        """Put down what the table of a layer knows of packages."""
        rows = tuple((row, path, said) for (row, path), said in columns.evidence.items())
        self._keep(self.place, "packages", diff_id, PackageEvidence(rows))

    def _record(self, place: Place, kind: str, key: str, wanted: type[Record]) -> Record | None:
        data = self._read(place, _name(kind, key))
        return None if data is None else unpacked(data, kind, key, wanted)

    def _keep(self, place: Place, kind: str, key: str, record: msgspec.Struct) -> None:
        try:
            data = packed(record, kind, key)
        except UnicodeEncodeError:
            # A lone surrogate in a text: no reader of package databases makes one today.
            return
        if len(data) <= MOST_LEARNT_BYTES:
            self._write(place, _name(kind, key), data)

    def _read(self, place: Place, name: str) -> bytes | None:
        try:
            return place.read(name)
        except OSError as error:
            self._problem("cannot be read", error)
            return None

    def _write(self, place: Place, name: str, data: bytes) -> None:
        try:
            place.write(name, data)
        except OSError as error:
            self._problem("cannot be written", error)

    def _problem(self, what: str, error: OSError) -> None:
        line = f"the catalog {what}: {shown(error.strerror or error)}"
        if self._asked and line not in self.problems:
            self.problems.append(line)


def _name(kind: str, key: str) -> str:
    """`1/tables/9f/sha256-9f86….parquet`: folders stay small, and names are those of digests."""
    end = ".parquet" if kind == "tables" else ""
    algorithm, _, hexadecimal = key.rpartition(":")
    base = f"{algorithm}-{hexadecimal}" if algorithm else hexadecimal
    return f"{SCHEMA}/{kind}/{hexadecimal[:2]}/{base}{end}"


def _path_key(path: str) -> str:
    """The path itself is nobody's business who can read the catalog."""
    return blake3(os.fsencode(os.path.realpath(path))).hexdigest()
