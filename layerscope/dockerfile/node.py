"""One instruction as the parser leaves it: words, flags and heredocs, not yet typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.dockerfile.location import Location


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: its name, file descriptor and body.

    Attributes:
        name: The delimiter without its quotes.
        descriptor: The number before `<<`; 0 where there is none.
        expand: Are variables in the body expanded? False where the delimiter is quoted.
        chomp: Was it `<<-`? Leading tabs are then taken off when the body is used.
        content: The body as written, line ends and leading tabs included.
    """

    name: str
    descriptor: int
    expand: bool
    chomp: bool
    content: str


@dataclass(frozen=True, slots=True)
class Node:
    """One instruction.

    Attributes:
        keyword: The first word, as spelled.
        flags: The words that start with `--` behind the keyword, as BuildKit's parser gives them.
        args: The arguments. `ENV` and `LABEL` give three for each pair: name, value, and `=` or
            nothing (the old form `ENV name value`).
        json_form: Were the arguments a JSON array?
        location: Its lines.
        original: The text with its continuation lines joined.
        heredocs: Its here-documents, in order.
        comments: The comment lines right above it, without `#`.
        onbuild: The instruction inside an `ONBUILD`.
    """

    keyword: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    json_form: bool
    location: Location
    original: str
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[str, ...] = ()
    onbuild: Node | None = None
