r"""Trees and images from a few lines of text, one member a line.

    layer COPY site /srv
    add srv dir mode=0750
    add srv/index.html file hello
    add srv/big file size=100000 x
    add srv/latest symlink index.html
    add srv/copy hardlink srv/index.html
    remove etc/issue
    hide var/cache
    empty ENV A=1

`add` takes a path, a kind, options (`mode` `uid` `gid` in the way chmod and chown take them, and
`size` for files: the content repeated up to so many bytes), then content or target, to the end of
the line. `\xHH`, `\n` and `\\` stand for one byte each, in paths and contents. Blank lines and
lines that begin with `#` say nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPTIONS = {"mode": 8, "uid": 10, "gid": 10, "size": 10}
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|n|\\)")


def tree(text: str) -> Tree:
    r"""The tree that lines of `add`, `remove` and `hide` describe.

    Raises: `UsageError`, with the number of the line.

    >>> tree("add etc dir\nadd etc/motd file hello").members[1].content
    b'hello'
    """
    made = Tree()
    for number, line in _lines(text):
        made = _extended(made, line, number)
    return made


def image(text: str, *names: str) -> ImageBuilder:
    """The image that the text describes; each `layer` or `empty` line is one history record.

    Raises: `UsageError`, with the number of the line.
    """
    made = ImageBuilder(names=names)
    open_layer: tuple[Tree, str] | None = None
    for number, line in _lines(text):
        verb, _, rest = line.partition(" ")
        if verb in {"layer", "empty"}:
            made = _closed(made, open_layer)
            open_layer = (Tree(), rest) if verb == "layer" else None
            if verb == "empty":
                made = made.empty_layer(rest)
        elif open_layer is None:
            raise _wrong(number, "expected layer or empty before the first member", line)
        else:
            open_layer = (_extended(open_layer[0], line, number), open_layer[1])
    return _closed(made, open_layer)


def _closed(made: ImageBuilder, open_layer: tuple[Tree, str] | None) -> ImageBuilder:
    return made if open_layer is None else made.layer(*open_layer)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    numbered: Iterable[tuple[int, str]] = enumerate(text.splitlines(), start=1)
    for number, line in numbered:
        stripped = line.lstrip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _extended(made: Tree, line: str, number: int) -> Tree:
    verb, _, rest = line.partition(" ")
    if verb == "remove":
        return made.whiteout(_bytes(rest))
    if verb == "hide":
        return made.opaque(_bytes(rest))
    if verb != "add":
        raise _wrong(number, "expected add, remove, hide, layer or empty", line)
    path, _, rest = rest.partition(" ")
    kind, _, rest = rest.partition(" ")
    options, rest = _options(rest, number)
    name, content = _bytes(path), _bytes(rest)
    uid, gid = options.get("uid", 0), options.get("gid", 0)
    if kind == "file":
        if "size" in options:
            content = _repeated(content or b"\0", options["size"])
        return made.file(name, content, mode=options.get("mode", 0o644), uid=uid, gid=gid)
    if "size" in options:
        raise _wrong(number, "expected size with a file only", line)
    if kind == "dir":
        return made.dir(name, mode=options.get("mode", 0o755), uid=uid, gid=gid)
    if kind in {"symlink", "hardlink"} and not options:
        return made.symlink(name, content) if kind == "symlink" else made.hardlink(name, content)
    raise _wrong(number, "expected file, dir, symlink or hardlink, links without options", line)


def _options(rest: str, number: int) -> tuple[dict[str, int], str]:
    options: dict[str, int] = {}
    while True:
        word, _, behind = rest.partition(" ")
        key, equals, value = word.partition("=")
        if not equals or key not in OPTIONS:
            return options, rest
        try:
            options[key] = int(value, OPTIONS[key])
        except ValueError as error:
            raise _wrong(number, f"expected a number for {key}", word) from error
        rest = behind


def _repeated(content: bytes, size: int) -> bytes:
    return (content * (size // len(content) + 1))[:size]


def _bytes(text: str) -> bytes:
    return _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogateescape"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    if what == b"n":
        return b"\n"
    return what if what == b"\\" else bytes.fromhex(what[1:].decode())


def _wrong(number: int, problem: str, found: str) -> UsageError:
    return UsageError(f"{problem}, found {shown(found)}", f"line {number}")
