"""A verdict as OpenMetrics 1.0 text, which GitLab shows as a metrics report and Prometheus reads.

Gauges of what each check measured, by unit; what is not measured is left out. There is no time in
it. Labels tell apart what was measured: the same verdict gives the same series in the same order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from layerscope.render.escape import line
from layerscope.render.gate_findings import scope_text
from layerscope.render.gate_words import image_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from layerscope.gate.verdict import CheckRow, Verdict

FAMILIES = {
    "bytes": "layerscope_value_bytes",
    "ratio": "layerscope_value_ratio",
    "count": "layerscope_value",
}
"""By unit, the family; a unit ends the name of its family, and a count has none."""

_ABOUT = {
    "bytes": "Sizes that budgets bound.",
    "ratio": "Ratios that budgets bound, 1 being all.",
    "count": "Counts that budgets bound.",
}
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def gate_openmetrics(verdict: Verdict) -> bytes:
    """The text as UTF-8: values by unit in the order of the checks, then how checks came out."""
    lines: list[str] = []
    for unit, samples in _values(verdict).items():
        if samples:
            lines += _family(FAMILIES[unit], unit if unit != "count" else "", _ABOUT[unit])
            lines += [f"{FAMILIES[unit]}{labels} {value}" for labels, value in samples.items()]
    counts = verdict.counts
    lines += _family("layerscope_checks", "", "How many checks have each outcome.")
    for outcome, count in (
        ("pass", counts.passed),
        ("fail", counts.fail),
        ("warn", counts.warn),
        ("waived", counts.waived),
        ("not-measured", counts.not_measured),
    ):
        lines.append(f"layerscope_checks{_labels({'outcome': outcome})} {count}")
    lines += _family("layerscope_passed", "", "Whether the gate lets pass: 1 or 0.")
    lines += [f"layerscope_passed {int(verdict.passed)}", "# EOF"]
    return "".join(f"{text}\n" for text in lines).encode()


def _family(name: str, unit: str, about: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {about}"


def _values(verdict: Verdict) -> dict[str, dict[str, str]]:
    """By unit, the values by their labels; a second one of the same labels gets a label `copy`."""
    values: dict[str, dict[str, str]] = {unit: {} for unit in FAMILIES}
    for check in verdict.checks:
        if check.value is None or not math.isfinite(check.value):
            continue
        samples = values[check.unit if check.unit in FAMILIES else "count"]
        told = _told(verdict, check)
        labels, copy = _labels(told), 1
        while labels in samples:
            copy += 1
            labels = _labels({**told, "copy": str(copy)})
        samples[labels] = repr(check.value)
    return values


def _told(verdict: Verdict, check: CheckRow) -> dict[str, str]:
    image = None if check.image is None else verdict.images[check.image].name
    return {
        "budget": line(check.budget),
        "image": "" if image is None else image_title(image),
        "platform": "" if image is None else line(str(image.platform), 40),
        "metric": line(check.metric),
        "scope": scope_text(msgspec.structs.replace(check, part="all")),
        "part": check.part,
    }


def _labels(told: Mapping[str, str]) -> str:
    return (
        "{" + ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in told.items()) + "}"
    )
