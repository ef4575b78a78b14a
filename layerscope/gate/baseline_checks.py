"""What must hold in a baseline file beyond types: sums, signs, and that nothing is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.gate.metrics import METRICS
from layerscope.gate.report_checks import MOST
from layerscope.gate.tag_version import is_bare_tag
from layerscope.report.image_pairs import same_platform
from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.gate.baseline_document import (
        BaselineDocument,
        KeptImage,
        KeptNumber,
        LayerAmounts,
        PackageAmounts,
    )


def fault_of(document: BaselineDocument) -> str | None:
    """The first thing that cannot be so, as a sentence with its place; None if all is well."""
    for position, image in enumerate(document.images):
        if fault := _image_fault(image):
            return f"images[{position}]{fault}"
    if clash := indistinct(document.images):
        return f"images[{clash[1]}]: the same image as images[{clash[0]}]"
    return None


def indistinct(images: Sequence[KeptImage]) -> tuple[int, int] | None:
    """Positions of the first two images that nothing tells apart when they are compared later.

    Those are images of one platform and the same names. Where these are bare tags, or none, they
    come from inputs of one name too; see `choose_baseline.choose`.
    """
    seen: dict[object, list[int]] = {}
    for position, image in enumerate(images):
        names = frozenset(map(familiar, image.names))
        anonymous = all(map(is_bare_tag, names))
        others = seen.setdefault((names, image.input if anonymous else ""), [])
        for other in others:
            if same_platform(images[other].platform, image.platform):
                return other, position
        others.append(position)
    return None


def _image_fault(image: KeptImage) -> str | None:
    layers = len(image.layers)
    if image.base_layers is not None and not 0 <= image.base_layers <= layers:
        return f": {image.base_layers} of {layers} layers cannot be those of the base"
    for index, layer in enumerate(image.layers):
        if layer.compressed_bytes is not None and not 0 <= layer.compressed_bytes <= MOST:
            return f".layers[{index}]: a size is negative or too large"
    seen: set[tuple[str, ...]] = set()
    for index, number in enumerate(image.numbers):
        if fault := _number_fault(number, layers):
            return f".numbers[{index}]: {fault}"
        key = (number.metric, number.scope, number.pattern, number.part)
        if key in seen:
            return f".numbers[{index}]: the same number twice"
        seen.add(key)
    return None


def _number_fault(number: KeptNumber, layers: int) -> str | None:
    metric = METRICS.get(number.metric)
    # A later release may bound a number that this one does not know, and then it is not asked for.
    if metric and number.unit != metric.unit:
        return f"expected {metric.unit}, found another unit"
    value = number.value
    if value is not None and not 0 <= value <= MOST:  # NaN is not either.
        return "a number is negative, too large or none"
    if number.unit != "ratio" and isinstance(value, float):
        return "expected a whole number"
    return _splits_fault(number, layers)


def _splits_fault(number: KeptNumber, layers: int) -> str | None:
    for by_layer in number.split_by_instruction:
        if len(by_layer.amounts) != layers:
            return f"a split has {len(by_layer.amounts)} amounts for {layers} layers"
        known = [amount for amount in by_layer.amounts if amount is not None]
        if fault := _split_fault(number, by_layer, known):
            return fault
    for by_package in number.split_by_package:
        amounts = [by_package.rest, *(package.amount for package in by_package.packages)]
        if fault := _split_fault(number, by_package, amounts):
            return fault
    return None


def _split_fault(
    number: KeptNumber, split: LayerAmounts | PackageAmounts, amounts: Iterable[int]
) -> str | None:
    total = 0
    for amount in amounts:
        if amount < 0:
            return "a part of a number is negative"
        total += amount
    if total > MOST:
        return "the parts of a number are too large"
    if total != split.total:
        return f"the parts of a split sum to {total}, not to {split.total}"
    if split.metric == number.metric and split.total != number.value:
        return f"a split of {split.total} is one of another number"
    return None
