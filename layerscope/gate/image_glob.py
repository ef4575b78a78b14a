"""Whether a pattern of a policy is one for an image."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from layerscope.analysis.glob import Glob
    from layerscope.report.answers import ImageName


def fits_image(pattern: str, name: ImageName) -> bool:
    """Whether the glob fits a name of the image, in full or as Docker shows it, or its input.

    The rules are those of `analysis.glob.Glob`: a pattern without `/` is one on the last part. An
    empty one fits all.

    Raises: `UsageError` if the pattern is none.
    """
    if not pattern:
        return True
    texts = {name.input, *name.names, *map(familiar, name.names)}
    return bool(_glob(pattern).matches([_path(text) for text in texts]))


@lru_cache(maxsize=256)
def _glob(pattern: str) -> Glob:
    from layerscope.analysis.glob import Glob  # noqa: PLC0415 - few budgets have a pattern

    return Glob(pattern)


def _path(text: str) -> bytes:
    """A text as the absolute path that globs are about."""
    path = "/" + text.lstrip("/")
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # JSON can hold a surrogate that stands for no byte.
        return path.encode("utf-8", "surrogatepass")
