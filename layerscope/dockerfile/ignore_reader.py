"""A `.dockerignore` file as a list of patterns, as the ignore-file reader of moby makes it."""

from __future__ import annotations

from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import DockerignoreError

MAX_LINE = 64 * 1024
"""A line must be shorter than this, counted in bytes without its line feed."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_patterns(data: bytes) -> list[str]:
    r"""The patterns of a file, in order: no comments, no empty lines, no leading slash.

    A byte that is not UTF-8 is a lone surrogate (`surrogateescape`).

    Raises:
        DockerignoreError: A line is too long.

    >>> read_patterns(b"# made by hand\n/docs/\n! docs/a.md\n")
    ['docs', '!docs/a.md']
    """
    patterns: list[str] = []
    for number, line in enumerate(data.split(b"\n")):
        if len(line) >= MAX_LINE:
            raise DockerignoreError(
                "bufio.Scanner: token too long",
                f"line {number + 1}",
                f"a line may have {MAX_LINE - 1} bytes",
            )
        content = line.removesuffix(b"\r")
        if number == 0:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        # A comment starts in the first column; ` #x` is a pattern.
        if content.startswith(b"#"):
            continue
        pattern = content.decode("utf-8", "surrogateescape").strip(SPACES)
        if pattern:
            patterns.append(_relative(pattern))
    return patterns


def _relative(pattern: str) -> str:
    mark = "!" if pattern.startswith("!") else ""
    rest = pattern[1:].strip(SPACES) if mark else pattern
    if not rest:
        return mark
    cleaned = clean(rest)
    return mark + (cleaned.removeprefix("/") or cleaned)


def clean(path: str) -> str:
    """The shortest spelling of `path`, as Go's `filepath.Clean` gives it on Unix.

    >>> clean("//a/./b/../c/"), clean("../.."), clean("")
    ('/a/c', '../..', '.')
    """
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        elif not rooted:
            parts.append(part)
    return "/" + "/".join(parts) if rooted else "/".join(parts) or "."
