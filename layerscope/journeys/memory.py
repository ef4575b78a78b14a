"""What a run takes from the catalog, and what it gives back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from layerscope.catalog.identity import sighting
from layerscope.catalog.records import StoredLayer
from layerscope.catalog.table_file import decode
from layerscope.files.scan_layer import LayerScan
from layerscope.oci.digest import DiffID, Digest
from layerscope.sources.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layerscope.catalog.identity import Sighting
    from layerscope.catalog.store import Catalog
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits

Copy = TypeVar("Copy")
"""Whatever names one stored copy of a layer."""


@dataclass(slots=True)
class Memory:
    """The catalog for one run.

    Attributes:
        catalog: Where things are kept.
        limits: Of the run: a layer beyond them is not remembered, so that it is refused as ever.
        verify: Whether everything is read and checked again, as if nothing were known.
        packages: Whether it is worth loading what files said of packages.
    """

    catalog: Catalog
    limits: Limits = DEFAULT_LIMITS
    verify: bool = False
    packages: bool = False
    _files: dict[str, Sighting | None] = field(default_factory=dict)
    _archives: dict[str, dict[tuple[int, int], StoredLayer]] = field(default_factory=dict)
    _tables: dict[str, bytes | None] = field(default_factory=dict)
    _scans: dict[str, LayerScan | None] = field(default_factory=dict)
    _learnt: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, catalog: Catalog | None, limits: Limits, *, verify: bool, packages: bool
    ) -> Memory | None:
        """The memory of a run; None if it has no catalog.

        Neither has one with limits that are not in a table's numbers: what such a run finds may be
        different from what others find.
        """
        usual = replace(
            DEFAULT_LIMITS,
            document_bytes=limits.document_bytes,
            images=limits.images,
            layers=limits.layers,
            index_depth=limits.index_depth,
            members=limits.members,
            entries=limits.entries,
            layer_bytes=limits.layer_bytes,
            spool_bytes=limits.spool_bytes,
        )
        if catalog is None or limits != usual:
            return None
        return cls(catalog, limits, verify, packages)

    def recognised(self, copies: Mapping[Copy, Layer]) -> dict[Copy, StoredLayer]:
        """What those copies are that need not be read. To be asked first, before any is read."""
        found = ((copy, self._recognised(layer)) for copy, layer in copies.items())
        return {copy: stored for copy, stored in found if stored is not None}

    def remembered(self, recognised: Mapping[Copy, StoredLayer]) -> dict[Copy, LayerScan]:
        """The scans of copies that need not be read; a copy without one has to be, after all."""
        found = {}
        for copy, stored in recognised.items():
            scan = self.scan(stored.diff_id)
            if scan is not None:
                found[copy] = replace(
                    scan,
                    digest=Digest.parse(stored.digest),
                    compressed_bytes=stored.size,
                    compression=stored.compression,
                    remembered=True,
                )
        return found

    def given(self, groups: Iterable[object]) -> dict[object, LayerScan]:
        """By DiffID the scans of those that are known, whatever copy is read."""
        found = ((at, self.scan(str(at))) for at in groups if isinstance(at, Digest))
        return {at: scan for at, scan in found if scan is not None}

    def has_table_of(self, layer: Layer) -> bool:
        """Whether the table of what a layer claims to be is there and whole."""
        return layer.diff_id is not None and self.has_table(str(layer.diff_id))

    def _recognised(self, layer: Layer) -> StoredLayer | None:
        """What the stored bytes of a layer are, if their archive is known and was not changed.

        None if the layer claims to be another one: it is read then, and found to be wrong.
        """
        region = layer.region
        if region is None or region.path is None:
            return None
        path = region.path
        if path not in self._files:
            self._files[path] = seen = sighting(path)
            self._archives[path] = (
                self.catalog.layers_of(path, seen.identity) if seen is not None else {}
            )
        found = None if self.verify else self._archives[path].get((region.offset, region.size))
        if found is None or layer.size not in (None, region.size):
            return None
        if layer.digest is not None and str(layer.digest) != found.digest:
            return None
        if layer.diff_id is not None and str(layer.diff_id) != found.diff_id:
            return None
        return found if self.has_table(found.diff_id) else None

    def has_table(self, diff_id: str) -> bool:
        """Whether the table of a layer is there and whole."""
        if self.verify:
            return False
        if diff_id not in self._tables:
            self._tables[diff_id] = self.catalog.table(diff_id)
        return self._tables[diff_id] is not None

    def unpacks_to(self, layer: Layer) -> bool:
        """Whether it is known that a blob with the digest of this layer unpacks to its DiffID."""
        if self.verify or layer.digest is None or layer.diff_id is None:
            return False
        known = self.catalog.blob(str(layer.digest))
        return known is not None and known.diff_id == str(layer.diff_id)

    def scan(self, diff_id: str) -> LayerScan | None:
        """What was found out about a layer, its table with it; the same object each time.

        None if there is nothing, or it is beyond the limits of this run. What it says of the blob
        is to be replaced.
        """
        if diff_id not in self._scans:
            self._scans[diff_id] = self._scan(diff_id) if self.has_table(diff_id) else None
            self._tables.pop(diff_id, None)
        return self._scans[diff_id]

    def _scan(self, diff_id: str) -> LayerScan | None:
        data = self._tables[diff_id]
        found = decode(data) if data is not None else None
        if found is None:
            return None
        numbers, columns = found
        limits = self.limits
        if numbers.uncompressed_bytes > limits.layer_bytes or numbers.entries > limits.entries:
            return None
        self.catalog.recall_beginnings(diff_id, columns)
        if self.packages:
            self.catalog.recall_packages(diff_id, columns)
        self._learnt[diff_id] = (len(columns.beginnings), len(columns.evidence))
        digest = Digest.parse(diff_id)
        return LayerScan(
            digest=digest,
            diff_id=DiffID(digest),
            compressed_bytes=numbers.uncompressed_bytes,
            uncompressed_bytes=numbers.uncompressed_bytes,
            content_bytes=numbers.content_bytes,
            snapshot_bytes=numbers.snapshot_bytes,
            entries=numbers.entries,
            files=numbers.files,
            compression="none",
            columns=columns,
            notes=numbers.notes,
        )

    def keep(self, read: Iterable[tuple[Layer, LayerScan]]) -> None:
        """Give the catalog what this run found out.

        Args:
            read: Each layer that is whole with what is known of it, remembered ones too.
        """
        found = list(read)
        self._keep_archives(found)
        seen = set()
        for _, scan in found:
            diff_id = str(scan.diff_id)
            if scan.compression != "none" and not scan.remembered:
                self.catalog.keep_blob(str(scan.digest), diff_id, scan.compression)
            if diff_id in seen or scan.columns is None:
                continue
            seen.add(diff_id)
            known = self._scans.get(diff_id)
            if known is None or known.columns is not scan.columns:
                self.catalog.keep_table(diff_id, scan)
            beginnings, evidence = self._learnt.get(diff_id, (0, 0))
            columns = scan.columns
            if len(columns.beginnings) > beginnings:
                self.catalog.keep_beginnings(diff_id, columns)
            if len(columns.evidence) > evidence:
                self.catalog.keep_packages(diff_id, columns)

    def _keep_archives(self, found: list[tuple[Layer, LayerScan]]) -> None:
        """Put down what is in each archive that has not changed since before it was read."""
        new: defaultdict[str, dict[tuple[int, int], StoredLayer]] = defaultdict(dict)
        for layer, scan in found:
            region = layer.region
            if region is None or region.path is None or scan.remembered:
                continue
            new[region.path][region.offset, region.size] = StoredLayer(
                offset=region.offset,
                size=region.size,
                digest=str(scan.digest),
                diff_id=str(scan.diff_id),
                compression=scan.compression,
            )
        for path, layers in new.items():
            before = self._files.get(path)
            after = sighting(path)
            if before is None or after is None or before.identity != after.identity:
                continue
            if before.is_settled():
                merged = {**self._archives[path], **layers}
                ordered = [merged[place] for place in sorted(merged)]
                self.catalog.keep_layers(path, before.identity, ordered)
