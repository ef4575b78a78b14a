"""The tables `files` and `packages` of a report, image by image, read when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, groupby
from typing import TYPE_CHECKING, TypeVar, cast

from layerscope.errors import BadDocumentError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from layerscope.report.document import ImageRow, Report

    Cell = int | float | str | None
    Ranges = dict[Cell, list[range]]

UNOWNED, UNREADABLE = "unowned", "unknown"
"""Kinds of rows of the table `packages` that are no package: see `journeys.package_table`."""

_FILES = ("path", "kind", "size_bytes", "content", "linked_to", "layer")
_TEXTS = ("kind", "name", "version")
_PURLS = ("purl", "state")
_COUNTS = ("files", "visible_bytes", "hidden_bytes")
_PACKAGES = (*_TEXTS, *_PURLS, *_COUNTS)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VisibleFiles:
    """The regular files that a container sees, in parallel lists sorted as the table is.

    A file with several names is there once, under the first of them.

    Attributes:
        paths: Absolute and clean.
        sizes: In bytes.
        layers: Index of the layer that stores it.
        contents: Digests such as `blake3:…`; None where a file was not hashed.
    """

    paths: list[str]
    sizes: list[int]
    layers: list[int]
    contents: list[str | None]


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One row of the table `packages`: a package, or what is `unowned` or `unknown`."""

    kind: str
    name: str
    version: str
    purl: str | None
    state: str | None
    files: int
    visible_bytes: int
    hidden_bytes: int

    @property
    def is_package(self) -> bool:
        """Whether it is one."""
        return self.kind not in (UNOWNED, UNREADABLE)


class ReportTables:
    """What the tables of a report say of each of its images, by position; each is read once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._files: dict[int, VisibleFiles | None] = {}
        self._packages: dict[int, list[PackageRow] | None] = {}

    def has(self, table: str) -> bool:
        """Whether the report has the table at all."""
        return table in self._report.tables

    def files(self, position: int) -> VisibleFiles | None:
        """The visible files of an image; None if the table does not have them.

        An image without files has no rows, and is known only if its report says that it shows no
        byte.

        Raises: `BadDocumentError` if the table is not as `report.file_table` describes it, or does
            not sum to what the image shows.
        """
        return _once(self._files, position, self._read_files)

    def packages(self, position: int) -> list[PackageRow] | None:
        """The packages of an image; None if the table does not have them.

        Raises: `BadDocumentError`, as for files.
        """
        return _once(self._packages, position, self._read_packages)

    @cached_property
    def _file_rows(self) -> Ranges:
        return self._ranges("files", _FILES)

    @cached_property
    def _package_rows(self) -> Ranges:
        return self._ranges("packages", _PACKAGES)

    def _ranges(self, name: str, columns: Sequence[str]) -> Ranges:
        """The rows of each image. Raises: `BadDocumentError` if columns are not there or ragged."""
        table = self._report.tables[name]
        for column in ("image", *columns):
            if column not in table:
                raise BadDocumentError(f"tables.{name}: expected a column {column}, found none")
            if len(table[column]) != len(table["image"]):
                raise BadDocumentError(f"tables.{name}: expected columns of one length")
        found: Ranges = {}
        start = 0
        for image, run in groupby(table["image"]):
            end = start + sum(1 for _ in run)
            found.setdefault(image, []).append(range(start, end))
            start = end
        return found

    def _cells(self, name: str, column: str, ranges: Iterable[range]) -> list[Cell]:
        cells = self._report.tables[name][column]
        return list(chain.from_iterable(cells[rows.start : rows.stop] for rows in ranges))

    def _read_files(self, position: int) -> VisibleFiles | None:
        image = self._report.images[position]
        if not self.has("files") or image.visible_bytes is None:
            return None
        ranges = self._file_rows.get(position)
        if ranges is None:
            return VisibleFiles([], [], [], []) if image.visible_bytes == 0 else None
        path, kind, size, content, linked_to, layer = (
            self._cells("files", column, ranges) for column in _FILES
        )
        seen = [a == "file" and b is None for a, b in zip(kind, linked_to, strict=True)]
        found = VisibleFiles(
            cast("list[str]", list(compress(path, seen))),
            cast("list[int]", list(compress(size, seen))),
            cast("list[int]", list(compress(layer, seen))),
            cast("list[str | None]", list(compress(content, seen))),
        )
        fault = _fault_of_files(found, len(image.layers))
        if not fault and sum(found.sizes) != image.visible_bytes:
            fault = f"expected {image.visible_bytes} visible bytes, found {sum(found.sizes)}"
        if fault:
            raise BadDocumentError(f"tables.files: {fault}", _place(image))
        return found

    def _read_packages(self, position: int) -> list[PackageRow] | None:
        image = self._report.images[position]
        if not self.has("packages") or image.visible_bytes is None:
            return None
        ranges = self._package_rows.get(position)
        if ranges is None:
            return [] if image.content_bytes == 0 else None
        columns = [self._cells("packages", column, ranges) for column in _PACKAGES]
        typed = zip(_PACKAGES, columns, strict=True)
        fault = next((found for name, cells in typed if (found := _fault_of(name, cells))), "")
        if fault:
            raise BadDocumentError(f"tables.packages: {fault}", _place(image))
        rows = [PackageRow(*cast("list[str]", cells)) for cells in zip(*columns, strict=True)]  # type: ignore[arg-type] # `_fault_of` saw that each is of its type
        visible = sum(row.visible_bytes for row in rows)
        hidden = sum(row.hidden_bytes for row in rows)
        if (visible, hidden) != (image.visible_bytes, image.wasted_bytes):
            raise BadDocumentError(
                f"tables.packages: expected {image.visible_bytes} visible and "
                f"{image.wasted_bytes} hidden bytes, found {visible} and {hidden}",
                _place(image),
            )
        return rows


def _once(known: dict[int, T], position: int, read: Callable[[int], T]) -> T:
    if position not in known:
        known[position] = read(position)
    return known[position]


def _place(image: ImageRow) -> str:
    return f"report: {shown(image.input)}:@{image.index}"


def _fault_of_files(files: VisibleFiles, layers: int) -> str:
    """What is wrong with the rows of an image; empty if nothing is."""
    if not set(map(type, files.paths)) <= {str}:
        return "path: expected texts"
    if not set(map(type, files.sizes)) <= {int} or min(files.sizes, default=0) < 0:
        return "size_bytes: expected whole numbers from 0"
    indexes = set(files.layers)
    if not set(map(type, indexes)) <= {int} or not indexes <= set(range(layers)):
        return "layer: expected indexes of layers"
    if not set(map(type, files.contents)) <= {str, type(None)}:
        return "content: expected digests or null"
    return ""


def _fault_of(name: str, cells: Sequence[Cell]) -> str:
    """What is wrong with a column of packages; empty if nothing is."""
    types = set(map(type, cells))
    if name in _COUNTS:
        if not types <= {int} or min(cast("Sequence[int]", cells), default=0) < 0:
            return f"{name}: expected whole numbers from 0"
    elif not types <= ({str} if name in _TEXTS else {str, type(None)}):
        return f"{name}: expected texts"
    return ""
