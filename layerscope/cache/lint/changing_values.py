"""Rule `changing-value-early`: a value that differs in each build stands above costly steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Arg, Env, Label, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading, Step

RULE = "changing-value-early"

# Whole names only: `RUNC_COMMIT` pins another project and does not change.
_CHANGING = re.compile(
    r"BUILD_?(?:DATE|TIME|TIMESTAMP|STAMP|NUMBER|NUM|ID)"
    r"|(?:GIT|VCS|SOURCE|CI)_?(?:COMMIT(?:_(?:SHA|HASH|ID|TIME|DATE))?|SHA1?|HASH|REV|REVISION|REF)"
    r"|COMMIT(?:_?(?:SHA1?|HASH|ID|REF|DATE|TIME))?|GITHUB_(?:SHA|RUN_ID|RUN_NUMBER)|REVISION"
    r"|(?:DATE|TIME|BUILD)?_?TIMESTAMP|CI_(?:PIPELINE|JOB)_(?:ID|IID)|SOURCE_DATE_EPOCH",
    re.IGNORECASE,
)
_PINNED = re.compile(r"[0-9a-f]{7,64}|v?[0-9]+(?:\.[0-9]+)+\S{0,40}")
_CHANGING_LABELS = frozenset(
    {"org.opencontainers.image.created", "org.opencontainers.image.revision"}
)
_MOST_NAMES = 50


def check(reading: Reading) -> Iterator[Finding]:
    """ARG and ENV whose value changes with each build, above a RUN that does not use it."""
    for stage in reading.stages:
        steps = stage.steps
        count = 0
        for place, step in enumerate(steps):
            names = _changing(step)
            count += len(names)
            if not names or count > _MOST_NAMES:
                continue
            victim = _first_victim(names, steps[place + 1 :])
            if victim is not None:
                yield _finding(reading, step, names, victim)


def _changing(step: Step) -> list[str]:
    instruction = step.instruction
    if isinstance(instruction, Arg):
        return [
            argument.key
            for argument in instruction.arguments
            if _CHANGING.fullmatch(argument.key)
            # A default that is a version or a hash pins something; it is changed by hand.
            and not _PINNED.fullmatch((argument.value or "").strip("\"'"))
        ]
    if isinstance(instruction, Env):
        return [
            pair.key
            for pair in instruction.pairs
            if _CHANGING.fullmatch(pair.key)
            and not _PINNED.fullmatch(pair.value.strip("\"'"))
            and pair.value.strip("\"'")
        ]
    if isinstance(instruction, Label):
        return [pair.key for pair in instruction.pairs if pair.key in _CHANGING_LABELS]
    return []


def _first_victim(names: Sequence[str], below: Sequence[Step]) -> Step | None:
    """The first step that runs again because of the value and does not use it; None if none does.

    What stands below a step that uses the value runs again anyway.
    """
    for step in below:
        instruction = step.instruction
        if isinstance(instruction, Run):
            texts = (*instruction.words, *(file.content for file in instruction.files))
            if any(name in text for name in names for text in texts):
                return None
            if _is_costly(step):
                return step
        elif isinstance(instruction, Env) and any(
            name in pair.value for name in names for pair in instruction.pairs
        ):
            # The variable that takes the value over has a finding of its own, or none.
            return None
    return None


def _is_costly(step: Step) -> bool:
    """Does the step more than make folders and links?"""
    cheap = {"mkdir", "chmod", "chown", "ln", "touch", "echo", "true", "set", ":", "rm", "cp", "mv"}
    return step.commands is None or any(command.program not in cheap for command in step.commands)


def _finding(reading: Reading, step: Step, names: Sequence[str], victim: Step) -> Finding:
    keyword = step.instruction.keyword.upper()
    shown = ", ".join(names)
    if isinstance(step.instruction, Label):
        return reading.finding(
            RULE,
            "info",
            step,
            f"LABEL {shown} changes with each build: classic and buildah then run line"
            f" {victim.line} and all below again",
            "move the LABEL to the last lines of the stage",
            others=[victim],
        )
    return reading.finding(
        RULE,
        "warning",
        step,
        f"{keyword} {shown} changes with each build and is part of the key of every RUN below:"
        f" line {victim.line} runs again and does not use it",
        f"move {keyword} {shown} down, right above the first step that uses it",
        others=[victim],
    )
