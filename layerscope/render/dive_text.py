"""dive's numbers beside the honest ones, and why they differ, for people."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from layerscope.render.escape import exact
from layerscope.render.page import UNKNOWN, add_row, sizes, table_of
from layerscope.report.metrics import total
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.analysis.dive import DiveNumbers
    from layerscope.analysis.dive_differences import Difference, Measure
    from layerscope.render.page import Page
    from layerscope.report.document import ImageRow

SIZE_COLUMNS = 10
NARROWEST = 40
ENDED_SHOWN = 3

_HEADINGS: tuple[tuple[Measure, str], ...] = (
    ("wasted_bytes", "why dive's wasted bytes differ"),
    ("efficiency", "why dive's efficiency differs"),
    ("user_wasted_ratio", "about dive's share of user bytes"),
)


def dive_lines(
    page: Page,
    image: ImageRow,
    numbers: DiveNumbers,
    differences: Sequence[Difference],
    *,
    width: int = 80,
) -> None:
    """Put a block onto the page: dive's numbers, the honest ones, and each difference explained.

    Args:
        page: What to write on.
        image: The image with its honest numbers; what is None there is `?` here.
        numbers: What `dive_numbers` says of the same layers.
        differences: What `explain` says of the two.
        width: Columns for the sentences.
    """
    page.title("dive", "its numbers by its own rules, beside layerscope's")
    table = table_of(("", "text"), ("dive", "right"), ("layerscope", "right"))
    add_row(table, ["efficiency", _percent(numbers.efficiency), _share(image.efficiency)])
    add_row(table, ["wasted bytes", *sizes(numbers.wasted_bytes, image.wasted_bytes)])
    base = _base_layers(image)
    ratio = numbers.user_wasted_ratio
    user = "NaN" if ratio is None else _percent(ratio)
    words = "wasted share of the bytes above the base"
    add_row(table, [words, user, _share(_honest_ratio(image, base))])
    page.table(table)
    page.line(_filled(_about_share(base), width))
    for layer, path in sorted(numbers.ended.items())[:ENDED_SHOWN]:
        name = exact(path.decode("utf-8", "surrogateescape"))
        page.line(f"dive stopped reading layer {layer} at the whiteout of {name}")
    if len(numbers.ended) > ENDED_SHOWN:
        page.line(f"and {counted(len(numbers.ended) - ENDED_SHOWN, 'further layer')}")
    for measure, heading in _HEADINGS:
        reasons = [reason for reason in differences if reason.measure == measure]
        if reasons:
            page.line(f"\n{heading}:")
        for reason in reasons:
            page.line(_reason(reason, width))


def _reason(reason: Difference, width: int) -> str:
    """The signed bytes, then of how many copies and the sentence, wrapped beside them."""
    signed = f"{'+' if reason.bytes > 0 else ''}{bytes_text(reason.bytes)}"
    copies = f"{counted(reason.count, 'copy', 'copies')}: " if reason.count else ""
    margin = SIZE_COLUMNS + 2
    return textwrap.fill(
        copies + reason.text,
        max(width, NARROWEST),
        initial_indent=f"{signed:>{SIZE_COLUMNS}}  ",
        subsequent_indent=" " * margin,
    )


def _about_share(base: int) -> str:
    """What the two mean by the base."""
    whose = "the base" if base == 1 else f"a base of {counted(base, 'layer')}"
    return (
        "dive divides all wasted bytes by those above layer 0; layerscope the wasted bytes stored "
        f"above {whose} by all that is stored there."
    )


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text, max(width, NARROWEST))


def _percent(ratio: float) -> str:
    if math.isinf(ratio):
        return "infinite"
    return f"{100 * ratio:,.2f}%"


def _share(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else _percent(ratio)


def _base_layers(image: ImageRow) -> int:
    """How many layers count as the base: those known to be one, else the first, as for dive."""
    known = image.base.layers if image.base else 0
    return known or min(1, len(image.layers))


def _honest_ratio(image: ImageRow, base: int) -> float | None:
    """Wasted bytes stored above the base, of all bytes stored there; nothing of nothing is 0."""
    stored = total(image.layers[base:], "content_bytes")
    if image.waste is None or stored is None:
        return None
    wasted = sum(row.bytes for row in image.waste if row.layer >= base)
    return wasted / stored if stored else 0.0
