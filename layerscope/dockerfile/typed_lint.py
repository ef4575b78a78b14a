"""The findings of the typed parser: a few rules that it checks while it reads.

Source: BuildKit, `frontend/dockerfile/linter` and the calls in `instructions/parse.go`. The rules
of the builder itself are not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.dockerfile.characters import REGEX_SPACES
from layerscope.dockerfile.instructions import Finding
from layerscope.dockerfile.letter_case import lower, upper
from layerscope.dockerfile.numbers import truth
from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.dockerfile.node import Node

EXPERIMENTAL_RULES = frozenset({"InvalidDefinitionDescription"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which rules a `check` comment names: all, or these."""

    everything: bool = False
    rules: frozenset[str] = frozenset()

    def __contains__(self, rule: str) -> bool:
        return self.everything or rule in self.rules


@dataclass(frozen=True, slots=True)
class _Options:
    skip: _Choice = _Choice()
    experimental: _Choice = _Choice()


def before_reading(node: Node, keyword: str) -> list[Finding]:
    """What is found in the node even if it then turns out to be wrong."""
    if keyword == "maintainer":
        text = "MAINTAINER is deprecated; use a label for the author"
        return _allowed(node, [("MaintainerDeprecated", text)])
    if keyword == "from":
        return _allowed(node, [*_stage_name_casing(node.args), *_as_casing(node)])
    return []


def about_description(node: Node, keyword: str, names: Sequence[str]) -> list[Finding]:
    """What is found in the comment above a `FROM` or `ARG` that defines these names.

    The rule is experimental: a `check` comment has to ask for it.
    """
    if not node.comments or not names or node.comments[-1].partition(" ")[0] in names:
        return []
    text = f"the comment above {keyword} does not start with a name that it defines"
    return _allowed(node, [("InvalidDefinitionDescription", text)])


def _stage_name_casing(args: Sequence[str]) -> list[tuple[str, str]]:
    if len(args) != 3 or args[2] == lower(args[2]):
        return []
    return [("StageNameCasing", f"the stage name '{shown(args[2])}' is not in lower case")]


def _as_casing(node: Node) -> list[tuple[str, str]]:
    if len(node.args) < 3:
        return []
    spelled, word = node.keyword, node.args[1]
    for change in (lower, upper):
        if spelled == change(spelled):
            if word == change(word):
                return []
            text = f"'{shown(word)}' is not in the case of '{shown(spelled)}'"
            return [("FromAsCasing", text)]
    # A keyword in mixed case is another rule's finding.
    return []


def _allowed(node: Node, found: Sequence[tuple[str, str]]) -> list[Finding]:
    if not found:
        return []
    options = _options(node.comments)
    return [
        Finding(rule, text, node.location)
        for rule, text in found
        if (
            rule in options.experimental if rule in EXPERIMENTAL_RULES else rule not in options.skip
        )
    ]


def _options(comments: Sequence[str]) -> _Options:
    """The options of the first `check=…` comment; one that is wrong counts as none."""
    for comment in comments:
        value = _check_value(comment)
        if value is not None:
            return _parse(value.partition(" ")[0])
    return _Options()


def _check_value(comment: str) -> str | None:
    name, equals, value = comment.lstrip(SPACES).partition("=")
    if not equals or not value or name.rstrip(REGEX_SPACES).lower() != "check":
        return None
    return value.strip(REGEX_SPACES)


def _parse(text: str) -> _Options:
    text = text.strip(SPACES)
    skip = experimental = _Choice()
    for part in text.split(";", 2) if text else []:
        name, equals, value = part.partition("=")
        name = name.strip(SPACES)
        value = value.strip(SPACES)
        if equals and name == "skip":
            skip = _merged(skip, value)
        elif equals and name == "experimental":
            experimental = _merged(experimental, value)
        elif not (equals and name == "error" and truth(value) is not None):
            return _Options()
    return _Options(skip, experimental)


def _merged(before: _Choice, value: str) -> _Choice:
    if value == "all":
        return _Choice(everything=True, rules=before.rules)
    rules = frozenset(rule.strip(SPACES) for rule in value.split(","))
    return _Choice(before.everything, rules)
