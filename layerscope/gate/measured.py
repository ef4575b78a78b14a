"""A number of an image with what it is made of: what subjects give and verdicts are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.gate.baseline_document import KeptLayer
    from layerscope.gate.policy import Scope
    from layerscope.report.answers import ImageName
    from layerscope.report.document import LayerRow

Part = Literal["all", "own", "base"]
By = Literal["instruction", "package", "path", "cause"]

INFINITE = "infinite: nothing is stored above layer 0"
"""The reason for None where dive divides by zero and has infinity, which no maximum allows."""


class Piece(msgspec.Struct, frozen=True):
    """One part of a number; pieces of one split with equal `label` and `kind` are the same thing.

    Attributes:
        label: A package's name, a path, an instruction as the history has it (`created_by`).
        amount: In the unit of the split.
        kind: Of a package `deb`, `pypi` …; of a hidden file its cause; else empty.
        version: Of a package; several are joined by `, `.
        layer: Index of the layer, if it is of one.
        diff_id: Of that layer, for splits by instruction.
    """

    label: str
    amount: int
    kind: str = ""
    version: str = ""
    layer: int | None = None
    diff_id: str | None = None


class Composition(msgspec.Struct, frozen=True):
    """A number split: the pieces and `rest` sum to `total`.

    Attributes:
        by: What the pieces are.
        metric: The number that is split, by its name; packages and paths split content or visible
            bytes, so it may be another than the one asked for.
        unit: Of all amounts.
        total: The number.
        pieces: In any order; those by instruction one for each layer, from the base up.
        rest: What has no piece, since a baseline keeps only the largest: 0 if all is there.
    """

    by: By
    metric: str
    unit: str
    total: int
    pieces: tuple[Piece, ...]
    rest: int = 0


class Measured(msgspec.Struct, frozen=True):
    """A number of an image, or None with the reason (a part of a sentence), and its splits."""

    value: int | float | None
    reason: str = ""
    splits: Sequence[Composition] = ()


class StoredLayer(msgspec.Struct, frozen=True):
    """A layer as it is stored: what tells whether sizes can be compared, and what a pull moves."""

    digest: str | None
    diff_id: str | None
    created_by: str | None
    compression: str | None
    compressed_bytes: int | None

    @classmethod
    def of(cls, row: LayerRow | KeptLayer) -> StoredLayer:
        """What a layer of a report or of a baseline file says of how it is stored."""
        return cls(
            digest=row.digest,
            diff_id=row.diff_id,
            created_by=row.created_by,
            compression=row.compression,
            compressed_bytes=row.compressed_bytes,
        )


class Subject(Protocol):
    """What a gate knows of one image, whether from a report or from a baseline file."""

    @property
    def name(self) -> ImageName:
        """Which image it is."""

    @property
    def created(self) -> str | None:
        """When it was made, as its config says; None if it does not."""

    @property
    def layers(self) -> Sequence[StoredLayer]:
        """Its layers from the base up; empty if a baseline file keeps none."""

    @property
    def base_layers(self) -> int | None:
        """How many layers are those of the base image; None if nothing tells."""

    @property
    def base_is_guess(self) -> bool:
        """Whether nothing but marks in the history says so."""

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        """A number of the image, of a part of it, or of only its own or its base's layers.

        `scope` is never `layer each` nor `run`: those are taken apart before. What cannot be told
        is None with a reason, never a guess.
        """

    def contents(self) -> Mapping[str, int] | None:
        """The sizes of the visible files' contents by digest; None if not known."""

    def sizes(self) -> dict[str, int | float | None]:
        """The whole image's numbers by metric, for tables: those that are known or should be."""


class Chosen(msgspec.Struct, frozen=True):
    """What an image is compared with: a baseline's image, and the input that it came from.

    Attributes:
        other_name: Whether both have names, and none of a repository that the other is of too.
        other_platform: Whether it is for another platform.
    """

    subject: Subject
    source: str
    other_name: bool = False
    other_platform: bool = False
