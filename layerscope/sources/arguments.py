"""What a user writes for IMAGE, as files to open: transports, picks, globs, folders and lists.

`[transport:]path[:ref|:@index]`, where a path that exists as written always wins.
"""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import (
    InputError,
    ReferenceGivenError,
    UnreadableInputError,
    UsageError,
    shown,
)
from layerscope.oci.reference import looks_like_reference
from layerscope.sources.select import Pick

if TYPE_CHECKING:
    from collections.abc import Sequence

TRANSPORTS = {
    "docker-archive": "docker-archive",
    "oci-archive": "oci-archive",
    "oci": "oci",
    "oci-dir": "oci",
    "dir": "dir",
    "layer": "layer",
}
"""By prefix, the `source` that it stands for."""

LATER_TRANSPORTS = frozenset({"docker", "docker-daemon", "podman", "containers-storage"})

STDIN = "-"
MAX_LIST_BYTES = 16 * 1024 * 1024
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file, folder or stream to open.

    Attributes:
        path: As the user wrote it, which is what the input is called; `-` is standard input.
        transport: The `source` that was asked for, or None to find out.
        pick: Or None for all images.
        error: Why there is nothing to open; it becomes a fault of the input.
    """

    path: str
    transport: str | None = None
    pick: Pick | None = None
    error: InputError | None = None


def wanted(texts: Sequence[str]) -> list[Wanted]:
    """What the texts stand for, in order; lists and globs in place, globs sorted.

    Raises: `UsageError` for a transport that does not exist, a glob that fits nothing, a list that
        cannot be read or that names another list, an empty text, or no text at all.
    """
    if not texts:
        raise UsageError("expected at least one image")
    found: list[Wanted] = []
    for text in texts:
        if not text:
            raise UsageError("an IMAGE is empty", hint="a shell variable may not be set")
        if text.startswith("@") and not os.path.lexists(text):
            for line in _list_lines(text[1:]):
                if line.startswith("@") and not os.path.lexists(line):
                    raise UsageError(f"a list names another list: {shown(line)}", shown(text))
                found.extend(_of_text(line))
        else:
            found.extend(_of_text(text))
    return found


def _list_lines(path: str) -> list[str]:
    """The lines of a list file, without empty ones and comments."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_LIST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        problem = f"the list cannot be read: {reason[:1].lower()}{reason[1:]}"
        raise UsageError(problem, shown(f"@{path}")) from None
    if len(data) > MAX_LIST_BYTES:
        raise UsageError(f"the list has more than {MAX_LIST_BYTES} bytes", shown(f"@{path}"))
    # Not `splitlines` of the text: names may have what Unicode takes for the end of a line.
    lines = [os.fsdecode(line.strip()) for line in data.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _of_text(text: str) -> list[Wanted]:
    if text == STDIN or _exists(text):
        return [Wanted(text)]
    transport, rest = _without_transport(text)
    if rest == STDIN and transport is not None:
        return [Wanted(rest, transport)]
    for path, pick in _splits(rest):
        if _exists(path) or (path == STDIN and pick is not None):
            return [Wanted(path, transport, pick)]
        if _GLOB.intersection(path):
            paths = sorted(glob.glob(path, recursive=True))
            if paths:
                return [Wanted(one, transport, pick) for one in paths]
    if _GLOB.intersection(rest):
        raise UsageError("the pattern fits no file", shown(text))
    return [Wanted(rest, transport, error=_nothing_there(rest, transport))]


def _exists(path: str) -> bool:
    try:
        return bool(path) and os.path.lexists(path)
    except ValueError:
        # A NUL character.
        return False


def _without_transport(text: str) -> tuple[str | None, str]:
    """The source that a prefix stands for, and what follows it."""
    prefix, colon, rest = text.partition(":")
    if not colon:
        return None, text
    if prefix in TRANSPORTS:
        return TRANSPORTS[prefix], rest.removeprefix("//")
    if prefix in LATER_TRANSPORTS or rest.startswith("//"):
        raise UsageError(
            f'there is no transport "{shown(prefix, 40)}"; there are: {", ".join(TRANSPORTS)}',
            shown(text),
            "save the image to a file first, as with `docker save IMAGE -o image.tar`",
        )
    return None, text


def _splits(text: str) -> list[tuple[str, Pick | None]]:
    """Each way to read `path[:pick]`, longest path first."""
    ways: list[tuple[str, Pick | None]] = [(text, None)]
    end = len(text)
    while (end := text.rfind(":", 0, end)) > 0:
        picked = text[end + 1 :]
        if picked.startswith("@") and picked[1:].isascii() and picked[1:].isdecimal():
            # More digits than any index has are cut: no number is made of a megabyte of them.
            ways.append((text[:end], Pick(index=int(picked[1:13]))))
        elif picked:
            ways.append((text[:end], Pick(reference=picked)))
    return ways


def _nothing_there(text: str, transport: str | None) -> InputError:
    if transport is None and looks_like_reference(text):
        file = text.partition("@")[0].rpartition("/")[2].partition(":")[0]
        return ReferenceGivenError(
            "there is no such file; it looks like an image of a registry",
            hint=f"save it first: `docker save {shown(text)} -o {file}.tar`, "
            f"or `skopeo copy docker://{shown(text)} oci-archive:{file}.tar`",
        )
    return UnreadableInputError("no such file or folder")
