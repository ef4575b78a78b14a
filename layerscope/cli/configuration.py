"""The policy that a gate goes by: the file that `--config` names, else the nearest one."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.gate.policy import Policy

OWN_FILE = "layerscope.toml"
PROJECT_FILE = "pyproject.toml"
PROJECT_TABLE = ("tool", "layerscope")
DIVE_FILE = ".dive-ci"

FILE_BYTES = 1 << 20
"""No configuration is larger."""


def load_policy(config: str | None) -> Policy:
    """The policy of the file `config`, else of the nearest configuration.

    What ends in `.toml` is TOML, of `pyproject.toml` the table `[tool.layerscope]`; any other file
    is read as dive's rules. `Policy.file` is relative to the working folder, unless `config` says
    otherwise; `baselines` and `dockerfile` are from there too, wherever the file is.

    Raises: `UsageError` if there is no such file, none at all, or it says something wrong.
    """
    if config == "":
        raise UsageError("expected the name of a file, found an empty one", "--config")
    if config is not None:
        return _load(Path(config), shown_as=config)
    try:
        found = find_configuration(Path.cwd())
    except OSError:
        raise UsageError("the working folder is not there any more") from None
    if found is None:
        raise UsageError(
            f"there is no {OWN_FILE} here or in a folder above, and no --config",
            hint='four lines make one: [[budget]], name = "size", metric = "compressed",'
            ' max = "200 MB"',
        )
    return _load(found, shown_as=os.path.relpath(found))


def find_configuration(folder: Path) -> Path | None:
    """The nearest configuration, from `folder` up; None if there is none.

    In one folder `layerscope.toml` comes first, then a `pyproject.toml` with `[tool.layerscope]`.
    If no folder has either, `.dive-ci` of `folder` itself, where dive looks for it.

    Raises: `UsageError` for a `pyproject.toml` that cannot be read and may have such a table.
    """
    folder = Path(os.path.abspath(folder))
    for place in (folder, *folder.parents):
        own = place / OWN_FILE
        if _is_file(own):
            return own
        project = place / PROJECT_FILE
        if _is_file(project) and _has_table(project):
            return project
    dive = folder / DIVE_FILE
    return dive if _is_file(dive) else None


def _has_table(project: Path) -> bool:
    """Whether the file has a table for layerscope.

    A file that is broken, or may not be read, is of no concern unless it names one.
    """
    shown_as = os.path.relpath(project)
    try:
        data = _data(project, shown_as)
    except UsageError:
        return False
    if PROJECT_TABLE[1].encode() not in data:
        return False
    try:
        return _table(_toml(_text(data, shown_as), shown_as)) is not None
    except UsageError:
        if ".".join(PROJECT_TABLE).encode() in data:
            raise
        return False


def _load(path: Path, shown_as: str) -> Policy:
    text = _text(_data(path, shown_as), shown_as)
    if path.suffix != ".toml":
        from layerscope.gate.dive_ci import policy_of_dive_ci  # noqa: PLC0415 - only for .dive-ci

        return policy_of_dive_ci(text, shown_as)
    from layerscope.gate.policy_file import policy_of  # noqa: PLC0415 - not for .dive-ci
    from layerscope.gate.policy_lines import budget_lines  # noqa: PLC0415 - not for .dive-ci

    values = _toml(text, shown_as)
    if path.name != PROJECT_FILE:
        return _from_here(policy_of(values, shown_as, budget_lines(text)), shown_as)
    table = _table(values)
    if not isinstance(table, dict):
        raise UsageError(f"has no table [{'.'.join(PROJECT_TABLE)}]", shown(shown_as))
    return _from_here(policy_of(table, shown_as, budget_lines(text, PROJECT_TABLE)), shown_as)


def _from_here(policy: Policy, file: str) -> Policy:
    """The policy with its inputs as they are named from the working folder.

    A file says them from its own folder. If they were looked for elsewhere, a run in another
    folder would find no baseline, and would not judge growth at all.
    """
    folder = os.path.dirname(file)
    if not folder:
        return policy
    from msgspec.structs import replace  # noqa: PLC0415 - only for a file of another folder

    return replace(
        policy,
        baselines=tuple(_below(folder, text) for text in policy.baselines),
        dockerfile=_below(folder, policy.dockerfile) if policy.dockerfile else None,
    )


def _below(folder: str, text: str) -> str:
    """An input with its path below a folder; what has no path there is left as it is."""
    if text == "-":
        return text
    if text.startswith("@"):
        return f"@{os.path.join(folder, text[1:])}"
    from layerscope.sources.arguments import (  # noqa: PLC0415 - as above
        LATER_TRANSPORTS,
        TRANSPORTS,
    )

    transport, _, path = text.partition(":")
    if transport in LATER_TRANSPORTS:
        return text
    if path and transport in TRANSPORTS:
        return f"{transport}:{os.path.join(folder, path.removeprefix('//'))}"
    return os.path.join(folder, text)


def _table(values: Mapping[str, object]) -> object:
    """What stands at `tool.layerscope`, None if nothing does."""
    tool = values.get(PROJECT_TABLE[0])
    return tool.get(PROJECT_TABLE[1]) if isinstance(tool, dict) else None


def _toml(text: str, shown_as: str) -> Mapping[str, object]:
    import tomllib  # noqa: PLC0415 - not for .dive-ci

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError("is nested too deeply", shown(shown_as)) from None
    except ValueError as error:
        # Not only TOMLDecodeError: a number of thousands of digits is another ValueError.
        raise UsageError(f"expected TOML: {shown(error)}", shown(shown_as)) from None


def _data(path: Path, shown_as: str) -> bytes:
    """What a regular file holds, up to one byte more than is taken."""
    try:
        with open(path, "rb", opener=_at_once) as stream:
            regular = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
            data = stream.read(FILE_BYTES + 1) if regular else b""
    except OSError as error:
        raise UsageError(error.strerror or "not readable", shown(shown_as)) from None
    except ValueError:
        raise UsageError("no file has such a name", shown(shown_as)) from None
    if not regular:
        raise UsageError("expected a file, found something else", shown(shown_as))
    return data


def _text(data: bytes, shown_as: str) -> str:
    """A byte order mark is left out."""
    if len(data) > FILE_BYTES:
        raise UsageError(f"expected at most {FILE_BYTES} bytes", shown(shown_as))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"expected UTF-8, byte {error.start} is not", shown(shown_as)) from None


def _at_once(name: str, flags: int) -> int:
    # A pipe that nobody writes to would otherwise be waited for.
    return os.open(name, flags | os.O_NONBLOCK)


def _is_file(path: Path) -> bool:
    """Whether a file is there; what may not even be looked at is none."""
    try:
        return path.is_file()
    except OSError:
        return False
