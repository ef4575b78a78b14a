"""Rule `owner-copies`: changing owner or mode in a step of its own stores the files again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.lint.created import MOST_CREATED, Created, created_by, ran
from layerscope.cache.lint.owner_changes import change_of, is_set_already, is_spared
from layerscope.cache.lint.paths import Comparisons, is_inside
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.dockerfile.instructions import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.created import Ran
    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.owner_changes import Change
    from layerscope.cache.lint.reading import Reading, Step

RULE = "owner-copies"
_MOST_CHANGED = 300
# These make no files in the folders that a COPY fills.
_MAKE_NOTHING = frozenset(
    {
        *("chown", "chgrp", "chmod", "cd", "pushd", "popd", "set", "echo", "true", ":", "export"),
        *("adduser", "addgroup", "useradd", "groupadd", "usermod", "groupmod", "passwd"),
    }
)


@dataclass(slots=True)
class _Image:
    """What is known of the image above a command.

    Attributes:
        reading: The file.
        before: What the steps above stored.
        places: Where each step stands, by identity.
        noise: The last step that may have made files which nobody names.
        comparisons: How many more are made.
    """

    reading: Reading
    before: list[Created] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    noise: int = -1
    comparisons: Comparisons = field(default_factory=Comparisons)


def check(reading: Reading) -> Iterator[Finding]:
    """`chown`, `chgrp` and `chmod` of files that an earlier step of the image stored."""
    image = _Image(reading)
    for place, step in enumerate(reading.image_steps):
        image.places[id(step)] = place
        own = created_by(step)
        here = {made.path for made in own}
        for each in ran(step):
            change = change_of(each.command)
            if change is not None and image.comparisons.left > 0:
                stored = [made for made in image.before if made.path not in here]
                finding = _judged(image, step, each, change, stored)
                if finding is not None:
                    yield finding
            if each.command.program not in _MAKE_NOTHING:
                image.noise = place
        if step.commands is None:
            image.noise = place
        if len(image.before) < MOST_CREATED:
            image.before.extend(own)


def _judged(
    image: _Image, step: Step, each: Ran, change: Change, before: list[Created]
) -> Finding | None:
    already: list[tuple[str, Created]] = []
    for word in change.operands[:_MOST_CHANGED]:
        path = step.path(word, each.folder or UNKNOWN_FOLDER)
        if path is None:
            continue
        # At least one, so that changes of nothing come to an end too.
        if not image.comparisons.take(1 + len(before)):
            return None
        path = path.rstrip("/") or "/"
        stored = [
            made
            for made in before
            if _is_changed(made, path, recursive=change.recursive) and not is_spared(change, made)
        ]
        new = [made for made in stored if not is_set_already(change, made, step)]
        if new:
            return _finding(image.reading, step, _cause(new), change, word.text)
        # Without a place in what was copied, the change is meant for files around it too.
        around = [made for made in stored if is_inside(path, made.path)]
        if around:
            already.append((word.text, around[-1]))
    if not already or len(already) < len(change.operands):
        return None
    first = min(image.places[id(made.step)] for _, made in already)
    if image.noise > first:
        return None
    return _needless(image.reading, step, already[0][1], change, already[0][0])


def _is_changed(made: Created, path: str, *, recursive: bool) -> bool:
    if recursive:
        # A folder that one step fills, or one inside of it: `chown -R` goes through its files.
        return is_inside(made.path, path) or (made.tree and is_inside(path, made.path))
    return made.path == path and not made.tree and _is_file(made)


def _is_file(made: Created) -> bool:
    """Is it rather a file than a folder, whose own mode costs nothing?"""
    in_run = not isinstance(made.step.instruction, Transfer)
    return in_run or "." in made.path.rpartition("/")[2] or "." in made.source.rpartition("/")[2]


def _cause(stored: list[Created]) -> Created:
    """The COPY or ADD whose flag would do, if there is one, else the last step."""
    copies = [made for made in stored if isinstance(made.step.instruction, Transfer)]
    return (copies or stored)[-1]


def _finding(reading: Reading, step: Step, made: Created, change: Change, shown: str) -> Finding:
    program, how = change.program, change.how
    flag = "--chmod" if program == "chmod" else "--chown"
    severity: Severity = "warning" if change.recursive else "info"
    if isinstance(made.step.instruction, Transfer):
        keyword = made.step.instruction.keyword.upper()
        value = _flag_value(program, change.setting)
        remedy = f"on line {made.step.line}: {keyword} {flag}={value} …, and no {how} here"
    else:
        remedy = f"do it in the RUN of line {made.step.line}: RUN … && {change.shown} {shown}"
    return reading.finding(
        RULE,
        severity,
        step,
        f"{how} {shown} changes the {_what(program)} of what line {made.step.line} stored: the"
        " layer of this step holds all of it a second time",
        remedy,
        others=[made.step],
        subject=made.path,
    )


def _needless(reading: Reading, step: Step, made: Created, change: Change, shown: str) -> Finding:
    how, what = change.how, _what(change.program)
    alone = f"{change.program} {change.setting} {shown}"
    itself = f"; if the folder itself needs it: {alone}, without -R" if change.recursive else ""
    return reading.finding(
        RULE,
        "info",
        step,
        f"{how} {shown} changes nothing of what line {made.step.line} stored, which has that {what}"
        " already: the layer of this step may hold all of it a second time",
        f"no {how} here{itself}",
        others=[made.step],
        subject=made.path,
    )


def _what(program: str) -> str:
    return "mode" if program == "chmod" else "owner"


def _flag_value(program: str, setting: str) -> str:
    """What the flag of COPY takes: an owner as it is, a mode in digits or, since 2024, symbols."""
    if not setting:
        return "…"
    if program == "chgrp":
        return f":{setting}"
    if program == "chown":
        return setting
    if setting in ("+x", "a+x", "ugo+x", "755", "0755"):
        return "0755"
    return setting if setting.isdigit() else "0755" if "x" in setting else "0644"
