"""The part of an image that a budget names, checked as far as the policy alone allows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown
from layerscope.gate.did_you_mean import nearest
from layerscope.gate.policy import Scope
from layerscope.gate.policy_tables import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.gate.metrics import Metric
    from layerscope.gate.policy import ScopeKind

SCOPES: tuple[ScopeKind, ...] = ("layer", "path", "package", "instruction")
"""The parts that have a key of their own."""

LAYER_WORDS = ("own", "base", "each")

PATTERN_CHARACTERS = 4096
"""The longest glob, as for paths."""

# Longer numbers are digits of a digest.
_INDEX = re.compile(r"-?[0-9]{1,4}", re.ASCII)
# At least six digits of a digest, so that no misspelled word is taken for one.
_DIGEST = re.compile(r"(?:[a-z0-9]{1,20}:)?[0-9a-f]{6,128}", re.ASCII)


def scope_of(named: Mapping[ScopeKind, str | int], metric: Metric) -> Scope:
    """The scope of a budget whose file names these parts: one at most.

    Without any it is the whole image, or all images together for a metric of the run.

    Raises: `UsageError` if there are several, if the metric is not known of that part, or if the
        text is no such part.
    """
    if len(named) > 1:
        given = ", ".join(named)
        raise UsageError(f"expected one of {', '.join(SCOPES)} at most, found {given}")
    if not named:
        return Scope("image" if "image" in metric.scopes else "run")
    ((kind, text),) = named.items()
    if kind not in metric.scopes:
        raise UsageError(
            f"{metric.name} is not known of {_one(kind)}, only of {_parts(metric)}",
            hint=f"of {_one(kind)} there are {', '.join(_metrics_of(kind))}",
        )
    if kind == "layer":
        return Scope("layer", layer_pattern(text))
    return Scope(kind, pattern(kind, str(text)))


def layer_pattern(value: str | int) -> str:
    """Which layers are meant, as `Scope.pattern` has it.

    Raises: `UsageError` if it is neither a known word, an index, nor the beginning of a digest.

    >>> layer_pattern(-1), layer_pattern("own"), layer_pattern("SHA256:12AB56")
    ('-1', 'own', 'sha256:12ab56')
    """
    text = str(value).strip().lower()
    if text in LAYER_WORDS:
        return text
    if _INDEX.fullmatch(text):
        return str(int(text))
    if _DIGEST.fullmatch(text):
        return text
    near = nearest(text, LAYER_WORDS)
    raise UsageError(
        "layer: expected own, base, each, an index such as 0 or -1, or six or more digits"
        f" of a digest, found {shown(value, 40)}",
        hint=f"did you mean {near}?" if near else "",
    )


def pattern(key: str, text: str) -> str:
    """The glob, as it stands.

    Raises: `UsageError` if it is empty, too long, or, for paths and images, one that cannot be
        matched.
    """
    if not text.strip() or len(text) > PATTERN_CHARACTERS:
        found = f"{len(text)} characters" if text.strip() else "an empty one"
        raise UsageError(f"{key}: expected a glob of 1 to {PATTERN_CHARACTERS} characters, {found}")
    if key in {"path", "image"}:
        from layerscope.analysis.glob import Glob  # noqa: PLC0415 - few budgets have one

        with inside(key):
            Glob(text)
    return text


def _parts(metric: Metric) -> str:
    words = {"image": "a whole image", "run": "all images together"}
    order: tuple[ScopeKind, ...] = ("image", *SCOPES, "run")
    found = [words.get(kind) or _one(kind) for kind in order if kind in metric.scopes]
    return f"{', '.join(found[:-1])} or {found[-1]}" if found[1:] else found[0]


def _one(kind: ScopeKind) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _metrics_of(kind: ScopeKind) -> list[str]:
    from layerscope.gate.metrics import METRICS  # noqa: PLC0415 - only for texts that are wrong

    return [name for name, metric in METRICS.items() if kind in metric.scopes]
