"""The rows of a verdict's tables, which text and Markdown share: sizes, and parts of a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.gate.metrics import METRICS
from layerscope.gate.verdict import PartRow
from layerscope.render.gate_amounts import UNKNOWN, amount, signed_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.verdict import JudgedImage, Number, SplitRow


def size_names(image: JudgedImage) -> list[str]:
    """The metrics that an image has sizes of, in the order of the metrics, others last."""
    names = {**image.old, **image.new}
    order = {name: number for number, name in enumerate(METRICS)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def size_cells(image: JudgedImage, name: str) -> list[str]:
    """Then, now and change of a size, `?` for what is not known."""
    unit = METRICS[name].unit if name in METRICS else "count"
    old, new = image.old.get(name), image.new.get(name)
    change: Number = None if old is None or new is None else new - old
    texts = [amount(old, unit), amount(new, unit), signed_amount(change, unit)]
    return ["?" if text == UNKNOWN else text for text in texts]


def shown_parts(split: SplitRow, most: int) -> tuple[list[PartRow], PartRow | None]:
    """The first parts that changed, and all others in one row, None if there are none.

    Without a baseline the first parts; what is left over sums with them to the whole.
    """
    kept: list[PartRow] = []
    left: list[PartRow] = []
    for row in split.parts:
        told = not row.rest and row.delta != 0 and len(kept) < most
        (kept if told else left).append(row)
    if not left:
        return kept, None
    return kept, PartRow(
        label="all other",
        detail=next((row.detail for row in left if row.rest), ""),
        old=_sum([row.old for row in left]),
        new=_sum([row.new for row in left]),
        delta=_sum([row.delta for row in left]),
        rest=True,
    )


def part_cells(part: PartRow, split: SplitRow) -> list[str]:
    """Then, now and change of a part; only now without a baseline."""
    changes = split.delta is not None
    return number_cells(part.old, part.new, part.delta, split.unit, changes=changes)


def number_cells(
    old: int | None, new: int | None, delta: int | None, unit: str, *, changes: bool
) -> list[str]:
    """Then, now and change of a number of a split, `?` for what is not known."""
    now = "?" if new is None else amount(new, unit)
    if not changes:
        return [now]
    then = "?" if old is None else amount(old, unit)
    return [then, now, "?" if delta is None else signed_amount(delta, unit)]


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
