"""The state that buildah's Dockerfile evaluator keeps of a stage.

Source: openshift/imagebuilder 1.2.4, `builder.go`, `dispatchers.go` and `evaluator.go`.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from layerscope.cache.predefined import PREDEFINED
from layerscope.dockerfile import words
from layerscope.dockerfile.typed_command_lines import read_healthcheck
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layerscope.dockerfile.node import Node

ONE_WORD = ("maintainer", "stopsignal", "user", "workdir")
WORDS_PER_PAIR = 3


class Evaluator:
    """Arguments, environment and working directory of one stage.

    Attributes:
        args: All arguments that have a value, whether in scope or not.
        allowed: Names of those in scope.
        base_env: The environment of the base.
        env: What ENV of this stage set.
        working_dir: As WORKDIR left it.
        user: As USER left it.
    """

    def __init__(
        self,
        given: Mapping[str, str],
        above: Mapping[str, str],
        builtin: Mapping[str, str],
    ) -> None:
        """`given` by `--build-arg`, `above` the first FROM; `builtin` describe platforms."""
        self.given = dict(given)
        self.above = dict(above)
        self.builtin = dict(builtin)
        self.args = dict(given)
        self.allowed = set(PREDEFINED)
        self.base_env: dict[str, str] = {}
        self.env: dict[str, str] = {}
        self.working_dir = ""
        self.user = ""

    def start(self, env: Iterable[str], working_dir: str, user: str) -> None:
        """Begin on a base with this environment, working directory and user."""
        for entry in env:
            name, _, value = entry.partition("=")
            self.base_env[name] = value
        self.working_dir = working_dir
        self.user = user

    def in_scope(self) -> dict[str, str]:
        """The arguments that are in scope and have a value."""
        return {name: value for name, value in self.args.items() if name in self.allowed}

    def variables(self) -> list[str]:
        """`NAME=value` of all that words are expanded with."""
        return _entries({**self.in_scope(), **self.base_env, **self.env})

    def expand(self, word: str) -> str:
        """A word with its variables expanded; the escape character is always a backslash."""
        return words.expand(word, self.variables())

    def expand_flag(self, word: str) -> str:
        """A word of a flag; arguments need not be in scope."""
        return words.expand(word, _entries({**self.args, **self.base_env, **self.env}))

    def apply(self, node: Node) -> None:
        """Do an instruction that has no files. Raises: `DockerfileError` if it is wrong."""
        keyword = node.keyword.lower()
        _check(node, keyword)
        if keyword == "env":
            for index in range(0, len(node.args), WORDS_PER_PAIR):
                name, value = map(self.expand, node.args[index : index + 2])
                self.env[name] = value
        elif keyword == "arg":
            for word in map(self.expand, node.args):
                self._declare(word)
        elif keyword == "workdir":
            self._change_directory(self.expand(node.args[0]))
        elif keyword == "user":
            self.user = self.expand(node.args[0])
        elif keyword in {"label", "expose", "volume", "stopsignal"}:
            for word in node.args:
                self.expand(word)

    def _declare(self, word: str) -> None:
        name, equals, value = word.partition("=")
        default = value if equals else self.builtin.get(name)
        self.allowed.add(name)
        if default is None and name in self.above:
            self.args[name] = self.above[name]
        if default is not None and name not in self.given:
            self.args[name] = default

    def _change_directory(self, path: str) -> None:
        if not path.startswith("/"):
            path = "/" + posixpath.normpath(f"/{self.working_dir}/{path}").lstrip("/")
        self.working_dir = path

    def absolute(self, destination: str) -> str:
        """A destination as an absolute path; a slash at its end stays."""
        here = self.working_dir
        if destination == ".":
            destination = here if here.endswith(("/", "/.")) else f"{here}/"
        if destination.startswith("/"):
            return destination
        slash = "/" if destination.endswith(("/", "/.")) else ""
        return "/" + posixpath.normpath(f"/{here}/{destination}").lstrip("/") + slash


def _check(node: Node, keyword: str) -> None:
    if not node.args and keyword not in {"cmd", "entrypoint", "run", "onbuild"}:
        problem = f"{keyword.upper()} requires at least one argument"
        raise DockerfileError(problem)
    if keyword in ONE_WORD and len(node.args) != 1:
        problem = f"{keyword.upper()} requires exactly one argument"
        raise DockerfileError(problem)
    if keyword == "healthcheck":
        read_healthcheck(node)
    if keyword == "shell" and not node.json_form:
        problem = "SHELL requires the arguments to be in JSON form"
        raise DockerfileError(problem)


def _entries(variables: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in variables.items()]


def heading_arguments(nodes: Iterable[Node], evaluator: Evaluator) -> dict[str, str]:
    """The values of ARG above the first FROM, evaluated on their own."""
    for node in nodes:
        evaluator.apply(node)
    return evaluator.in_scope()


def unknown(node: Node) -> DockerfileError:
    """The error for a word that is no instruction."""
    return DockerfileError(f"Build error: Unknown instruction: {shown(node.keyword.upper())}")
