"""A line of the history as people know it: the instruction, without what builders put around it."""

from __future__ import annotations

import re

CHARACTERS = 1600
"""A hostile line may be very long: no more of it is looked at."""
MISSING = "<missing>"
"""What a layer without a record is called."""

_SUM = re.compile(r"\b((?:file|dir|multi):[0-9a-f]{12})[0-9a-f]{52}\b")
_SPACE = re.compile(r"\s+")
_BUILD_ARGUMENTS = re.compile(r"(?:RUN )?\|[0-9]+ (?:.*?(?=/bin/(?:ba)?sh -))?")
_SHELL = re.compile(
    r"(?:RUN )?/bin/(?:ba)?sh (?:-\S+ (?:pipefail )?){0,3}-[a-z]*c (?:#\(nop\) )?"
    r"|\S+(?: -\S+)* #\(nop\) "
)


def cleaned(created_by: str | None) -> str:
    r"""The instruction of a history line, on one line; `<missing>` for None.

    The classic builder's `/bin/sh -c #(nop)` and BuildKit's `# buildkit` go, so does the shell of a
    `RUN`; blanks become single spaces, and the checksum of what was copied is cut to 12 digits, so
    that the destination is seen. Nothing is escaped: renderers do that.

    >>> cleaned("/bin/sh -c #(nop) COPY dir:12 in / ")
    'COPY dir:12 in /'
    >>> cleaned("RUN /bin/sh -c apt-get update # buildkit")
    'RUN apt-get update'
    >>> cleaned("/bin/sh -c make")
    'RUN make'
    """
    if created_by is None:
        return MISSING
    text = _SPACE.sub(" ", created_by[:CHARACTERS]).strip()
    text = text.removesuffix("# buildkit").rstrip()
    text = _BUILD_ARGUMENTS.sub("RUN ", text, count=1)
    shell = _SHELL.match(text)
    if shell:
        rest = text[shell.end() :].lstrip()
        text = rest if "#(nop)" in shell[0] else f"RUN {rest}"
    return _SUM.sub(r"\1", text)
