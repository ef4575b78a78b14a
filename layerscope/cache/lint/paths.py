"""Paths of a build: which are inside which, and what a pattern of `rm` takes away."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.cache.lint.reading import Step
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word
    from layerscope.dockerfile.mounts import Mount

_MOST_ALTERNATIVES = 64
_LONGEST_PATTERN = 300
_LONGEST_PATH = 4096
_MOST_ENDINGS = 8
MOST_COMPARISONS = 400_000
"""Of paths, by one rule; where a file asks for more, the rule has nothing more to say."""
_BRACES = re.compile(r"\{([^{}]{1,300})\}")
_ALL_BELOW = re.compile(r"/(?:\*\*?|\.\*|\.\[!\.\]\*|\{\*,\.\*\})\Z")
_WILD = re.compile(r"[*?\[]")


@dataclass(slots=True)
class Comparisons:
    """How many comparisons of paths a rule may still make."""

    left: int = MOST_COMPARISONS

    def take(self, count: int) -> bool:
        """Takes `count` of them; False if there are not so many."""
        self.left -= count
        return self.left >= 0


def is_inside(path: str, folder: str) -> bool:
    """Is `path` that folder, or below it? Both absolute."""
    folder = folder.rstrip("/")
    return path.rstrip("/") == folder or path.startswith(f"{folder}/")


def alternatives(text: str) -> list[str]:
    """The texts that braces stand for, in order; the text itself where there are none.

    >>> alternatives("/var/{lib,cache}/apt")
    ['/var/lib/apt', '/var/cache/apt']
    """
    done: list[str] = []
    queue = [text]
    while queue:
        each = queue.pop(0)
        found = _BRACES.search(each) if len(each) <= _LONGEST_PATTERN else None
        if found is None or "," not in found[1] or len(queue) + len(done) > _MOST_ALTERNATIVES:
            done.append(each)
            continue
        queue.extend(
            each[: found.start()] + part + each[found.end() :] for part in found[1].split(",")
        )
    return done


def takes_away(pattern: str, path: str) -> bool:
    """Does `rm -r` of this absolute pattern take away `path`, or all that is in it?

    >>> takes_away("/var/lib/apt/lists/*", "/var/lib/apt/lists")
    True
    >>> takes_away("/tmp/*.tgz", "/tmp/a.tgz"), takes_away("/tmp/a", "/tmp")
    (True, False)
    """
    if len(pattern) > _LONGEST_PATH:
        return False
    root = pattern.rstrip("/")
    for _ in range(_MOST_ENDINGS):
        ending = _ALL_BELOW.search(root)
        if ending is None:
            break
        root = root[: ending.start()]
    if not _WILD.search(root):
        return is_inside(path, root or "/")
    if len(root) > _LONGEST_PATTERN:
        return False
    parts = path.rstrip("/").split("/")
    depth = root.count("/") + 1
    # A pattern's `*` does not cross folders, so part stands against part.
    return len(parts) >= depth and all(
        fnmatch.fnmatchcase(part, wanted)
        for part, wanted in zip(parts[:depth], root.split("/"), strict=True)
    )


def removed_paths(command: Command, step: Step, folder: str | None = None) -> list[str]:
    """The absolute patterns that an `rm`, `unlink` or `find … -delete` takes away.

    Words of unknown value are left out.
    """
    words: Iterable[Word] = ()
    if command.program in ("rm", "unlink", "rmdir"):
        words = (word for word in command.arguments if not word.text.startswith("-"))
    elif command.program == "find":
        texts = command.texts
        if "-delete" in texts or "rm" in texts:
            words = command.arguments[: _first_option(texts)]
    found = []
    for word in words:
        path = step.path(word, folder)
        if path is not None:
            found.extend(alternatives(path))
    return found


def _first_option(texts: tuple[str, ...]) -> int:
    return next(
        (at for at, text in enumerate(texts) if text.startswith(("-", "(", "!"))), len(texts)
    )


def is_covered(path: str, mounts: Iterable[Mount], workdir: str | None = None) -> bool:
    """Is this absolute path on a cache or tmpfs mount, so that it is not in the layer?

    `~/…` stands for the folder of any user.
    """
    for mount in mounts:
        if mount.type not in ("cache", "tmpfs") or not mount.target:
            continue
        target = mount.target.rstrip("/") or "/"
        if target.startswith("~/"):
            target = "/root" + target[1:]
        if not target.startswith("/"):
            target = f"{(workdir or '').rstrip('/')}/{target}"
        if path.startswith("~/"):
            below = path[1:]
            parts = below.split("/")
            # /root/.cache covers ~/.cache/pip, and so does /root itself.
            ends = ["/".join(parts[:end]) for end in range(len(parts), 1, -1)]
            if any(target.endswith(end) for end in ends) or target in ("/root", "/home"):
                return True
        elif is_inside(path, target):
            return True
    return False
