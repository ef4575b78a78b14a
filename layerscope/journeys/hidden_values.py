"""Documents without the values of build arguments that may be credentials.

Builders write such values into the names of steps and the text of instructions, for all who read a
log. A document goes further than a log does: into artifacts and comments of a review.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from layerscope.cache.credentials import is_hidden
from layerscope.report.document import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.cache.build import Build

Document = TypeVar("Document", bound=Row)

HIDDEN = "(not shown)"
SHORTEST = 6
"""Shorter values are hardly secrets, and would be found in the middle of other words."""
KEPT = frozenset({"path", "paths", "stage", "code", "outcome"})
"""Fields that other programs go by, and no builder puts values into."""


def without_hidden(document: Document, builds: Iterable[Build]) -> Document:
    """The same document; `(not shown)` stands for each value that nobody may see.

    Args:
        document: Any; names of stages, paths and codes stay as they are.
        builds: Those that it is about. What a Dockerfile itself says is not hidden.
    """
    values = {
        value
        for build in builds
        for name, value in build.build_args.items()
        if len(value) >= SHORTEST and is_hidden(name, value)
    }
    if not values:
        return document
    # A value may be a part of another one.
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    plain = _replaced(msgspec.to_builtins(document), longest_first)
    return msgspec.convert(plain, type(document))


def _replaced(value: Any, hidden: Sequence[str]) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, str):
        for each in hidden:
            value = value.replace(each, HIDDEN)
        return value
    if isinstance(value, dict):
        return {
            key: part if key in KEPT else _replaced(part, hidden) for key, part in value.items()
        }
    if isinstance(value, list):
        return [_replaced(part, hidden) for part in value]
    return value
