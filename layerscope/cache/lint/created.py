"""Which paths a step puts into its layer, as far as its text tells."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.lint.paths import MOST_COMPARISONS, is_inside, removed_paths, takes_away
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.cache.lint.tool_calls import tool_call
from layerscope.dockerfile.instructions import Add, Run, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from layerscope.cache.lint.reading import Step
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word

MOST_CREATED = 3000
"""Of one image; what is more is not looked at."""

_COMPILERS = frozenset({"cc", "c++", "gcc", "g++", "clang", "clang++", "go", "xx-go", "rustc"})
_NODE_VERBS = frozenset({"", "install", "i", "ci", "clean-install"})
_WGET_VALUES = frozenset({"-O", "--output-document", "-P", "--directory-prefix", "-o", "-T", "-t"})
_CURL_VALUES = frozenset(
    {"-o", "--output", "-H", "--header", "-u", "--user", "-X", "--request", "-d", "--data", "-A"}
)
_TAR_FOLDER = ("-C", "--directory", "-d")


@dataclass(frozen=True, slots=True)
class Created:
    """One path in a layer.

    Attributes:
        path: Absolute, without a slash at its end.
        step: What put it there.
        tree: Is it a folder with files in it?
        shown: As the Dockerfile names it.
        source: Where it comes from in the context; empty if from elsewhere.
    """

    path: str
    step: Step
    tree: bool
    shown: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """One command of a RUN and the folder in which it works; None if that is not known."""

    command: Command
    folder: str | None


def ran(step: Step) -> Iterator[Ran]:
    """The commands of a RUN with the folders that `cd` brings them to."""
    folder = step.workdir
    for command in step.commands or ():
        if command.program in ("cd", "pushd"):
            target = next((word for word in command.arguments if word.text != "--"), None)
            folder = "/root" if target is None else step.path(target, folder)
        elif command.program == "popd":
            folder = None
        yield Ran(command, folder)


def created_by(step: Step) -> list[Created]:
    """What the step puts into its layer, in order; paths on mounts are left out."""
    if isinstance(step.instruction, Transfer):
        return list(_transferred(step, step.instruction))
    if not isinstance(step.instruction, Run):
        return []
    found = []
    gone: list[str] = []
    targets = [mount.target for mount in step.mounts if mount.target.startswith("/")]
    for each in ran(step):
        gone += removed_paths(each.command, step, each.folder or UNKNOWN_FOLDER)
        gone += moved_paths(each, step)
        for word, tree in _written(each.command):
            path = _path(step, each, word)
            if path is None or path.startswith("/dev/"):
                continue
            if not any(is_inside(path, target) for target in targets):
                text = word if isinstance(word, str) else word.text
                found.append(Created(path.rstrip("/"), step, tree, text))
    if len(found) * len(gone) > MOST_COMPARISONS:
        return []
    # What the same step takes away again is in no layer.
    return [made for made in found if not any(takes_away(pattern, made.path) for pattern in gone)]


def moved_paths(each: Ran, step: Step) -> list[str]:
    """The sources of an `mv`, absolute; each is stored again under its new name."""
    command = each.command
    words = [word for word in command.arguments if not word.text.startswith("-")]
    if command.program != "mv" or any(text.startswith(("-t", "--t")) for text in command.texts):
        return []
    paths = (step.path(word, each.folder or UNKNOWN_FOLDER) for word in words[:-1])
    return [path for path in paths if path is not None]


def _path(step: Step, each: Ran, word: Word | str) -> str | None:
    if each.folder is None:
        known = step.path(word, "/")
        text = word if isinstance(word, str) else word.text
        return known if known and text.startswith(("/", "~")) else None
    return step.path(word, each.folder)


def _transferred(step: Step, instruction: Transfer) -> Iterator[Created]:
    target = step.path(instruction.destination)
    if target is None:
        return
    from_context = not getattr(instruction, "from_name", "")
    for source in instruction.sources:
        name = source.rstrip("/").rpartition("/")[2]
        if "$" in source:
            continue
        if name in ("", ".", "*", ".."):
            yield Created(
                target.rstrip("/"),
                step,
                tree=True,
                shown=instruction.destination,
                source=(source if from_context else ""),
            )
            continue
        if _is_unpacked(instruction, source):
            # An archive that ADD unpacks leaves files whose names nobody knows here.
            yield Created(target.rstrip("/"), step, tree=True, shown=instruction.destination)
            continue
        # Whether the source is a folder, and whether the target is one, the text does not say: a
        # file in a folder has its name, all else the target's.
        inside = posixpath.join(target, name)
        yield Created(
            inside,
            step,
            tree=False,
            shown=_joined(instruction.destination, name),
            source=source if from_context else "",
        )
        if not target.endswith("/"):
            yield Created(
                target,
                step,
                tree=False,
                shown=instruction.destination,
                source=source if from_context else "",
            )
    for content in instruction.contents:
        inside = target if not target.endswith("/") else posixpath.join(target, content.path)
        yield Created(inside, step, tree=False, shown=instruction.destination)


def _joined(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _is_unpacked(instruction: Transfer, source: str) -> bool:
    if not isinstance(instruction, Add):
        return False
    remote = "://" in source
    unpack = instruction.unpack if instruction.unpack is not None else not remote
    return unpack and is_archive(source)


def is_archive(name: str) -> bool:
    """Does a name end like a tar archive that ADD unpacks?"""
    endings = (".tar", ".tgz", ".txz", ".tbz2", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst")
    return name.lower().endswith(endings)


def _written(command: Command) -> Iterator[tuple[Word | str, bool]]:
    """Paths that a command writes, as words, and whether each is a folder full of files."""
    for word in command.outputs:
        yield word, False
    reader = _READERS.get(command.program)
    if reader is not None:
        yield from reader(command)
    elif command.program == "virtualenv" or command.texts[:2] == ("-m", "venv"):
        folders = [word for word in command.arguments if not word.text.startswith("-")]
        if folders:
            yield folders[-1], True


def _by_tar(command: Command) -> Iterator[tuple[Word | str, bool]]:
    for word in _values(command.arguments, _TAR_FOLDER):
        # Files are unpacked beside others in the folders that every image has.
        if word.text.rstrip("/").count("/") > 1 and not word.text.startswith("/usr"):
            yield word, True


def _by_compiler(command: Command) -> Iterator[tuple[Word | str, bool]]:
    for word in _values(command.arguments, ("-o",)):
        yield word, False


def _by_node(command: Command) -> Iterator[tuple[Word | str, bool]]:
    call = tool_call(command)
    elsewhere = ("-g", "--global", "--prefix", "-C", "--cwd", "--dir")
    if call is not None and call.verb in _NODE_VERBS and not call.has(*elsewhere):
        yield "node_modules", True


def _values(arguments: Sequence[Word], names: tuple[str, ...]) -> Iterator[Word]:
    for place, word in enumerate(arguments):
        if word.text in names and place + 1 < len(arguments):
            yield arguments[place + 1]
        else:
            name, has_value, value = word.text.partition("=")
            if has_value and name in names:
                yield type(word)(value, word.literal)


def _by_curl(command: Command) -> Iterator[tuple[Word | str, bool]]:
    arguments = command.arguments
    yield from ((word, False) for word in _values(arguments, ("-o", "--output")))
    flags = [word.text for word in arguments if word.text.startswith("-")]
    short = [flag for flag in flags if not flag.startswith("--")]
    if "--remote-name" in flags or any("O" in flag for flag in short):
        for word in _plain_words(arguments, _CURL_VALUES):
            yield from ((name, False) for name in _name_of_url(word))
    # Bundled flags such as `-fsSLo FILE`.
    for place, word in enumerate(arguments[:-1]):
        text = word.text
        if text.startswith("-") and not text.startswith("--") and text[2:].endswith("o"):
            yield arguments[place + 1], False


def _by_wget(command: Command) -> Iterator[tuple[Word | str, bool]]:
    arguments = command.arguments
    named = list(_values(arguments, ("-O", "--output-document")))
    for place, word in enumerate(arguments[:-1]):
        text = word.text
        if text.startswith("-") and not text.startswith("--") and text[2:].endswith("O"):
            named.append(arguments[place + 1])
    if named:
        yield from ((word, False) for word in named if word.text != "-")
        return
    folder = next(_values(arguments, ("-P", "--directory-prefix")), None)
    for word in _plain_words(arguments, _WGET_VALUES):
        for name in _name_of_url(word):
            yield (name if folder is None else f"{folder.text}/{name}"), False


def _plain_words(arguments: Sequence[Word], with_value: frozenset[str]) -> Iterator[Word]:
    waiting = False
    for word in arguments:
        if waiting:
            waiting = False
        elif word.text.startswith("-"):
            waiting = word.text in with_value
        else:
            yield word


def _name_of_url(word: Word) -> Iterator[str]:
    """The file name that a download gets; variables in it are kept for `Step.path`."""
    name = word.text.partition("?")[0].rpartition("/")[2]
    if "/" in word.text and name:
        yield name


def _by_git(command: Command) -> Iterator[tuple[Word | str, bool]]:
    if command.texts[:1] != ("clone",):
        return
    arguments = command.arguments[1:]
    with_value = frozenset({"-b", "--branch", "--depth", "-c", "--config", "-j", "--jobs", "-o"})
    words = list(_plain_words(arguments, with_value))
    if len(words) > 1:
        yield words[1], True
    elif words:
        yield words[0].text.rstrip("/").removesuffix(".git").rpartition("/")[2], True


_READERS: Mapping[str, Callable[[Command], Iterator[tuple[Word | str, bool]]]] = {
    "bsdtar": _by_tar,
    "curl": _by_curl,
    "git": _by_git,
    "tar": _by_tar,
    "unzip": _by_tar,
    "wget": _by_wget,
    **dict.fromkeys(_COMPILERS, _by_compiler),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), _by_node),
}
