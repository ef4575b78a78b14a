"""The numbers and bounds of verdicts in words: amounts with their unit, limits, both compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.units import bytes_text

if TYPE_CHECKING:
    from layerscope.gate.verdict import CheckRow, LimitRow, Number

LIMIT_WORDS = {
    "max": "max",
    "min": "min",
    "max-increase": "max increase",
    "max-increase-percent": "max increase",
    "history": "usual max",
}
UNKNOWN = "not measured"
_DECIMALS = 6


def amount(value: Number, unit: str) -> str:
    """A number for people, with its unit.

    >>> amount(41_200_000, "bytes"), amount(1234, "count"), amount(0.8944, "ratio")
    ('41.2 MB', '1,234', '89.4%')
    >>> amount(None, "bytes")
    'not measured'
    """
    return UNKNOWN if value is None else _texts(value, unit)[0]


def signed_amount(value: Number, unit: str) -> str:
    """A change with its sign; that of a ratio is in points of percent, so that none is mistaken.

    >>> signed_amount(12_300_000, "bytes"), signed_amount(-3, "count"), signed_amount(0, "bytes")
    ('+12.3 MB', '-3', '0 B')
    >>> signed_amount(-0.052, "ratio")
    '-5.2 points'
    """
    if value is None:
        return UNKNOWN
    text = amount(value, unit)
    if unit == "ratio":
        text = f"{text.removesuffix('%')} points"
    return f"+{text}" if value > 0 else text


def limit_words(limit: LimitRow, unit: str) -> str:
    """A bound in words: `max 20.0 MB`, `max increase 5%`."""
    return f"{LIMIT_WORDS[limit.kind]} {_bound(limit, unit)}"


def _bound(limit: LimitRow, unit: str) -> str:
    """A bound as it was written: a share has the decimals that it has."""
    if limit.kind == "max-increase-percent":
        return percent(limit.limit)
    if unit != "ratio":
        return amount(limit.limit, unit)
    text = percent(100 * limit.limit)
    return f"{text.removesuffix('%')} points" if limit.kind == "max-increase" else text


def percent(value: float, decimals: int | None = None) -> str:
    """A number of percent, by default with as many decimals as it has, up to six.

    >>> percent(5), percent(2.5), percent(35.3333, 1)
    ('5%', '2.5%', '35.3%')
    """
    if decimals is not None:
        return f"{value:,.{decimals}f}%"
    return f"{_plain(value)}%"


def relation(check: CheckRow, limit: LimitRow) -> str:
    """What was measured beside a bound: `41.2 MB > 20.0 MB`, `+35.3% > 5%`, `89.4% >= 85%`.

    Two numbers that differ never look alike: where rounding hides the difference there are more
    digits. A bound that could not be judged stands in words.
    """
    grows = limit.kind in {"max-increase", "max-increase-percent"}
    measured = check.delta if grows else check.value
    if limit.holds is None:
        return f"{limit_words(limit, check.unit)} not judged"
    broken, kept = ("<", ">=") if limit.kind == "min" else (">", "<=")
    sign = kept if limit.holds else broken
    if measured is None:
        # The one number that is not there and yet judged is a ratio to nothing.
        return f"infinite {sign} {_bound(limit, check.unit)}"
    over = measured > limit.limit
    if limit.kind == "max-increase-percent":
        if check.part != "all" or not check.baseline:
            return _of_another(check, limit, sign, measured)
        share = 100 * measured / check.baseline
        over = share > limit.limit
        value, bound = _share_apart(share, limit.limit), percent(limit.limit)
    elif check.unit == "ratio":
        value, bound = _share_apart(100 * measured, 100 * limit.limit), _bound(limit, "ratio")
        value = f"{value.removesuffix('%')} points" if grows else value
    else:
        value, bound = _apart(measured, limit.limit, check.unit)
    if limit.kind == "history":
        # No number of the budget: it is told apart from one.
        bound = f"{LIMIT_WORDS[limit.kind]} {bound}"
    if grows:
        value = f"+{value}" if measured > 0 else value
        bound = f"+{bound}" if limit.kind == "max-increase" and limit.limit > 0 else bound
        if limit.holds and over:
            # More than the bound, and yet kept: the budget takes so small a growth for noise.
            return f"{value}, too little to count against {bound}"
    return f"{value} {sign} {bound}"


def _of_another(check: CheckRow, limit: LimitRow, sign: str, delta: float) -> str:
    """A growth beside a percentage of what has no percentage or is not said in the check.

    What own layers grew by is judged in percent of the whole image. Of nothing there is no
    percentage: no growth is within any bound, some breaks every one.
    """
    of = "the whole image before" if check.part != "all" else amount(check.baseline, check.unit)
    return f"{signed_amount(delta, check.unit)} {sign} {percent(limit.limit)} of {of}"


def _share_apart(share: float, bound: float) -> str:
    """A number of percent, with as many decimals as tell it from another one."""
    for decimals in range(1, _DECIMALS):
        text = percent(share, decimals)
        if float(text.rstrip("%").replace(",", "")) != round(bound, _DECIMALS) or share == bound:
            return text
    return percent(share)


def relations(check: CheckRow) -> str:
    """The bounds that do not hold, else all of them; `not measured` without a number."""
    broken = [row for row in check.limits if row.holds is False]
    if check.value is None and not broken:
        return UNKNOWN
    texts = [relation(check, row) for row in broken or check.limits]
    return ", ".join(texts) or amount(check.value, check.unit)


def _plain(value: float) -> str:
    """A number without an exponent or zeros at its end."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _texts(value: float, unit: str) -> list[str]:
    """A number in rising exactness."""
    if unit == "bytes":
        whole = value == int(value)
        return [
            bytes_text(int(value)) if whole or abs(value) >= 1000 else f"{_plain(value)} B",
            f"{_plain(value)} B",
        ]
    if unit == "ratio":
        return [percent(100 * value, 1)]
    return [_plain(value)]


def _apart(one: float, other: float, unit: str) -> tuple[str, str]:
    """Two numbers in the least exactness that tells them apart if they differ."""
    pairs = list(zip(_texts(one, unit), _texts(other, unit), strict=True))
    return next((pair for pair in pairs if pair[0] != pair[1] or one == other), pairs[-1])
