"""Text from images made safe to print on a terminal: one line, nothing that a terminal obeys.

Every text of a document goes through here on its way to a terminal. What it gives back holds only
printable characters, so it is put into `rich.text.Text` as it is and never read as markup.
"""

from __future__ import annotations

from layerscope.analysis.instruction_text import cleaned
from layerscope.errors import shown

NAME_CHARACTERS = 200
INSTRUCTION_CHARACTERS = 400
DIGEST_CHARACTERS = 12


def line(value: str, limit: int = NAME_CHARACTERS) -> str:
    r"""A text on one line, escaped and cut to `limit` characters before escaping.

    >>> line("app\x1b[2J:1")
    'app\\x1b[2J:1'
    """
    return shown(value, limit)


def exact(value: str, limit: int = NAME_CHARACTERS) -> str:
    r"""A name on one line, escaped so that it can be read back: a backslash is doubled too.

    >>> exact("a\\x41\udcff")
    'a\\\\x41\\xff'
    """
    return shown(value[: limit + 1].replace("\\", "\\\\"), 2 * limit)


def instruction(created_by: str | None) -> str:
    r"""A history line for people, escaped and cut: see `analysis.instruction_text.cleaned`.

    >>> instruction("/bin/sh -c make\x1b")
    'RUN make\\x1b'
    """
    return shown(cleaned(created_by), INSTRUCTION_CHARACTERS)


def short_digest(digest: str | None) -> str:
    """The first 12 hex digits, or `?` where there is no digest."""
    if digest is None:
        return "?"
    return shown(digest.rpartition(":")[2], DIGEST_CHARACTERS + 1)[:DIGEST_CHARACTERS]
