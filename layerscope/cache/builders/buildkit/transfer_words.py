"""Words of `COPY` and `ADD`: destination, owner, mode, and which sources come from elsewhere.

Source: BuildKit, `dockerfile2llb/convert_copy.go`, `client/llb/fileop.go`, `util/gitutil`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, modes
from layerscope.cache.builders.served import path_and_query
from layerscope.cache.definition import Owner
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.builders.buildkit.stage_state import StageState

LARGEST_MODE = 0o7777
LARGEST_ID = 2**31 - 1
OCTAL = re.compile(r"[0-7]+\Z", re.ASCII)
NUMBER = re.compile(r"[-+]?[0-9]{1,10}\Z", re.ASCII)
GIT_SCHEMES = ("git://", "ssh://")
SCP_STYLE = re.compile(r"[a-zA-Z0-9._-]+@[a-zA-Z0-9._-]+:[^/:][^:]*\Z", re.ASCII)


def destination_of(stage: StageState, path: str, *, modern: bool) -> str:
    """Where files go, absolute; a slash at the end is kept, and so is `/.` in newer versions."""
    if modern:
        path = "./" if path in {"", "."} else path
        parent = "/" if gopath.is_absolute(path) else stage.folder
        return gopath.action_path(gopath.normalize(parent, path, keep_slash=True), keep_slash=True)
    absolute = path if gopath.is_absolute(path) else gopath.join(stage.folder, path)
    destination = gopath.join("/", absolute)
    if path in {"", "."} or path.endswith("/"):
        destination += "/"
    return gopath.action_path(destination, keep_slash=True)


def owner_of(text: str) -> Owner | None:
    """The owner that `--chown` or `USER` names; `root` is number 0."""
    if not text:
        return None
    user, colon, group = text.partition(":")
    return Owner(_id(user), _id(group) if colon else None)


def _id(text: str) -> int | str:
    if text == "root":
        return 0
    number = int(text) if NUMBER.match(text) else LARGEST_ID + 1
    if -LARGEST_ID - 1 <= number <= LARGEST_ID:
        return number
    # A user without a name counts as number 0.
    return text or 0


def chosen_mode(text: str, *, strict: bool) -> int | str | None:
    """The mode that `--chmod` sets: octal, else a symbolic change as it is written.

    `strict` is false for versions that leave out what they do not understand.

    Raises: `DockerfileError`.
    """
    if not text:
        return None
    if OCTAL.match(text):
        mode = int(text, 8)
        if mode <= LARGEST_MODE or not strict:
            return mode
    elif strict and modes.is_symbolic(text):
        return text
    if not strict:
        return None
    problem = f"--chmod={shown(text)} is neither an octal mode up to 07777 nor a symbolic one"
    raise DockerfileError(problem)


def is_url(source: str) -> bool:
    """Is it fetched by HTTP?"""
    return source.startswith(("http://", "https://"))


def is_git(source: str) -> bool:
    """Is it a Git repository? Raises: `DockerfileError` for a URL that is none."""
    if source.startswith(GIT_SCHEMES) or source.startswith("git@"):
        return True
    if is_url(source):
        path, _ = path_and_query(source)
        fragment = source.partition("#")[2]
        return path.endswith(".git") or bool(fragment and ".git" in path)
    if source.startswith("github.com/"):
        return False
    return bool(SCP_STYLE.match(source))
