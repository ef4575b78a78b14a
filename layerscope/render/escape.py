"""Text from images made safe to print on a terminal: one line, nothing that a terminal obeys.

Every text of a document goes through here on its way to a terminal. What it gives back holds only
printable characters, so it is put into `rich.text.Text` as it is and never read as markup.
"""

from __future__ import annotations

import re

from layerscope.errors import shown

NAME_CHARACTERS = 200
INSTRUCTION_CHARACTERS = 400
DIGEST_CHARACTERS = 12

_SUM = re.compile(r"\b((?:file|dir|multi):[0-9a-f]{12})[0-9a-f]{52}\b")
_SPACE = re.compile(r"\s+")
_BUILD_ARGUMENTS = re.compile(r"(?:RUN )?\|[0-9]+ (?:.*?(?=/bin/(?:ba)?sh -))?")
_SHELL = re.compile(
    r"(?:RUN )?/bin/(?:ba)?sh (?:-\S+ (?:pipefail )?){0,3}-[a-z]*c (?:#\(nop\) )?"
    r"|\S+(?: -\S+)* #\(nop\) "
)


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
    r"""A history line for people: the instruction, without what builders put around it.

    The classic builder's `/bin/sh -c #(nop)` and BuildKit's `# buildkit` go, so does the shell of a
    `RUN`; line breaks become spaces, and the checksum of what was copied is cut to 12 digits, so
    that the destination is seen. None, a layer without a record, is `<missing>`.

    >>> instruction("/bin/sh -c #(nop) COPY dir:12 in / ")
    'COPY dir:12 in /'
    >>> instruction("RUN /bin/sh -c apt-get update # buildkit")
    'RUN apt-get update'
    >>> instruction("/bin/sh -c make")
    'RUN make'
    """
    if created_by is None:
        return "<missing>"
    # A hostile line may be very long: it is cut before anything looks at all of it.
    text = _SPACE.sub(" ", created_by[: 4 * INSTRUCTION_CHARACTERS]).strip()
    text = text.removesuffix("# buildkit").rstrip()
    text = _BUILD_ARGUMENTS.sub("RUN ", text, count=1)
    shell = _SHELL.match(text)
    if shell:
        rest = text[shell.end() :].lstrip()
        text = rest if "#(nop)" in shell[0] else f"RUN {rest}"
    return shown(_SUM.sub(r"\1", text), INSTRUCTION_CHARACTERS)


def short_digest(digest: str | None) -> str:
    """The first 12 hex digits, or `?` where there is no digest."""
    if digest is None:
        return "?"
    return shown(digest.rpartition(":")[2], DIGEST_CHARACTERS + 1)[:DIGEST_CHARACTERS]
