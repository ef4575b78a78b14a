"""What a `chown`, `chgrp` or `chmod` sets and on which words, and what a COPY has set already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Copy, Transfer

if TYPE_CHECKING:
    from layerscope.cache.lint.created import Created
    from layerscope.cache.lint.reading import Step
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word

_PROGRAMS = frozenset({"chown", "chgrp", "chmod"})
_RECURSIVE = re.compile(r"-[A-Za-z]*R[A-Za-z]*")
_TAKES_MODE_AWAY = re.compile(r"-[rwxXst]+(?:,.*)?")
# The long options that take a value, which can be a word of its own; any beginning of a name that
# is of one option only names it.
_WITH_VALUE = ("--from", "--reference")
_SHORTEST = len("--f")
_ADDS_EXECUTE = frozenset({"+x", "a+x", "ugo+x"})
_EXECUTABLE = re.compile(r"[0-7]?[1357]{3}")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of owners or modes.

    Attributes:
        program: `chown`, `chgrp` or `chmod`.
        setting: The owner, group or mode as written; empty if it is that of another file.
        reference: The file whose owner or mode it takes; empty if none.
        current: The owner that a file must have now to be changed; empty if any will do.
        recursive: Does it go through folders?
        operands: What it changes.
    """

    program: str
    setting: str
    reference: str
    current: str
    recursive: bool
    operands: tuple[Word, ...]

    @property
    def how(self) -> str:
        """The program, with `-R` if it goes through folders."""
        return f"{self.program} -R" if self.recursive else self.program

    @property
    def shown(self) -> str:
        """All in front of the operands, in its shortest form."""
        current = f" --from={self.current}" if self.current else ""
        setting = f"--reference={self.reference}" if self.reference else self.setting
        return f"{self.how}{current} {setting}"


def change_of(command: Command) -> Change | None:
    """The change that a command makes; None if it makes none.

    Options can stand before and behind the operands, and `--` ends them, as with GNU's programs.
    """
    program = command.program
    if program not in _PROGRAMS:
        return None
    values = dict.fromkeys(_WITH_VALUE, "")
    operands: list[Word] = []
    recursive = ended = False
    waiting = ""
    for word in command.arguments:
        text = word.text
        if waiting:
            values[waiting] = text
            waiting = ""
        elif ended or not text.startswith("-") or text == "-":
            operands.append(word)
        elif text == "--":
            ended = True
        elif text.startswith("--"):
            name, has_value, value = text.partition("=")
            option = _option(name)
            recursive = recursive or name.startswith("--rec")
            if option and has_value:
                values[option] = value
            else:
                waiting = option
        elif program == "chmod" and _TAKES_MODE_AWAY.fullmatch(text):
            operands.append(word)
        else:
            recursive = recursive or bool(_RECURSIVE.fullmatch(text))
    reference = values["--reference"]
    setting = "" if reference or not operands else operands.pop(0).text
    return Change(program, setting, reference, values["--from"], recursive, tuple(operands))


def _option(name: str) -> str:
    """The option with a value that this is, or begins; empty if it is none."""
    if len(name) < _SHORTEST or "--rec".startswith(name):
        return ""
    return next((option for option in _WITH_VALUE if option.startswith(name)), "")


def is_spared(change: Change, made: Created) -> bool:
    """Does `--from` keep the change away from these files, since their owner is another one?"""
    if not change.current:
        return False
    copy = made.step.instruction
    if not isinstance(copy, Transfer) or "$" in change.current:
        return False
    # What comes from a stage keeps its owner, and so can what ADD unpacks.
    if not copy.chown and not (isinstance(copy, Copy) and not copy.from_name):
        return False
    owner = made.step.value(copy.chown) if copy.chown else "0:0"
    if owner is None:
        return False
    wanted, own = _ids(change.current), _ids(owner)
    return any(
        a and b and a != b and _are_comparable(a, b) for a, b in zip(wanted, own, strict=True)
    )


def is_set_already(change: Change, made: Created, step: Step) -> bool:
    """Has the COPY or ADD given the files this owner or mode by a flag of its own?"""
    copy = made.step.instruction
    if not isinstance(copy, Transfer) or not change.setting:
        return False
    setting = step.value(change.setting) or change.setting
    if change.program == "chmod":
        return _has_mode(setting, made.step.value(copy.chmod) or "")
    owner = made.step.value(copy.chown) or copy.chown
    if not owner or setting == owner:
        return bool(owner)
    user, group = ("", setting) if change.program == "chgrp" else _ids(setting)
    own_user, own_group = _ids(owner)
    # `app:` is the first group of app, which only the image knows.
    if change.program == "chown" and setting.endswith(":"):
        return False
    group = "0" if group == "root" else group
    return user in ("", own_user) and group in ("", own_group)


def _has_mode(setting: str, mode: str) -> bool:
    if setting in _ADDS_EXECUTE:
        return bool(_EXECUTABLE.fullmatch(mode))
    return mode.isdigit() and setting.lstrip("0") == mode.lstrip("0")


def _ids(owner: str) -> tuple[str, str]:
    """User and group, each empty if it is not said; root is 0."""
    user, _, group = owner.partition(":")
    return "0" if user == "root" else user, "0" if group == "root" else group


def _are_comparable(one: str, other: str) -> bool:
    """A name and a number can be the same user, except that 0 is root."""
    return one.isdigit() == other.isdigit() or "0" in (one, other)
