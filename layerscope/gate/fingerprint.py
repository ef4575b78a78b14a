"""What stays the same of a check from commit to commit, for tools that match findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.measured import Part, StoredLayer
    from layerscope.gate.policy import Budget
    from layerscope.report.answers import ImageName


class Fingerprints:
    """Gives each check of a verdict 64 hex digits, and no two the same.

    They are a SHA-256 of the budget's name and metric, the scope, the part, the platform, and the
    image's name without its tag (of a nameless one the name of its file): nothing of it changes
    when a new build of the image is judged. Those that would be equal are told apart by their
    order.
    """

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def of(self, budget: Budget, name: ImageName | None, part: Part = "all", each: str = "") -> str:
        """The fingerprint of one check.

        Args:
            budget: Which budget.
            name: Which image; None for none or for all together.
            part: Whose layers.
            each: What tells one layer from others, where each is judged by itself.
        """
        import hashlib  # noqa: PLC0415 - opening it takes a while, and `--help` has no verdict

        facts = [
            budget.name,
            budget.metric,
            budget.scope.kind,
            budget.scope.pattern,
            part,
            _lasting(name) if name else "",
            str(name.platform) if name else "",
            each,
        ]
        text = json.dumps(facts)
        before = self._given[text] = self._given.get(text, -1) + 1
        text = json.dumps([*facts, before]) if before else text
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def layer_key(layers: Sequence[StoredLayer], index: int) -> str:
    """What lasts of a layer: its instruction, or its index if that is not known."""
    return layers[index].created_by or str(index)


def _lasting(name: ImageName) -> str:
    if not name.names:
        return name.input.rstrip("/").rpartition("/")[2]
    place, slash, last = familiar(name.names[0]).partition("@")[0].rpartition("/")
    return f"{place}{slash}{last.partition(':')[0]}"
