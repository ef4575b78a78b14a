"""The lines of a TOML file on which its budgets begin; the standard parser does not tell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What may hide a header comes first: texts over several lines, texts, comments.
_TOKENS = r"""
    ^[\ \t]*\[\[(?P<header>[^\]\n]*)\]\]
  | \"{3}(?:\\.|[^\\])*?\"{3,5}
  | '{3}.*?'{3,5}
  | "(?:\\.|[^"\\\n])*"
  | '[^'\n]*'
  | \#[^\n]*
"""


def budget_lines(text: str, table: Sequence[str] = ()) -> tuple[int, ...]:
    r"""The lines, counted from 1, of the headers `[[budget]]`.

    Args:
        text: Of a whole file, valid TOML.
        table: In which the budgets are, such as `("tool", "layerscope")`.

    >>> budget_lines('[gate]\n# [[budget]]\n[[budget]]\nmetric = "files"\n')
    (3,)
    """
    wanted = [*table, "budget"]
    lines: list[int] = []
    line, position = 1, 0
    for found in re.finditer(_TOKENS, text, re.VERBOSE | re.DOTALL | re.MULTILINE):
        header = found["header"]
        if header is None or [_key(part) for part in header.split(".")] != wanted:
            continue
        line += text.count("\n", position, found.start())
        position = found.start()
        lines.append(line)
    return tuple(lines)


def _key(part: str) -> str:
    return part.strip().strip("\"'")
