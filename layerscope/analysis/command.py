"""ENTRYPOINT and CMD as stored: their words, and whether a shell reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["exec", "shell", "none"]

_DEFAULT_SHELL = ("/bin/sh", "-c")
SHELL_NAMES = frozenset({"ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"})
"""Base names of the shells that read a line after `-c`."""

_FLAGS_WITH_C = re.compile(r"-[A-Za-z]{0,8}c")
_MOST_FLAGS = 6
# moby, daemon/builder/dockerfile/internals.go: the default shell of Windows. What follows is part
# of the same word.
_WINDOWS_LINE = re.compile(
    r"(?i:cmd(?:\.exe)? /s /c |(?:powershell|pwsh)(?:\.exe)? (?:-\S{1,60} ){0,4}-command )"
)
_WINDOWS_SHELL = re.compile(r"(?i:cmd|powershell|pwsh)(?:\.exe)?")


@dataclass(frozen=True, slots=True)
class Command:
    """ENTRYPOINT or CMD.

    Attributes:
        words: As stored; empty where it is not set.
        form: `shell` where a shell reads the line: a shell form, or an exec form that says the
            same. `none` where there are no words.
        line: What the shell reads; empty for the other forms.
        after: Words after the line. The shell takes them as `$0`, `$1` and on.
    """

    words: tuple[str, ...]
    form: Form
    line: str = ""
    after: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The first word, or an empty text."""
        return self.words[0] if self.words else ""


def command_of(words: tuple[str, ...], shell: tuple[str, ...], *, windows: bool) -> Command:
    """The command that these words of a config are; `shell` is the config's own, or empty.

    Builders store the shell form as the shell's words and one line, on Windows as one line.
    """
    if not words:
        return Command((), "none")
    return _windows(words, shell) if windows else _unix(words, shell)


def _unix(words: tuple[str, ...], shell: tuple[str, ...]) -> Command:
    length = _length_of_shell(words, shell)
    if length and len(words) > length:
        return Command(words, "shell", words[length], words[length + 1 :])
    return Command(words, "exec")


def _length_of_shell(words: tuple[str, ...], shell: tuple[str, ...]) -> int:
    """How many of the words are a shell and its options up to `-c`; 0 for none."""
    # SHELL may have been changed after this command was set, so the usual ones count as well.
    for known in (shell, _DEFAULT_SHELL):
        if known and words[: len(known)] == known:
            return len(known)
    if words[0].rpartition("/")[2] not in SHELL_NAMES:
        return 0
    for position in range(1, min(len(words), _MOST_FLAGS)):
        if _FLAGS_WITH_C.fullmatch(words[position]):
            return position + 1
    return 0


def _windows(words: tuple[str, ...], shell: tuple[str, ...]) -> Command:
    own = " ".join(shell) + " "
    if shell and words[0].startswith(own):
        return Command(words, "shell", words[0][len(own) :], words[1:])
    line = _WINDOWS_LINE.match(words[0])
    if line:
        return Command(words, "shell", words[0][line.end() :], words[1:])
    # BuildKit stores the words of the shell one by one, and the line as the last one.
    first = words[0].replace("\\", "/").rpartition("/")[2]
    if _WINDOWS_SHELL.fullmatch(first):
        for position, word in enumerate(words[1:_MOST_FLAGS], 1):
            if word.lower() in ("/c", "-command") and len(words) > position + 1:
                return Command(words, "shell", words[position + 1], words[position + 2 :])
    return Command(words, "exec")
