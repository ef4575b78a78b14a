"""What a builder would do with each step, and what it compares to decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from layerscope.cache.filetree import FileNode

AssumeReruns = Literal["same", "changed"]


class Outcome(StrEnum):
    """What becomes of a step; `no-step` is a line that the builder reports without a verdict."""

    HIT = "hit"
    MISS = "miss"
    UNKNOWN = "unknown"
    NO_STEP = "no-step"


class Cause(StrEnum):
    """Which rule of the cache made a step miss; `reasons` finds what differs.

    `OWN`: nothing in the cache has this step's own key (text, environment, content, base …).
    `PARENT`: the step before it in its stage (or the stage it is built from) missed.
    `SOURCE`: a stage or image it copies or mounts from gives other content, or is not known.
    `FORCED`: `--no-cache` or `--no-cache-filter`. `AFTER_FORCED`: its input was forced to run.
    `RERUN`: a stage that it takes files from runs again; whether they stay the same is unknown.
    `FAILS`: the step cannot succeed. `NEVER`: no earlier build, an empty cache.
    """

    OWN = "own"
    PARENT = "parent"
    SOURCE = "source"
    FORCED = "forced"
    AFTER_FORCED = "after-forced"
    RERUN = "rerun"
    FAILS = "fails"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One part of what a step is looked up by, in words a reason can use.

    Attributes:
        kind: `instruction`, `environment`, `argument`, `user`, `workdir`, `shell`, `network`,
            `security`, `host`, `mount`, `platform`, `base`, `owner`, `mode`, `exclude`,
            `destination`, `source`, `unpack`, `option`, `epoch`.
        name: Which one: a variable's name, a mount's target; empty where there is but one.
        value: What is compared.
    """

    kind: str
    name: str
    value: Hashable


@dataclass(frozen=True, slots=True)
class Selection:
    """The files that a step takes from somewhere, as its checksum sees them.

    Attributes:
        source: The source path as written (after expansion).
        origin: `context`, `stage NAME`, `image NAME`, `url` or `context NAME`.
        entries: Path, as the checksum names it, to (node as compared, digest of the content). The
            attributes that the builder does not compare are at their defaults. None where the
            files are not known.
    """

    source: str
    origin: str
    entries: Mapping[str, tuple[FileNode, bytes]] | None


@dataclass(frozen=True, slots=True)
class StepFacts:
    """Where a step stands, and what it is looked up by apart from its parent.

    Attributes:
        stage: The stage's name as the output has it (`build`, `stage-1`); None for an image that is
            only named by `--from`.
        stage_index: Its place in the file, from 0.
        position: Its place among the instructions of the stage, from 0; a base's triggers come
            first.
        line: Line of the instruction (of the `FROM` for a base's triggers).
        keyword: In lower case.
        instruction: Its text, continuation lines joined.
        platform: In builds for several platforms.
        ingredients: In a stable order.
        selections: In the order of the sources.
    """

    stage: str | None
    stage_index: int
    position: int
    line: int
    keyword: str
    instruction: str
    platform: str | None = None
    ingredients: tuple[Ingredient, ...] = ()
    selections: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step misses: a code with a page in `docs/reference/reasons/`, a line, the files."""

    code: str
    text: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CacheStep:
    """One row of a prediction.

    Attributes:
        facts: What and where it is.
        vertex: The builder's own name for it.
        outcome: What becomes of it.
        cause: Which rule made it miss (or unknown); None for a hit or no step.
        cause_line: The line of the step that the cause is about (`PARENT`, `SOURCE`,
            `AFTER_FORCED`, `RERUN`), 0 if none.
        detail: For `FAILS`: what is wrong, in one line.
        reason: Filled in by `reasons`.
    """

    facts: StepFacts
    vertex: str
    outcome: Outcome
    cause: Cause | None = None
    cause_line: int = 0
    detail: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A build that cannot succeed.

    Attributes:
        message: What is wrong, in one line.
        line: The line of the step that fails; 0 where the build fails before any step.
        parse: Does the Dockerfile itself not hold (no step is started)?
    """

    message: str
    line: int = 0
    parse: bool = False


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the last build of a sequence does.

    Attributes:
        steps: In the order in which the builder would report them; steps that are never started
            after a failure are left out.
        failed: The failure, if the build cannot succeed.
        earlier: For each earlier build, the facts of its steps that are in the cache, for reasons.
    """

    steps: tuple[CacheStep, ...]
    failed: Failure | None
    earlier: tuple[tuple[StepFacts, ...], ...] = ()
