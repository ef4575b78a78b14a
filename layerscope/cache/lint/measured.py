"""What an image, its build history and its context say about findings: bytes and misses.

The caller fills `Evidence` from an analysed image, `attach` puts numbers to findings. Layers are
found by the line of the instruction that made them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope.analysis.junk_classes import JUNK_CLASSES
from layerscope.cache.lint.finding import Measured
from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layerscope.cache.lint.finding import Finding


@dataclass(frozen=True, slots=True)
class LayerEvidence:
    """What one layer of an image holds.

    Attributes:
        layer: Its index; 0 is the base.
        line: Of the instruction that made it; None where that is not known.
        content_bytes: Of all its files.
        junk: Bytes of its files by class of junk (`analysis.junk`), hidden ones too.
        hidden: Bytes of its files that a later layer deletes, by that layer's index
            (`analysis.waste`, causes `deleted`, `opaque`).
        again: Bytes of its files that differ from a lower layer's in owner or mode only
            (`metadata-only`), counted in the layer that stores them the second time.
    """

    layer: int
    line: int | None
    content_bytes: int = 0
    junk: Mapping[str, int] = field(default_factory=dict)
    hidden: Mapping[int, int] = field(default_factory=dict)
    again: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known beside the Dockerfile.

    Attributes:
        layers: Of the image that it builds, from the base up.
        builds: How many builds a history has; 0 if none is given.
        misses: In how many of them the step on a line ran, by line.
        context_bytes: What the context sends; None where it is not known.
    """

    layers: Sequence[LayerEvidence] = ()
    builds: int = 0
    misses: Mapping[int, int] = field(default_factory=dict)
    context_bytes: int | None = None


# These are about steps that run again; the steps are in `others` too.
_MISSES = frozenset(
    {"copy-before-install", "changing-value-early", "maintainer", "remote-add-unchecked"}
)


def attach(findings: Iterable[Finding], evidence: Evidence) -> list[Finding]:
    """The same findings, in order; those that the evidence speaks of have `measured`."""
    by_line: dict[int, LayerEvidence] = {}
    for layer in evidence.layers:
        if layer.line is not None:
            by_line[layer.line] = layer
    return [_with_number(finding, evidence, by_line) for finding in findings]


def _with_number(
    finding: Finding, evidence: Evidence, by_line: Mapping[int, LayerEvidence]
) -> Finding:
    measured = None
    own = by_line.get(finding.line)
    if finding.rule in _MISSES or finding.rule == "unpinned-base":
        measured = _misses(finding, evidence)
    elif finding.rule == "package-cache-kept" and own is not None:
        count = own.junk.get(finding.subject, 0)
        what = JUNK_CLASSES[finding.subject].title if finding.subject in JUNK_CLASSES else "cache"
        measured = _bytes(count, f"{bytes_text(count)} of {what} in layer {own.layer}")
    elif finding.rule == "deleted-in-later-layer" and own is not None:
        stored = [by_line[line] for line in finding.others if line in by_line]
        count = sum(layer.hidden.get(own.layer, 0) for layer in stored)
        measured = _bytes(
            count, f"{bytes_text(count)} of {_layers(stored)} that layer {own.layer} hides"
        )
    elif finding.rule == "owner-copies" and own is not None:
        measured = _bytes(own.again, f"{bytes_text(own.again)} a second time in layer {own.layer}")
    elif finding.rule == "archive-copied" and own is not None:
        count = own.content_bytes
        measured = _bytes(count, f"{bytes_text(count)} in layer {own.layer}")
    elif finding.rule == "missing-dockerignore" and evidence.context_bytes is not None:
        count = evidence.context_bytes
        measured = _bytes(count, f"{bytes_text(count)} in the context")
    return finding if measured is None else replace(finding, measured=measured)


def _misses(finding: Finding, evidence: Evidence) -> Measured | None:
    if not evidence.builds:
        return None
    lines = (*finding.others, finding.line) if finding.others else (finding.line,)
    # The step that pays is the one that is named beside the cause.
    line = max(lines, key=lambda each: (each in finding.others, evidence.misses.get(each, 0)))
    count = evidence.misses.get(line, 0)
    if not count:
        return None
    return Measured(count, "misses", f"line {line} ran in {count} of {evidence.builds} builds")


def _bytes(count: int, text: str) -> Measured | None:
    return Measured(count, "bytes", text) if count > 0 else None


def _layers(layers: Sequence[LayerEvidence]) -> str:
    numbers = sorted({layer.layer for layer in layers})
    return ("layer " if len(numbers) == 1 else "layers ") + ", ".join(map(str, numbers))
