"""Rule `owner-copies`: changing owner or mode in a step of its own stores the files again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.cache.lint.created import MOST_CREATED, Created, created_by, ran
from layerscope.cache.lint.paths import Comparisons, is_inside
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.dockerfile.instructions import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.created import Ran
    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.reading import Reading, Step

RULE = "owner-copies"
_RECURSIVE = re.compile(r"-[A-Za-z]*R[A-Za-z]*|--recursive")
_MOST_CHANGED = 300


def check(reading: Reading) -> Iterator[Finding]:
    """`chown`, `chgrp` and `chmod` of files that an earlier step of the image stored."""
    before: list[Created] = []
    comparisons = Comparisons()
    for step in reading.image_steps:
        own = created_by(step)
        here = {made.path for made in own}
        for each in ran(step):
            if each.command.program in ("chown", "chgrp", "chmod"):
                stored = [made for made in before if made.path not in here]
                finding = _judged(reading, step, each, stored, comparisons)
                if finding is not None:
                    yield finding
        if len(before) < MOST_CREATED:
            before.extend(own)


def _judged(
    reading: Reading, step: Step, each: Ran, before: list[Created], comparisons: Comparisons
) -> Finding | None:
    command = each.command
    recursive = any(_RECURSIVE.fullmatch(text) for text in command.texts)
    reference = any(text.startswith("--reference") for text in command.texts)
    words = [word for word in command.arguments if not _is_option(command.program, word.text)]
    if not reference:
        setting, words = (words[0].text if words else ""), words[1:]
    else:
        setting = "…"
    for word in words[:_MOST_CHANGED]:
        path = step.path(word, each.folder or UNKNOWN_FOLDER)
        if path is None:
            continue
        if not comparisons.take(len(before)):
            return None
        path = path.rstrip("/") or "/"
        stored = [made for made in before if _is_changed(made, path, recursive=recursive)]
        if stored:
            return _finding(
                reading,
                step,
                _cause(stored),
                program=command.program,
                shown=word.text,
                setting=setting,
                recursive=recursive,
            )
    return None


def _is_option(program: str, text: str) -> bool:
    """`chmod -x FILE` has a mode that begins like an option."""
    if not text.startswith("-"):
        return False
    return (
        program != "chmod"
        or bool(_RECURSIVE.fullmatch(text))
        or text.startswith("--")
        or (not re.fullmatch(r"-[rwxXst]+", text))
    )


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


def _finding(
    reading: Reading,
    step: Step,
    made: Created,
    *,
    program: str,
    shown: str,
    setting: str,
    recursive: bool,
) -> Finding:
    flag = "--chmod" if program == "chmod" else "--chown"
    what = "mode" if program == "chmod" else "owner"
    severity: Severity = "warning" if recursive else "info"
    how = f"{program} -R" if recursive else program
    if isinstance(made.step.instruction, Transfer):
        keyword = made.step.instruction.keyword.upper()
        value = _flag_value(program, setting)
        remedy = f"on line {made.step.line}: {keyword} {flag}={value} …, and no {how} here"
    else:
        remedy = f"do it in the RUN of line {made.step.line}: RUN … && {how} {setting} {shown}"
    return reading.finding(
        RULE,
        severity,
        step,
        f"{how} {shown} changes the {what} of what line {made.step.line} stored: the layer of this"
        " step holds all of it a second time",
        remedy,
        others=[made.step],
        subject=made.path,
    )


def _flag_value(program: str, setting: str) -> str:
    """What the flag of COPY takes: an owner as it is, a mode in digits or, since 2024, symbols."""
    if program == "chgrp":
        return f":{setting}"
    if program == "chown":
        return setting or "…"
    if setting in ("+x", "a+x", "ugo+x", "755", "0755"):
        return "0755"
    return setting if setting.isdigit() else "0755" if "x" in setting else "0644"
