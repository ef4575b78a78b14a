"""Commands that install a tool for all projects, such as another package manager."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.cache.lint.tool_calls import tool_call

if TYPE_CHECKING:
    from layerscope.cache.lint.shell_commands import Command

_NODE = frozenset({"npm", "pnpm", "bun"})
_NODE_VERBS = frozenset({"install", "i", "add", "update", "upgrade", "up"})
_COREPACK_VERBS = frozenset({"enable", "prepare", "use", "install", "up"})
_OF_COREPACK = frozenset({"pnpm", "yarn"})
_OF_PYTHON = frozenset(
    {
        *("pip", "setuptools", "wheel", "poetry", "pipenv", "uv", "virtualenv", "pip-tools"),
        *("pdm", "hatch", "pipx", "build"),
    }
)
# What stands behind the name of a Python package: a version, extras, a marker.
_BEHIND_NAME = re.compile(r"[\[<>=!~;@ ]")


def tools_of(command: Command) -> frozenset[str]:
    """The names of the tools that the command installs for all projects; empty if it does not.

    `npm install -g pnpm`, `yarn global add x`, `corepack enable`, `pip install --upgrade pip`.
    """
    if command.program == "corepack":
        return _OF_COREPACK if not _COREPACK_VERBS.isdisjoint(command.texts[:1]) else frozenset()
    call = tool_call(command)
    if call is None:
        return frozenset()
    names = [word.text for word in call.words]
    if call.tool == "pip":
        packages = frozenset(_BEHIND_NAME.split(name, maxsplit=1)[0].lower() for name in names)
        plain = call.verb == "install" and not call.has("-r", "--requirement", "-e", "--editable")
        return packages if plain and packages <= _OF_PYTHON else frozenset()
    if call.tool == "yarn" and call.verb.startswith("global "):
        return frozenset(_node_name(name) for name in names)
    if call.tool not in _NODE or call.verb not in _NODE_VERBS:
        return frozenset()
    everywhere = call.has("-g", "--global") or "--location=global" in call.options
    return frozenset(_node_name(name) for name in names) if everywhere else frozenset()


def _node_name(text: str) -> str:
    """The name without its version; a scope begins with the same sign."""
    return text[:1] + text[1:].partition("@")[0]
