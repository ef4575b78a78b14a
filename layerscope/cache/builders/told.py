"""What can be told of a command without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.source_paths import joined, resolved
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.dockerfile.node import Node


SEPARATORS = (";", "&", "|", "(", ")", ">", "<")
UNSURE = frozenset("$*?[]{}~`'\"\\")


def told_to_fail(build: Build, node: Node) -> bool:
    """Does the build say that this RUN fails?"""
    text = node.original.strip()
    _, _, rest = text.partition(text.split(maxsplit=1)[0])
    texts = {text, rest.strip(), " ".join(node.args), "".join(node.args).strip()}
    return any(failing in texts for failing in build.failing_runs)


def cannot_run(files: Rootfs, command: Sequence[str]) -> None:
    """Refuse a command whose program is known not to be there. Raises: `DockerfileError`."""
    if not files.complete or not command or not command[0].startswith("/"):
        return
    tree = files.tree()
    path = resolved(tree, command[0])
    if path is None or tree.node(path) is None:
        problem = f"exec {shown(command[0])}: no such file or directory"
        raise DockerfileError(problem)


def unknown_user(files: Rootfs, user: str) -> None:
    """Refuse to run as a user who is known not to be there. Raises: `DockerfileError`."""
    origin = files.origin
    name = user.partition(":")[0]
    if not name or name.isdigit() or origin.users is None or not origin.settled:
        return
    if name not in origin.users and "etc/passwd" not in files.placed:
        problem = f"unable to find user {shown(name)}: no matching entries in passwd file"
        raise DockerfileError(problem)


def directories_made(node: Node, working_dir: str) -> Iterator[str]:
    """The directories that the `mkdir`s of a RUN make, where their names are plain words."""
    making = False
    for word in _words(" ".join(node.args)):
        if word in SEPARATORS:
            making = False
        elif making:
            if not word.startswith("-") and UNSURE.isdisjoint(word):
                yield joined(word if word.startswith("/") else f"{working_dir}/{word}")
        else:
            making = word == "mkdir"


def _words(text: str) -> list[str]:
    for separator in SEPARATORS:
        text = text.replace(separator, f" {separator} ")
    return text.split()
