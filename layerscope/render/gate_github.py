"""A verdict as annotations of GitHub Actions: workflow commands for a step's standard output.

GitHub keeps ten annotations of each kind per step and drops the others, so the tenth tells of all
that have no room. Escapes are those of the runner's `ActionCommand`: `%`, CR and LF in messages,
`:` and `,` too in properties. Texts are on one line before that, so that none begins a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.render.escape import line
from layerscope.render.gate_findings import (
    Finding,
    blame_lines,
    fault_text,
    findings,
    worst_findings,
)
from layerscope.render.gate_words import ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.gate.verdict import Verdict
    from layerscope.render.gate_findings import Place

ANNOTATIONS = 10
"""How many of a kind GitHub shows of one step."""
MESSAGE_CHARACTERS = 4000
"""The runner cuts a message at 4096 characters."""

Kind = Literal["error", "warning", "notice"]

_TITLE_CHARACTERS = 200
_KINDS: dict[str, Kind] = {"fail": "error", "warn": "warning", "pass": "notice"}
_NAMES = 30
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def gate_github(verdict: Verdict) -> bytes:
    """Errors, then warnings, then notices, one command a line; nothing if all is well.

    Errors are inputs that could not be read and checks that count as failed; warnings are checks
    that count as one, and remarks; notices are waived checks and those not measured that pass.
    """
    kinds: dict[Kind, list[tuple[str, str, Place | None]]] = {
        "error": [("cannot be read", fault_text(fault), None) for fault in verdict.faults],
        "warning": [],
        "notice": [],
    }
    rows = [row for row in findings(verdict) if row.check.outcome != "pass"]
    for row in worst_findings(rows):
        kinds[_KINDS[row.check.counts_as]].append((row.title, _message(row), row.place))
    for remark in verdict.remarks:
        kinds["warning"].append((line(remark.code, 40), line(remark.text, 400), None))
    lines = [text for kind, told in kinds.items() for text in _commands(kind, told)]
    return "".join(f"{text}\n" for text in lines).encode()


def _message(row: Finding) -> str:
    return "\n".join([f"{row.image}: {row.message}", *blame_lines(row.check)])


def _commands(kind: Kind, told: Sequence[tuple[str, str, Place | None]]) -> Iterator[str]:
    room = len(told) if len(told) <= ANNOTATIONS else ANNOTATIONS - 1
    for title, message, place in told[:room]:
        yield _command(kind, title, message, place)
    left = told[room:]
    if left:
        # The first line of a message names the image.
        names = [f"{title}: {message.splitlines()[0]}" for title, message, _ in left[:_NAMES]]
        if len(left) > _NAMES:
            names.append(f"… {len(left) - _NAMES:,} more")
        yield _command(kind, f"… {len(left):,} more", "\n".join(names), None)


def _command(kind: Kind, title: str, message: str, place: Place | None) -> str:
    properties = {}
    if place is not None:
        properties["file"] = line(place.path)
        if place.line:
            properties["line"] = str(place.line)
    properties["title"] = ended(f"layerscope: {title}", _TITLE_CHARACTERS)
    listed = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {listed}::{ended(message, MESSAGE_CHARACTERS).translate(_DATA)}"
