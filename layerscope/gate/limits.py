"""The bounds of a budget on one number, judged in exact arithmetic.

Whole numbers are exact as they are. A ratio is a float, and means the shortest decimal that stands
for it, which is what documents show and what a configuration is compared with by eye: an efficiency
of 0.9 meets a minimum of `0.9`, though the nearest float is a little above nine tenths. So every
comparison and difference is one of fractions, and nothing is ever rounded before it is judged.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from layerscope.gate.measured import INFINITE
from layerscope.gate.verdict import LimitRow

if TYPE_CHECKING:
    from layerscope.gate.policy import Budget
    from layerscope.gate.verdict import LimitKind, Number


class Before(msgspec.Struct, frozen=True):
    """What a number is compared with.

    Attributes:
        value: The number of the baseline, None if it is not known.
        percent_of: What percentages are of: the same number, or that of the whole image where only
            a part of it is judged.
        unknown: Why growth cannot be told though both numbers may be there; empty if it can.
    """

    value: Number
    percent_of: Number
    unknown: str = ""


def exact(number: float) -> Fraction:
    """The number that is meant, a float by its shortest decimal.

    >>> exact(7), exact(0.9)
    (Fraction(7, 1), Fraction(9, 10))
    """
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def plain(number: Fraction) -> int | float:
    """A fraction as documents hold it: a whole number where it is one."""
    return number.numerator if number.denominator == 1 else float(number)


def difference(new: Number, old: Number) -> int | float | None:
    """`new` less `old`, None if either is not known.

    >>> difference(0.9, 0.8)
    0.1
    """
    if new is None or old is None:
        return None
    return plain(exact(new) - exact(old))


def has_growth_limit(budget: Budget) -> bool:
    """Whether the budget bounds growth."""
    return budget.max_increase is not None or budget.max_increase_percent is not None


def absolute_rows(budget: Budget, value: Number, unknown: str = "") -> list[LimitRow]:
    """The maximum and the minimum, as far as the budget has them; as much as the limit is allowed.

    Args:
        budget: Has the limits.
        value: None if it is not known.
        unknown: Why. A number that is infinite exceeds every maximum and meets every minimum.
    """
    infinite = value is None and unknown == INFINITE
    rows = []
    if budget.maximum is not None:
        holds = None if value is None else exact(value) <= budget.maximum
        rows.append(_row("max", budget.maximum, False if infinite else holds, unknown))
    if budget.minimum is not None:
        holds = None if value is None else exact(value) >= budget.minimum
        rows.append(_row("min", budget.minimum, True if infinite else holds, unknown))
    return rows


def growth_rows(budget: Budget, value: Number, before: Before, unknown: str = "") -> list[LimitRow]:
    """The limits on growth, as far as the budget has them; as much as the limit is allowed.

    A growth of at most `min_change` holds in any case. Of nothing, no growth is within every
    percentage, and some growth exceeds every one.

    Args:
        budget: Has the limits.
        value: None if it is not known.
        before: What it is compared with.
        unknown: Why the value is not known.
    """
    reason = _why_unknown(value, before, unknown)
    delta = None
    if not reason and value is not None and before.value is not None:
        delta = exact(value) - exact(before.value)
    noise = delta is not None and budget.min_change is not None and delta <= budget.min_change
    rows = []
    if budget.max_increase is not None:
        holds = None if delta is None else noise or delta <= budget.max_increase
        rows.append(_row("max-increase", budget.max_increase, holds, reason))
    if budget.max_increase_percent is not None:
        percent = budget.max_increase_percent
        holds = None
        if delta is not None:
            if noise:
                holds = True
            elif before.percent_of is None:
                reason = "what the percentage is of is not known"
            else:
                holds = _within(delta, percent, exact(before.percent_of))
        rows.append(_row("max-increase-percent", percent, holds, reason))
    return rows


def _why_unknown(value: Number, before: Before, unknown: str) -> str:
    if before.unknown:
        return before.unknown
    if value is None:
        return unknown or "the number is not known"
    return "the number of the baseline is not known" if before.value is None else ""


def _within(delta: Fraction, percent: Fraction, whole: Fraction) -> bool:
    return delta * 100 <= percent * whole if whole > 0 else delta <= 0


def _row(kind: LimitKind, limit: Fraction, holds: bool | None, reason: str) -> LimitRow:
    return LimitRow(
        kind=kind, limit=plain(limit), holds=holds, reason=reason if holds is None else ""
    )
