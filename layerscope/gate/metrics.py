"""The numbers that a budget can bound: names, units, and of which parts of an image each is known.

The names are those of the report's metrics (`report.metrics.UNITS`) and some that only a gate asks
for. A configuration may leave out `_bytes` and write `-` for `_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from layerscope.report.metrics import UNITS

if TYPE_CHECKING:
    from layerscope.gate.policy import ScopeKind

Unit = Literal["bytes", "count", "ratio"]

_LAYERED: frozenset[ScopeKind] = frozenset({"image", "layer", "instruction"})
_EVERYWHERE: frozenset[ScopeKind] = _LAYERED | {"path", "package"}
_WHOLE: frozenset[ScopeKind] = frozenset({"image"})
_RUN: frozenset[ScopeKind] = frozenset({"run"})


class Metric(msgspec.Struct, frozen=True):
    """One number.

    Attributes:
        name: As verdicts have it.
        unit: Of its values.
        scopes: The parts of an image that it is known of.
        about: What it is, for the reference.
    """

    name: str
    unit: Unit
    scopes: frozenset[ScopeKind]
    about: str

    @property
    def additive(self) -> bool:
        """Whether the numbers of the layers sum to that of the image.

        Own layers and those of the base can be judged apart then.
        """
        return "layer" in self.scopes or self.name == "layers"


_ALL = (
    Metric("compressed_bytes", "bytes", _LAYERED, "layers as they are stored and pulled"),
    Metric("uncompressed_bytes", "bytes", _LAYERED, "the tars of the layers"),
    Metric("content_bytes", "bytes", _EVERYWHERE, "files that the layers store"),
    Metric("visible_bytes", "bytes", _EVERYWHERE, "files that a container sees"),
    Metric("wasted_bytes", "bytes", _EVERYWHERE, "files that are stored and hidden"),
    Metric("duplicate_bytes", "bytes", _WHOLE, "equal files at several visible paths"),
    Metric("junk_bytes", "bytes", _WHOLE, "caches, logs and other known junk"),
    Metric("efficiency", "ratio", _WHOLE, "visible of stored bytes"),
    Metric("files", "count", _EVERYWHERE, "regular files; stored, or visible of a path"),
    Metric("entries", "count", _LAYERED, "members of the layers' tars"),
    Metric("layers", "count", _WHOLE, "layers"),
    Metric("packages", "count", _WHOLE | {"package"}, "packages that are installed"),
    Metric("unique_bytes", "bytes", _WHOLE, "stored for no other image of the run"),
    Metric("shared_bytes", "bytes", _WHOLE, "stored for other images of the run too"),
    Metric("shared_ratio", "ratio", _WHOLE, "shared of unique and shared bytes"),
    Metric("new_bytes", "bytes", _WHOLE, "visible content that the baseline has nowhere"),
    Metric("pull_delta_bytes", "bytes", _WHOLE, "layers to pull for who has the baseline"),
    Metric("dive_efficiency", "ratio", _WHOLE, "by dive's rules"),
    Metric("dive_wasted_bytes", "bytes", _WHOLE, "by dive's rules"),
    Metric("dive_user_wasted_ratio", "ratio", _WHOLE, "by dive's rules; may exceed 1"),
    Metric("cache_steps_rebuilt", "count", _RUN, "steps that the build cache misses"),
)
_OF_THE_RUN = (
    "blob_bytes_referenced",
    "blob_bytes_unique",
    "chain_id_bytes_referenced",
    "chain_id_bytes_unique",
    "diff_id_bytes_referenced",
    "diff_id_bytes_unique",
    "faults",
    "images",
    "skipped",
)

METRICS: dict[str, Metric] = {
    **{metric.name: metric for metric in _ALL},
    **{
        name: Metric(
            name, "bytes" if UNITS[name] == "bytes" else "count", _RUN, "of all images together"
        )
        for name in _OF_THE_RUN
    },
}
"""Every metric by its name."""


AGAINST_A_BASELINE = frozenset({"new_bytes", "pull_delta_bytes"})
"""Numbers that say themselves how an image differs from its baseline."""

STORED = frozenset(
    {
        "blob_bytes_referenced",
        "blob_bytes_unique",
        "compressed_bytes",
        "shared_bytes",
        "shared_ratio",
        "unique_bytes",
    }
)
"""Numbers of layers as they are stored, which say nothing of growth where compression changed."""


def metric_named(text: str) -> Metric | None:
    """The metric that a configuration names, None if there is none of that name.

    >>> metric_named("pull-delta").name, metric_named("wasted").name
    ('pull_delta_bytes', 'wasted_bytes')
    """
    name = text.strip().lower().replace("-", "_")
    return METRICS.get(name) or METRICS.get(f"{name}_bytes")
