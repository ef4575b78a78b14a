"""Files behind URLs while a build runs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Build, ServedFile

SCHEMES = ("http://", "https://")
URL_MODE = 0o600
"""Of a file that was downloaded."""


def served(build: Build, url: str) -> ServedFile | None:
    """What the server answers; None where that is not known. Raises: `DockerfileError`."""
    path, query = path_and_query(url)
    for name in (url, f"{path}?{query}" if query else path):
        if name in build.served:
            return build.served[name]
    if build.served_all:
        problem = f"{shown(url)}: the server answers 404"
        raise DockerfileError(problem)
    return None


def path_and_query(url: str) -> tuple[str, str]:
    """The path and the query of a URL as they are written, without its fragment.

    Python's own reader refuses hosts that Go's takes (it looks into brackets, and at letters that
    only look alike), and drops characters that Go keeps.

    Raises: `DockerfileError` for a bracket of an address that is not closed, as Go's does.
    """
    _, _, rest = url.partition("://")
    rest, _, query = rest.partition("#")[0].partition("?")
    host, slash, path = rest.partition("/")
    if host.rpartition("@")[2].startswith("[") and "]" not in host:
        problem = f"parse {shown(url)}: missing ']' in host"
        raise DockerfileError(problem)
    return slash + path, query


def file_name(url: str) -> str:
    """The name that a download gets: the last part of the path, decoded; empty if there is none.

    Raises: `DockerfileError`; see `path_and_query`.
    """
    path, _ = path_and_query(url)
    return posixpath.basename(
        unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    )
