"""Files behind URLs while a build runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Build, ServedFile

SCHEMES = ("http://", "https://")


def served(build: Build, url: str) -> ServedFile | None:
    """What the server answers; None where that is not known. Raises: `DockerfileError`."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    for name in (url, path):
        if name in build.served:
            return build.served[name]
    if build.served_all:
        problem = f"{shown(url)}: the server answers 404"
        raise DockerfileError(problem)
    return None
