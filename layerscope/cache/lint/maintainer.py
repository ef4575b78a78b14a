"""Rule `maintainer`: MAINTAINER is a step, so that changing it runs all steps below again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Add, Copy, Maintainer, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading

RULE = "maintainer"


def check(reading: Reading) -> Iterator[Finding]:
    """Each MAINTAINER; the message says whether steps stand below it that would run again."""
    for stage in reading.stages:
        below = False
        found = []
        for step in reversed(stage.steps):
            if isinstance(step.instruction, Maintainer):
                found.append((step, below))
            below = below or isinstance(step.instruction, Run | Copy | Add)
        for step, has_work_below in reversed(found):
            cost = (
                "classic and buildah look up every step below by it"
                if has_work_below
                else "classic and buildah make a step of it"
            )
            yield reading.finding(
                RULE,
                "info",
                step,
                f"MAINTAINER is deprecated: {cost}",
                "LABEL org.opencontainers.image.authors=…, as one of the last lines of the stage",
            )
