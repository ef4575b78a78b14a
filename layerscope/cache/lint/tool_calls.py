"""What a command has a package manager of a language do: pip, npm, Cargo, Maven and the like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word

_PIP = re.compile(r"pip(?:[0-9](?:\.[0-9]{1,2})?)?")
_PYTHON = re.compile(r"python(?:[0-9](?:\.[0-9]{1,2})?)?")
_NAMES = {
    "bun": "bun",
    "bundle": "bundle",
    "bundler": "bundle",
    "cargo": "cargo",
    "composer": "composer",
    "composer.phar": "composer",
    "conda": "conda",
    "dotnet": "dotnet",
    "go": "go",
    "gradle": "gradle",
    "gradlew": "gradle",
    "mamba": "conda",
    "micromamba": "conda",
    "mix": "mix",
    "mvn": "maven",
    "mvnw": "maven",
    "npm": "npm",
    "pipenv": "pipenv",
    "pnpm": "pnpm",
    "poetry": "poetry",
    "uv": "uv",
    "xx-cargo": "cargo",
    "xx-go": "go",
    "yarn": "yarn",
}
# Options whose value is a word of its own, where not taking it for a verb or a package matters.
_WITH_VALUE = {
    "cargo": frozenset({"--target", "--features", "--bin", "-p", "--package", "--path", "-j"}),
    "composer": frozenset({"-d", "--working-dir"}),
    "conda": frozenset({"-n", "--name", "-c", "--channel", "-p", "--prefix", "-f", "--file"}),
    "gradle": frozenset({"-p", "--project-dir", "-x", "-b"}),
    "maven": frozenset({"-f", "--file", "-pl", "-s", "-T", "-P", "-l"}),
    "npm": frozenset({"--prefix", "-C", "--registry", "-w", "--workspace", "--cache"}),
    "pip": frozenset(
        {
            *("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "-t", "--target"),
            *("--extra-index-url", "-f", "--find-links", "--root", "--prefix", "--timeout"),
            *("--trusted-host", "--platform", "--python-version", "--cache-dir", "--log"),
        }
    ),
    "pnpm": frozenset({"-C", "--dir", "-F", "--filter", "--store-dir"}),
    "poetry": frozenset({"-C", "--directory", "--with", "--without", "--only", "-E", "--extras"}),
    "uv": frozenset(
        {
            *("-r", "--requirement", "--requirements", "--project", "--directory", "--python"),
            *("-p", "--extra", "--group", "--no-group", "--cache-dir", "-c", "--index-url"),
        }
    ),
    "yarn": frozenset({"--cwd", "--cache-folder", "--network-timeout", "--registry"}),
}
# Their verbs are two words.
_TWO_WORDS = frozenset({("uv", "pip"), ("uv", "tool"), ("go", "mod"), ("yarn", "global")})


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call.

    Attributes:
        tool: Its usual name; `python -m pip` and `pip3.12` are `pip`, `./mvnw` is `maven`.
        verb: Such as `install`, `mod download`; empty where there is none.
        words: The words behind the verb that are no options.
        options: The options as written.
        values: Values of options, by option.
    """

    tool: str
    verb: str
    words: tuple[Word, ...]
    options: tuple[str, ...]
    values: tuple[tuple[str, Word], ...]

    def has(self, *options: str) -> bool:
        """Is one of these options given, with or without `=` and a value?"""
        return any(option.partition("=")[0] in options for option in self.options)

    def value_of(self, *names: str) -> list[Word]:
        """The values of these options, in order."""
        return [word for name, word in self.values if name in names]


def tool_call(command: Command) -> ToolCall | None:
    """The call of a language's package manager that this command is; None if it is none."""
    named = _named(command)
    if named is None:
        return None
    tool, arguments = named
    with_value = _WITH_VALUE.get(tool, frozenset())
    verb: list[str] = []
    words: list[Word] = []
    options: list[str] = []
    values: list[tuple[str, Word]] = []
    waiting = ""
    for word in arguments:
        text = word.text
        if waiting:
            values.append((waiting, word))
            waiting = ""
        elif text.startswith("-") and len(text) > 1:
            options.append(text)
            name, has_value, value = text.partition("=")
            if has_value:
                values.append((name, type(word)(value, word.literal)))
            elif text in with_value:
                waiting = text
            elif text.startswith("-r") and tool == "pip" and not text.startswith("--"):
                values.append(("-r", type(word)(text[2:], word.literal)))
        elif tool == "cargo" and not verb and text.startswith("+"):
            continue
        elif not verb or (len(verb) == 1 and (tool, verb[0]) in _TWO_WORDS):
            verb.append(text)
        else:
            words.append(word)
    return ToolCall(tool, " ".join(verb), tuple(words), tuple(options), tuple(values))


def _named(command: Command) -> tuple[str, tuple[Word, ...]] | None:
    program, arguments = command.program, command.arguments
    if _PYTHON.fullmatch(program) or program == "php":
        texts = command.texts
        if texts[:2] == ("-m", "pip"):
            return "pip", arguments[2:]
        if program == "php" and texts and texts[0].endswith("composer.phar"):
            return "composer", arguments[1:]
        return None
    if _PIP.fullmatch(program):
        return "pip", arguments
    tool = _NAMES.get(program)
    return None if tool is None else (tool, arguments)
