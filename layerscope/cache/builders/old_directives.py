"""Parser directives as parsers older than today's BuildKit read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=")
MOST_DIRECTIVES = 16


def without_newer_directives(data: bytes, known: Collection[bytes]) -> bytes:
    """The same Dockerfile, read alike by an old and a new parser.

    To an old parser a directive that it does not know is a comment, which ends the directives.

    Args:
        data: The file.
        known: The directives that the old parser knows, in lower case.
    """
    start = len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0
    for _ in range(MOST_DIRECTIVES):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        found = DIRECTIVE.match(data, start, end)
        if found is None:
            return data
        if found[1].lower() not in known:
            return data[:start] + b"#" + data[end:]
        start = end + 1
    return data
