"""The sentence of a check: what the number is, which limits it breaks and by how much.

Only numbers and words of layerscope stand in it, never a name that an image could choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from layerscope.gate.limits import difference, exact, plain
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from layerscope.gate.measured import Part
    from layerscope.gate.verdict import LimitRow, Number

_NOUNS = {
    "cache_steps_rebuilt": ("rebuilt step", "rebuilt steps"),
    "entries": ("entry", "entries"),
    "faults": ("fault", "faults"),
    "files": ("file", "files"),
    "images": ("image", "images"),
    "layers": ("layer", "layers"),
    "packages": ("package", "packages"),
    "skipped": ("skipped part", "skipped parts"),
}
GROWTH = frozenset({"max-increase", "max-increase-percent"})
"""The limits on growth."""

_WHOSE = {"all": "", "own": "the image's own layers: ", "base": "the layers of the base: "}


class CheckWords(msgspec.Struct, frozen=True):
    """What a check can say of its numbers.

    Attributes:
        metric: What the number is.
        unit: Of the number.
        value: None if it is not known.
        baseline: None if it is not known.
        percent_of: What percentages are of; None if it is not known.
        min_change: Growth of at most so much is noise; None if none is.
        part: Whose layers it is about.
    """

    metric: str
    unit: str
    value: Number = None
    baseline: Number = None
    percent_of: Number = None
    min_change: Fraction | None = None
    part: Part = "all"

    def amount(self, number: float) -> str:
        """A number with its unit.

        >>> CheckWords("visible_bytes", "bytes").amount(41_234_567)
        '41.2 MB'
        >>> CheckWords("layers", "count").amount(1)
        '1 layer'
        """
        if self.unit == "bytes":
            whole = isinstance(number, int) or abs(number) >= 1000
            return bytes_text(round(number)) if whole else f"{number:.6g} B"
        if self.unit == "count" and isinstance(number, int):
            return counted(number, *_NOUNS.get(self.metric, ("piece", "pieces")))
        return f"{number:.6g}"

    def broken(self, limits: Sequence[LimitRow]) -> str:
        """How limits are broken; empty if none is."""
        return self._of([self._broken(row) for row in limits if row.holds is False])

    def unknown(self, limits: Sequence[LimitRow], reason: str) -> str:
        """Why limits cannot be judged; `reason` where there are none."""
        rows = [row for row in limits if row.holds is None]
        growth = self.value is not None and all(row.kind in GROWTH for row in rows)
        reasons = dict.fromkeys(row.reason for row in rows) if rows else [reason]
        what = "growth is not measured" if rows and growth else "not measured"
        return self._of([f"{what}: {'; '.join(reasons)}"])

    def kept(self, limits: Sequence[LimitRow], *, no_baseline: bool) -> str:
        """What holds; and that growth was not judged, if that is so."""
        more = "; without a baseline, growth is not judged" if no_baseline else ""
        value = "the number" if self.value is None else self.amount(self.value)
        if any(row.kind in GROWTH for row in limits) and not no_baseline:
            value += f" ({self._growth()})"
        kinds = " and ".join(self._kept(row) for row in limits if row.holds)
        return self._of([f"{value} keeps {kinds}{more}"])

    def _of(self, clauses: Sequence[str]) -> str:
        return f"{_WHOSE[self.part]}{'; '.join(clauses)}" if clauses else ""

    def _growth(self) -> str:
        delta = difference(self.value, self.baseline) or 0
        if delta <= 0:
            return f"{self.amount(-delta)} less" if delta else "unchanged"
        noise = self.min_change is not None and exact(delta) <= self.min_change
        return f"{self.amount(delta)} more{', which is noise' if noise else ''}"

    def _broken(self, row: LimitRow) -> str:
        if self.value is None:
            return f"the number is infinite, and so over the maximum of {self.amount(row.limit)}"
        if row.kind in GROWTH:
            return self._broken_growth(row, self.value)
        value, limit = self.amount(self.value), self.amount(row.limit)
        if value == limit and self.unit == "ratio":
            value, limit = repr(self.value), repr(row.limit)
        if row.kind == "history":
            return f"{value} is a jump: so far at most {limit} would be ordinary"
        gap = self.amount(plain(abs(exact(self.value) - exact(row.limit))))
        which = "over the maximum" if row.kind == "max" else "under the minimum"
        return f"{value} is {which} of {limit} by {gap}"

    def _broken_growth(self, row: LimitRow, value: float) -> str:
        delta = exact(difference(value, self.baseline) or 0)
        grew = f"grew by {self.amount(plain(delta))}"
        now = f"to {self.amount(value)}" if self.baseline else "from nothing"
        if row.kind == "max-increase":
            over = self.amount(plain(delta - exact(row.limit)))
            return f"{grew} {now}, {over} more than the {self.amount(row.limit)} allowed"
        whole = exact(self.percent_of or 0)
        if whole <= 0:
            return f"{grew} from nothing, which exceeds every percentage"
        percent = f"{float(delta * 100 / whole):,.1f}%"
        allowed = f"more than the {_percent(row.limit)} allowed"
        # Percentages of a part are of the whole image, which has to be said.
        of = "" if self.part == "all" else " of the whole image before"
        return f"{grew} ({percent}{of}) {now}, {allowed}"

    def _kept(self, row: LimitRow) -> str:
        limit = self.amount(row.limit)
        return {
            "max": f"the maximum of {limit}",
            "min": f"the minimum of {limit}",
            "max-increase": f"the maximum increase of {limit}",
            "max-increase-percent": f"the maximum increase of {_percent(row.limit)}",
            "history": f"the {limit} that would be ordinary",
        }[row.kind]


def _percent(number: float) -> str:
    """A limit in percent."""
    return f"{number:,}%" if isinstance(number, int) else f"{number:,.6g}%"
