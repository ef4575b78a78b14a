"""Why each step misses, in a code and a line that a person can act on.

Builders say by which rule a step missed (`step.Cause`); this module compares the step with the one
of the earlier builds that is most like it and names what differs. Each code has a page in
`docs/reference/reasons/`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.cache.counterparts import counterpart
from layerscope.cache.credentials import is_hidden
from layerscope.cache.file_changes import changes, summary
from layerscope.cache.step import Cause, Outcome, Reason
from layerscope.cache.unknown_reasons import of_unknown
from layerscope.errors import shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from layerscope.cache.step import CacheStep, Prediction, StepFacts

CODES = (
    "after-forced",
    "argument-changed",
    "base-changed",
    "cannot-succeed",
    "content-changed",
    "destination-changed",
    "environment-changed",
    "environment-order",
    "file-added",
    "file-removed",
    "file-renamed",
    "flag-changed",
    "follows-miss",
    "follows-unknown",
    "image-unknown",
    "instruction-changed",
    "link-changed",
    "mode-changed",
    "mount-changed",
    "new-step",
    "no-cache",
    "no-earlier-build",
    "not-a-step",
    "not-in-cache",
    "option-changed",
    "order-changed",
    "owner-changed",
    "platform-changed",
    "remote-unknown",
    "rerun-unknown",
    "shell-changed",
    "source-changed",
    "source-renamed",
    "type-changed",
    "user-changed",
    "workdir-changed",
    "xattrs-changed",
)

# Ingredient kind to (code, what it is called). The order is that in which differences are named: a
# changed text explains more than the flags and variables that changed with it.
KINDS = {
    "base": ("base-changed", "base image"),
    "platform": ("platform-changed", "platform"),
    "shell": ("shell-changed", "SHELL"),
    "instruction": ("instruction-changed", "instruction"),
    "source": ("source-renamed", "source"),
    "destination": ("destination-changed", "destination"),
    "owner": ("flag-changed", "--chown"),
    "mode": ("flag-changed", "--chmod"),
    "exclude": ("flag-changed", "--exclude"),
    "unpack": ("flag-changed", "--unpack"),
    "argument": ("argument-changed", "ARG"),
    "environment": ("environment-changed", "ENV"),
    "user": ("user-changed", "USER"),
    "workdir": ("workdir-changed", "WORKDIR"),
    "mount": ("mount-changed", "--mount"),
    "network": ("option-changed", "network mode"),
    "security": ("option-changed", "security mode"),
    "host": ("option-changed", "extra host"),
    "epoch": ("option-changed", "SOURCE_DATE_EPOCH"),
    "option": ("option-changed", "option"),
}

BY_RULE = {
    Cause.NEVER: ("no-earlier-build", "nothing was built before"),
    Cause.FORCED: ("no-cache", "it is told to run by --no-cache or --no-cache-filter"),
    Cause.AFTER_FORCED: (
        "after-forced",
        "line {line} is told to run, so this step cannot be looked up by it",
    ),
    Cause.PARENT: ("follows-miss", "follows the miss on line {line}"),
    Cause.FAILS: ("cannot-succeed", "this step cannot succeed"),
}

VALUE_CHARACTERS = 60
SHOWN_DIFFERENCES = 3


def with_reasons(prediction: Prediction) -> Prediction:
    """The same prediction; every step that is no hit has its reason."""
    prediction = replace(prediction, steps=_from_first_misses(prediction.steps))
    steps = []
    for step in prediction.steps:
        if step.outcome is Outcome.HIT:
            steps.append(step)
        elif step.outcome is Outcome.UNKNOWN:
            steps.append(replace(step, reason=of_unknown(step, prediction.steps)))
        else:
            steps.append(replace(step, reason=reason_of(step, prediction.earlier)))
    return replace(prediction, steps=tuple(steps))


def _from_first_misses(steps: Sequence[CacheStep]) -> tuple[CacheStep, ...]:
    """The same steps; one that follows a miss names the first of the misses it follows."""
    below: dict[tuple[int, str | None], CacheStep] = {}
    for step in steps:
        if step.outcome is Outcome.MISS:
            below.setdefault((step.facts.line, step.facts.platform), step)

    def first(step: CacheStep) -> CacheStep:
        line = step.cause_line
        seen = {step.facts.line}
        while line not in seen and (other := below.get((line, step.facts.platform))) is not None:
            if other.cause is not Cause.PARENT:
                break
            seen.add(line)
            line = other.cause_line
        return replace(step, cause_line=line)

    return tuple(first(step) if step.cause is Cause.PARENT else step for step in steps)


def reason_of(step: CacheStep, earlier: Sequence[Sequence[StepFacts]]) -> Reason:
    """Why this step misses, or is none that is looked up."""
    if step.outcome is Outcome.NO_STEP:
        text = "FROM names what the stage starts from; it is not looked up"
        return Reason("not-a-step", step.detail or text)
    by_rule = _by_rule(step)
    if by_rule is not None:
        return by_rule
    other = counterpart(step.facts, earlier)
    if step.cause is Cause.SOURCE:
        return _of_source(step, other)
    if other is None:
        return Reason("new-step", "no earlier build has a step like this one")
    return difference(step.facts, other)


def _of_source(step: CacheStep, other: StepFacts | None) -> Reason:
    """Why a step misses that takes other files from somewhere: which files, if they are known."""
    known = None if other is None else _files(step.facts, other)
    if known is not None:
        return known
    if step.cause_line in {0, step.facts.line}:
        # What it takes is no other step's: a here-document, an image, a named context.
        reason = None if other is None else difference(step.facts, other)
        if reason is not None and reason.code != "not-in-cache":
            return reason
        return Reason("source-changed", "what it takes from elsewhere is other than before")
    text = f"what it takes from line {step.cause_line} is other than before"
    return Reason("source-changed", text)


def _by_rule(step: CacheStep) -> Reason | None:
    """The reason, where the rule alone tells it; None where the steps must be compared."""
    line = step.cause_line
    if step.cause is Cause.FAILS and step.detail:
        return Reason("cannot-succeed", step.detail)
    if step.cause is None or step.cause not in BY_RULE:
        return None
    code, text = BY_RULE[step.cause]
    return Reason(code, text.format(line=line))


def difference(step: StepFacts, other: StepFacts) -> Reason:
    """What differs between a step and the one it is compared with."""
    own = _ingredients(step, other)
    if own is not None:
        return own
    files = _files(step, other)
    if files is not None:
        return files
    if (step.stage_index, step.position) != (other.stage_index, other.position):
        text = f"the same step stood on line {other.line} before, after other steps"
        return Reason("order-changed", text)
    return Reason("not-in-cache", "the same step is not in the cache on top of what is below it")


def _ingredients(step: StepFacts, other: StepFacts) -> Reason | None:
    after = {(each.kind, each.name): each.value for each in step.ingredients}
    before = {(each.kind, each.name): each.value for each in other.ingredients}
    differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    # Only the first step of a stage names its base: where one of the two has none, it moved.
    differing = [key for key in differing if key[0] != "base" or (key in before and key in after)]
    if not differing:
        same_order = list(before) == list(after)
        if same_order or not {kind for kind, _ in after} & {"environment", "argument"}:
            return None
        return Reason("environment-order", "the variables are the same, in another order")
    order = list(KINDS)
    differing.sort(key=lambda key: (order.index(key[0]) if key[0] in KINDS else len(order), key[1]))
    kind, name = differing[0]
    text = _said(kind, name, before.get((kind, name)), after.get((kind, name)), other.line)
    more = [_called(*key) for key in differing[1:]]
    if more:
        rest = " and more" if len(more) > SHOWN_DIFFERENCES else ""
        text += f"; also {', '.join(more[:SHOWN_DIFFERENCES])}{rest}"
    return Reason(KINDS.get(kind, ("option-changed", ""))[0], text)


def _called(kind: str, name: str) -> str:
    title = KINDS.get(kind, ("", kind))[1]
    # Sources are counted, which says nothing.
    return f"{title} {shown(name)}" if name and kind != "source" else title


def _said(kind: str, name: str, before: Hashable, after: Hashable, line: int) -> str:
    title = _called(kind, name)
    if kind == "instruction":
        return f"the text differs from line {line} of the earlier build: {_value(name, before)}"
    if kind == "mount":
        # What is compared of a mount is no text that anybody wrote.
        return f"{title} {_fate(before, after)}"
    if before is None:
        return f"{title} is new: {_value(name, after)}"
    if after is None:
        return f"{title} is gone, was {_value(name, before)}"
    return f"{title}: {_value(name, after)}, was {_value(name, before)}"


def _fate(before: Hashable, after: Hashable) -> str:
    if before is None:
        return "is new"
    return "is gone" if after is None else "has other options"


def _value(name: str, value: Hashable) -> str:
    """A value for people; one that may be a credential is not shown."""
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if is_hidden(name, text):
        return "(not shown)"
    text = shown(text, VALUE_CHARACTERS)
    return text or "(empty)"


def _files(step: StepFacts, other: StepFacts) -> Reason | None:
    if len(step.selections) != len(other.selections):
        return None
    found = []
    origin = ""
    for mine, theirs in zip(step.selections, other.selections, strict=True):
        if mine.entries is None or theirs.entries is None:
            continue
        changed = changes(theirs.entries, mine.entries)
        if changed:
            found += changed
            origin = origin or mine.origin
    if not found:
        return None
    code, text, paths = summary(found)
    where = "" if origin in {"", "context"} else f" (from {shown(origin)})"
    return Reason(code, text + where, paths)
