"""What plain commands leave, told from their text: `mkdir`, `echo WORD > FILE` and the like.

Only a RUN of which every part is understood is taken for one; all others may have changed anything.
The content of a file is known if it is written out; what a program prints into a file is not.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.rootfs import Made, Placed
from layerscope.cache.builders.source_paths import joined
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.builders.rootfs import Rootfs

MAX_TEXT = 4096
FILE_MODE = 0o644
ROOT_USERS = ("", "0", "root", "0:0", "root:root")
SEPARATORS = ("&&", ";")
# Characters that mean the same to every shell: themselves.
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,.@/%^")
# Programs that only print.
PRINTING = frozenset(
    [
        "cat",
        "date",
        "df",
        "du",
        "echo",
        "head",
        "hostname",
        "id",
        "ls",
        "md5sum",
        "nproc",
        "printf",
        "pwd",
        "sha256sum",
        "sleep",
        "stat",
        "tail",
        "true",
        "uname",
        "uniq",
        "wc",
        ":",
    ]
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One command: its words, and the file that its output goes to."""

    words: tuple[str, ...]
    target: str = ""
    appends: bool = False


@dataclass(slots=True)
class _Shell:
    """The files while the commands are gone through."""

    files: Rootfs
    number: int
    build: int
    working_dir: str

    def does(self, part: _Part) -> bool:
        """Do one command; False if it is not understood."""
        name, words = part.words[0], part.words[1:]
        if part.target:
            return name in PRINTING and self._write(part)
        if name in PRINTING:
            return True
        if not all(map(_is_plain, words)):
            return False
        if name == "mkdir":
            return self._make_directories(words)
        if name == "chmod":
            return self._change_mode(words)
        return name == "cp" and self._copy(words)

    def _path(self, word: str) -> str:
        return joined(word if word.startswith("/") else f"{self.working_dir}/{word}")

    def _put(self, path: str, placed: Placed) -> bool:
        if self.files.is_directory(path):
            return False
        self.files = self.files.with_files({path: placed})
        return True

    def _write(self, part: _Part) -> bool:
        if not _is_plain(part.target):
            return False
        path = self._path(part.target)
        if path.startswith("dev/"):
            return True
        words = part.words[1:]
        known = (
            part.words[0] == "echo"
            and not part.appends
            and all(map(_is_plain, words))
            and not (words and words[0].startswith("-"))
        )
        if not known:
            made = Made(("run", self.number, path), self.build)
            return self._put(path, Placed(FileNode("file", FILE_MODE), made=made))
        content = f"{' '.join(words)}\n".encode()
        node = FileNode("file", FILE_MODE, size=len(content))
        return self._put(path, Placed(node, MemoryTree({"f": node}, {"f": content}), "f"))

    def _make_directories(self, words: Sequence[str]) -> bool:
        names = words[1:] if words[:1] == ("-p",) else words
        if not names or any(name.startswith("-") for name in names):
            return False
        for name in names:
            self.files = self.files.with_directory(self._path(name))
        return True

    def _change_mode(self, words: Sequence[str]) -> bool:
        if len(words) != 2 or not set(words[0]) <= set("01234567"):
            return False
        path = self._path(words[1])
        placed = self.files.placed.get(path)
        if placed is None or placed.node.kind != "file":
            return False
        return self._put(path, replace(placed, node=replace(placed.node, mode=int(words[0], 8))))

    def _copy(self, words: Sequence[str]) -> bool:
        if len(words) != 2 or words[0].startswith("-"):
            return False
        placed = self.files.placed.get(self._path(words[0]))
        if placed is None or placed.node.kind != "file":
            return False
        path = self._path(words[1])
        if words[1].endswith("/") or self.files.is_directory(path):
            path = joined(path, posixpath.basename(words[0]))
        return self._put(path, placed)


def _is_plain(word: str) -> bool:
    return bool(word) and PLAIN.issuperset(word)


def _is_harmless(word: str) -> bool:
    """Can the shell make nothing of the word but words? A plain variable is harmless."""
    return _is_plain(word.replace("${", "").replace("$", "").replace("}", "") or "x")


def _parts(text: str) -> list[_Part] | None:
    """The commands of a text; None if a shell would see more in it than words and separators."""
    if any(f"{digit}>" in text for digit in "0123456789"):
        # Another stream than the output.
        return None
    for mark in (";", "&&", ">"):
        text = text.replace(mark, f" {mark} ")
    text = text.replace(">  >", ">>")
    parts: list[_Part] = []
    words: list[str] = []
    redirect: list[str] = []
    for word in [*text.split(), ";"]:
        if word in SEPARATORS:
            if redirect and len(redirect) != 2:
                return None
            if words:
                target = redirect[1] if redirect else ""
                parts.append(_Part(tuple(words), target, redirect[:1] == [">>"]))
            elif redirect:
                return None
            words, redirect = [], []
        elif word in {">", ">>"} or redirect:
            redirect.append(word)
        elif not _is_harmless(word):
            return None
        else:
            words.append(word)
    return parts


def after_commands(
    files: Rootfs, text: str, working_dir: str, *, user: str, number: int, build: int
) -> Rootfs | None:
    """The files after a RUN in shell form; None if it may have done anything.

    Args:
        files: The files before.
        text: The command.
        working_dir: Where it runs.
        user: Who runs it; only what root does is told.
        number: Of the image that the step makes.
        build: Of the build.
    """
    if user not in ROOT_USERS or len(text) > MAX_TEXT:
        return None
    parts = _parts(text)
    if not parts:
        return None
    shell = _Shell(files, number, build, working_dir)
    return shell.files if all(map(shell.does, parts)) else None
