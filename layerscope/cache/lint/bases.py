"""Rule `unpinned-base`: what a name stands for can change without a line changing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.finding import Finding
from layerscope.dockerfile.instructions import Copy
from layerscope.errors import UsageError
from layerscope.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Severity
    from layerscope.cache.lint.reading import Reading, StageReading


RULE = "unpinned-base"


def check(reading: Reading) -> Iterator[Finding]:
    """Images without a tag or with `latest`; for information, those without a digest.

    Each name is reported once, where it is used first. A name with a variable counts as what its
    default gives; one without a default is left alone.
    """
    seen: set[str] = set()
    names = {stage.stage.name.lower() for stage in reading.stages if stage.stage.name}
    for stage in reading.stages:
        if stage.kind == "image" and stage.base not in seen:
            seen.add(stage.base)
            judged = _judge(stage.base)
            if judged is not None:
                yield _of_from(stage, *judged)
        for step in stage.steps:
            copy = step.instruction
            if not isinstance(copy, Copy) or not copy.from_name:
                continue
            name = copy.from_name
            if name.lower() in names or name.isdigit() or name in seen or "$" in name:
                continue
            seen.add(name)
            judged = _judge(name)
            # A name without tag or registry can be a context of its own (`--build-context`).
            if judged is not None and judged[0] == "warning" and ("/" in name or ":" in name):
                yield reading.finding(RULE, judged[0], step, judged[1], f"COPY --from={judged[2]}")


def _of_from(stage: StageReading, severity: Severity, message: str, pinned: str) -> Finding:
    location = stage.stage.node.location
    named = f" AS {stage.stage.name}" if stage.stage.name else ""
    return Finding(
        RULE,
        severity,
        location.first_line,
        location.last_line,
        stage.label,
        message,
        f"FROM {pinned}{named}",
    )


def _judge(name: str) -> tuple[Severity, str, str] | None:
    """How severe it is, what is wrong, and the name as it should be; None if it is pinned."""
    try:
        reference = Reference.parse(name)
    except UsageError:
        # BuildKit refuses the name when it builds; that is no matter of the cache.
        return None
    if reference.digest is not None:
        return None
    plain = name if reference.tag is None else name.rpartition(":")[0]
    if reference.tag is None or reference.tag == "latest":
        how = "has no tag, so it is latest" if reference.tag is None else "is latest"
        message = (
            f"{name} {how}: each new version of it makes all steps run again, and two machines can"
            " build on two versions"
        )
        return "warning", message, f"{plain}:VERSION@sha256:…"
    message = (
        f"{name} has no digest: the tag can be moved to another image, and all steps then run again"
    )
    return "info", message, f"{name}@sha256:…"
