"""An image of a report, asked for its numbers and for what they are made of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError
from layerscope.gate.measured import Measured, StoredLayer
from layerscope.gate.metrics import METRICS
from layerscope.gate.report_checks import refuse_impossible
from layerscope.gate.report_layers import (
    LAYERED,
    base_layers,
    layers_of_part,
    layers_of_scope,
    not_measured,
    pieces_by_layer,
    pieces_of,
    sum_of,
)
from layerscope.gate.report_numbers import junk_pieces, whole
from layerscope.gate.report_splits import EVIDENCE, Splits, composition
from layerscope.gate.report_tables import UNREADABLE, ReportTables
from layerscope.report.answers import image_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from layerscope.gate.measured import Composition, Part
    from layerscope.gate.policy import Scope
    from layerscope.gate.report_paths import Stored
    from layerscope.gate.report_tables import PackageRow, VisibleFiles
    from layerscope.report.answers import ImageName
    from layerscope.report.document import ImageRow, ImageSharing, Report

    Number = int | float | None

SIZES = (
    "compressed_bytes",
    "uncompressed_bytes",
    "content_bytes",
    "visible_bytes",
    "wasted_bytes",
    "efficiency",
    "files",
    "layers",
)
"""The numbers that a table of images shows; `packages` too where the report has them."""

NO_ROWS = "the report's table of {0} does not have the image"
NO_TABLE = "the report has no table of {0}; analyze --tables {0} writes one"
UNREADABLE_PACKAGES = "a database of packages could not be read; the report's table names it"


class ReportSubject:
    """A `gate.measured.Subject` over one image of a report.

    A path's bytes are those of the visible files that fit, each inode once and under its first
    name, and of hidden copies that were stored there; a pattern that fits a folder counts all in
    it. Where no path or package fits, the number is 0: what is forbidden is often not there. Where
    no instruction or layer fits there is no number.

    Splits by instruction have a piece for each layer that the number is about, with the raw
    `created_by`, empty where there is none. Those by path and package split what `EVIDENCE` says;
    they are there if the report has the tables, or if hidden copies alone are asked for. A split
    whose pieces do not sum to the number, as in a report that was tampered with, is left out.

    Args:
        row: The image.
        position: Of the image in the report.
        shared: What it shares with others; None if the report does not say.
        tables: Of the report; several subjects may have the same.
    """

    def __init__(
        self, row: ImageRow, position: int, shared: ImageSharing | None, tables: ReportTables
    ) -> None:
        self._row = row
        self._position = position
        self._shared = shared
        self._tables = tables

    @cached_property
    def name(self) -> ImageName:
        """Which image it is."""
        return image_name(self._row)

    @property
    def created(self) -> str | None:
        """When it was made, as its config says; None if it does not."""
        return self._row.created

    @cached_property
    def layers(self) -> Sequence[StoredLayer]:
        """Its layers from the base up."""
        return tuple(map(StoredLayer.of, self._row.layers))

    @property
    def base_layers(self) -> int | None:
        """How many layers are those of the base; likely guesses count. None if nothing tells."""
        return base_layers(self._row)

    @property
    def base_is_guess(self) -> bool:
        """Whether nothing but marks in the history says so."""
        return self._row.base is not None and self._row.base.likely

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        """A number of the image, of a part of it, or of only its own or its base's layers.

        Raises: `UsageError` if a pattern on paths is none; `BadDocumentError` if a table is asked
            for that is damaged.
        """
        among = layers_of_part(self._row, part)
        if scope.kind not in METRICS[metric].scopes:
            among = f"{metric} is not known of this part of an image"
        if isinstance(among, str):
            return Measured(None, among)
        if scope.kind == "path":
            return self._of_paths(metric, scope.pattern, among)
        if scope.kind == "package":
            return self._of_packages(metric, scope.pattern, part)
        if scope.kind == "image":
            return self._of_image(metric) if part == "all" else self._of_part(metric, among)
        found = layers_of_scope(self._row, scope)
        if isinstance(found, str):
            return Measured(None, found)
        return self._of_layers(metric, [index for index in found if index in among])

    def contents(self) -> dict[str, int] | None:
        """The sizes of the visible files' contents by digest; None without them.

        Raises: `BadDocumentError` if the table of files is damaged.
        """
        files = self._files()
        if files is None or None in files.contents:
            return None
        found: dict[str, int] = {}
        for content, size in zip(files.contents, files.sizes, strict=True):
            if content is not None and found.setdefault(content, size) != size:
                raise BadDocumentError("tables.files: expected one size of a content", "report")
        return found

    def places_of_contents(self) -> dict[str, tuple[str, int]]:
        """For each content the first visible path that has it, and the layer that stores it.

        Raises: as `contents` does.
        """
        found: dict[str, tuple[str, int]] = {}
        files = self._files()
        if files is not None:
            rows = zip(files.contents, files.paths, files.layers, strict=True)
            for content, path, layer in rows:
                if content is not None and (content not in found or path < found[content][0]):
                    found[content] = (path, layer)
        return found

    def sizes(self) -> dict[str, Number]:
        """The whole image's numbers by metric; `packages` only where the report has them."""
        found = {name: self._of_image(name).value for name in SIZES}
        packages = self._of_image("packages").value
        return found if packages is None else found | {"packages": packages}

    def why_no(self, table: str) -> str:
        """Why a table does not tell of the image, where it does not."""
        if self._row.visible_bytes is None:
            return not_measured(self._row)
        return (NO_ROWS if self._tables.has(table) else NO_TABLE).format(table)

    def _files(self) -> VisibleFiles | None:
        return self._tables.files(self._position)

    def _packages(self) -> list[PackageRow] | str:
        """The packages, or why their numbers are not known."""
        rows = self._tables.packages(self._position)
        if rows is None:
            return self.why_no("packages")
        if any(row.kind == UNREADABLE for row in rows):
            return UNREADABLE_PACKAGES
        return rows

    def _of_image(self, metric: str) -> Measured:
        if metric == "packages":
            return self._of_packages(metric, "*")
        value, reason = whole(self._row, self._shared, metric)
        if not isinstance(value, int):
            # An efficiency is explained by what is wasted, other ratios by nothing.
            wasted = self._row.wasted_bytes if metric == "efficiency" else None
            if value is None or wasted is None:
                return Measured(value, reason)
            return Measured(value, reason, Splits(lambda: self._by_cause_and_path(wasted)))
        return Measured(value, reason, Splits(lambda: self._splits(metric, value)))

    def _of_part(self, metric: str, among: Sequence[int]) -> Measured:
        if metric not in LAYERED:
            return Measured(None, f"{metric} is known of the whole image only")
        return self._of_layers(metric, among)

    def _of_layers(self, metric: str, among: Sequence[int]) -> Measured:
        value = sum_of(self._row, metric, among)
        if value is None:
            return Measured(None, not_measured(self._row))
        return Measured(value, "", Splits(lambda: self._splits(metric, value, among)))

    def _by_cause_and_path(self, wasted: int) -> Iterator[Composition | None]:
        return self._evidence("wasted_bytes", wasted, range(len(self._row.layers)))

    def _splits(
        self, metric: str, value: int, among: Sequence[int] | None = None
    ) -> Iterator[Composition | None]:
        """The splits of a number of some layers, or of the image if `among` is None."""
        row = self._row
        layers = range(len(row.layers)) if among is None else among
        if metric in LAYERED:
            yield composition("instruction", metric, value, pieces_of(row, metric, layers))
        if metric == "duplicate_bytes":
            from layerscope.gate.report_paths import duplicate_pieces  # noqa: PLC0415 - the same

            yield composition("path", metric, value, duplicate_pieces(row.duplicates or ()))
        if metric == "junk_bytes":
            yield composition("cause", metric, value, junk_pieces(row.junk or ()))
        evidence = EVIDENCE.get(metric)
        if evidence is None:
            return
        total = value if evidence == metric else sum_of(row, evidence, layers)
        if total is None:
            return
        if among is None:
            rows = self._tables.packages(self._position)
            if rows is not None:
                from layerscope.gate.report_packages import pieces  # noqa: PLC0415 - the same

                yield composition("package", evidence, total, pieces(evidence, rows))
        yield from self._evidence(evidence, total, layers)

    def _evidence(
        self, metric: str, total: int, among: Collection[int]
    ) -> Iterator[Composition | None]:
        """The splits by path, and of hidden bytes by cause, as far as the report tells them."""
        from layerscope.gate import report_paths as paths  # noqa: PLC0415 - few are looked at

        found = self._stored(metric, among)
        if isinstance(found, str):
            return
        if metric == "wasted_bytes":
            yield composition("cause", metric, total, paths.cause_pieces(found.hidden))
        yield composition("path", metric, total, found.pieces())

    def _stored(self, metric: str, among: Collection[int], pattern: str = "") -> Stored | str:
        """The files and hidden copies that a number is about, or why they are not known."""
        from layerscope.gate import report_paths as paths  # noqa: PLC0415 - few are looked at

        files = self._files() if metric in paths.NEEDS_FILES else None
        if files is None and metric in paths.NEEDS_FILES:
            return self.why_no("files")
        waste = self._row.waste if metric in paths.NEEDS_WASTE else ()
        if waste is None:
            return not_measured(self._row)
        return paths.stored(metric, files, waste, among, pattern)

    def _of_paths(self, metric: str, pattern: str, among: Collection[int]) -> Measured:
        found = self._stored(metric, among, pattern)
        if isinstance(found, str):
            return Measured(None, found)
        self._check_waste()
        value = found.total()
        return Measured(
            value, "", Splits(lambda: self._splits_of_paths(metric, value, found, among))
        )

    def _splits_of_paths(
        self, metric: str, value: int, found: Stored, among: Iterable[int]
    ) -> Iterator[Composition | None]:
        from layerscope.gate.report_paths import cause_pieces  # noqa: PLC0415 - few are looked at

        by_layer = pieces_by_layer(self._row, found.by_layer(among))
        yield composition("instruction", metric, value, by_layer)
        if metric == "wasted_bytes":
            yield composition("cause", metric, value, cause_pieces(found.hidden))
        yield composition("path", metric, value, found.pieces())

    def _check_waste(self) -> None:
        """Raises: `BadDocumentError` if hidden copies do not sum to what the image wastes."""
        row = self._row
        known = [each.bytes for each in row.waste or () if 0 <= each.layer < len(row.layers)]
        if row.waste is not None and sum(known) != row.wasted_bytes:
            raise BadDocumentError(
                f"waste: expected {row.wasted_bytes} bytes, found {sum(known)}", "report"
            )

    def _of_packages(self, metric: str, pattern: str, part: Part = "all") -> Measured:
        if part != "all":
            return Measured(None, "packages are known of the whole image only")
        rows = self._packages()
        if isinstance(rows, str):
            return Measured(None, rows)
        from layerscope.gate import report_packages as packages  # noqa: PLC0415 - few budgets ask

        chosen = packages.fitting(pattern, rows)
        value = packages.amount_of(metric, chosen)
        return Measured(
            value,
            "",
            Splits(
                lambda: [composition("package", metric, value, packages.pieces(metric, chosen))]
            ),
        )


def subjects_of(report: Report) -> list[ReportSubject]:
    """One subject for each image of the report, in order; tables are read when asked for.

    Raises: `BadDocumentError` if a number in it cannot be.
    """
    refuse_impossible(report)
    tables = ReportTables(report)
    shared = report.sharing.images
    known = len(shared) == len(report.images)
    return [
        ReportSubject(row, position, shared[position] if known else None, tables)
        for position, row in enumerate(report.images)
    ]
