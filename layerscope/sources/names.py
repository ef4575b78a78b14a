"""Image names as people write and archives store them: equal names told, tags taken off."""

from __future__ import annotations

_DEFAULT_PREFIXES = ("docker.io/library/", "index.docker.io/library/", "docker.io/")


def familiar(name: str) -> str:
    """The short form that Docker shows: `docker.io/library/app:1` is `app:1`.

    >>> familiar("docker.io/library/app:1")
    'app:1'
    """
    for prefix in _DEFAULT_PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def tag_of(name: str) -> str:
    """The tag of a full name; empty where it has none.

    >>> tag_of("registry.example:5000/ns/app:1")
    '1'
    """
    return name.rpartition("/")[2].partition(":")[2]


def is_named(wanted: str, reference: str) -> bool:
    """Whether a user who writes `wanted` means `reference`.

    A name without a tag means `latest`, as for Docker; a bare tag means any name with it.
    """
    wanted, reference = familiar(wanted), familiar(reference)
    if not reference:
        return False
    return reference in {wanted, f"{wanted}:latest"} or tag_of(reference) == wanted
