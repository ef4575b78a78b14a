"""An image of a baseline file, asked like one of a report: it knows what the file keeps."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from layerscope.gate.measured import Composition, Measured, Piece, StoredLayer
from layerscope.report.answers import ImageName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.gate.baseline_document import (
        KeptImage,
        KeptNumber,
        LayerAmounts,
        PackageAmounts,
    )
    from layerscope.gate.measured import Part
    from layerscope.gate.policy import Scope

NOT_KEPT = "the baseline file does not hold it; gate --update-baseline writes it"
NOT_MEASURED = "it was not known when the baseline file was written"


class KeptSubject:
    """A `gate.measured.Subject` over one image of a baseline file.

    Args:
        image: The row of the file.
        index: Its position in the file.
    """

    def __init__(self, image: KeptImage, index: int) -> None:
        self._image = image
        self._index = index

    @cached_property
    def name(self) -> ImageName:
        """Which image it is; `index` counts the images of the baseline file."""
        image = self._image
        return ImageName(
            input=image.input,
            source=image.source,
            index=self._index,
            names=image.names,
            platform=image.platform,
            manifest_digest=image.manifest_digest,
            config_digest=image.config_digest,
        )

    @property
    def created(self) -> str | None:
        """When it was made, as its config says; None if it does not."""
        return self._image.created

    @cached_property
    def layers(self) -> Sequence[StoredLayer]:
        """Its layers from the base up."""
        return tuple(map(StoredLayer.of, self._image.layers))

    @property
    def base_layers(self) -> int | None:
        """How many layers are those of the base image; None if nothing told."""
        return self._image.base_layers

    @property
    def base_is_guess(self) -> bool:
        """Whether nothing but marks in the history said so."""
        return self._image.base_is_guess

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        """The number that was kept under just this metric, scope and part, with its splits."""
        number = self._numbers.get((metric, scope.kind, scope.pattern, part))
        if number is None:
            return Measured(None, NOT_KEPT)
        splits = (
            *(self._by_instruction(split) for split in number.split_by_instruction),
            *map(_by_package, number.split_by_package),
        )
        return Measured(number.value, NOT_MEASURED if number.value is None else "", splits)

    def contents(self) -> Mapping[str, int] | None:
        """None: a baseline file keeps no paths and no contents."""
        return None

    def sizes(self) -> dict[str, int | float | None]:
        """The numbers of the whole image that were kept, by metric."""
        return {
            number.metric: number.value
            for number in self._image.numbers
            if number.scope == "image" and number.part == "all"
        }

    @cached_property
    def _numbers(self) -> dict[tuple[str, str, str, str], KeptNumber]:
        return {
            (number.metric, number.scope, number.pattern, number.part): number
            for number in self._image.numbers
        }

    def _by_instruction(self, split: LayerAmounts) -> Composition:
        pieces = tuple(
            Piece(layer.created_by or "", amount, layer=position, diff_id=layer.diff_id)
            for position, (layer, amount) in enumerate(
                zip(self._image.layers, split.amounts, strict=True)
            )
            if amount is not None
        )
        return Composition("instruction", split.metric, split.unit, split.total, pieces)


def _by_package(split: PackageAmounts) -> Composition:
    pieces = tuple(
        Piece(package.name, package.amount, package.kind, package.version)
        for package in split.packages
    )
    return Composition("package", split.metric, split.unit, split.total, pieces, split.rest)
