"""The image that a name stands for in a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.content_known import NO_BUILD
from layerscope.cache.builders.rootfs import Origin, Rootfs
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from layerscope.cache.build import Base, Build

HUB = "docker.io/"
LIBRARY = "library/"


def base_of(build: Build, name: str, platform: str | None = None) -> Base | None:
    """The image `name` for `platform`; None where only its name is known."""
    for spelling in spellings(name):
        named = build.bases.get(spelling)
        if named is None:
            continue
        wanted = platform or (build.platforms[0] if build.platforms else build.build_platform)
        for key in (wanted, None):
            if key in named.platforms:
                return named.platforms[key]
    return None


def spellings(name: str) -> tuple[str, ...]:
    """`name` as written, and the other ways to write the same name."""
    last = name.rpartition("/")[2]
    tagged = name if ":" in last or "@" in last else f"{name}:latest"
    short = tagged.removeprefix(HUB).removeprefix(LIBRARY)
    full = tagged if tagged.startswith(HUB) else HUB + tagged
    library = HUB + LIBRARY + short
    return tuple(dict.fromkeys((name, tagged, short, full, library)))


def files_of(base: Base | None, name: str) -> Rootfs:
    """The files of an image from outside; those of an unknown one are known by its name only."""
    if base is None:
        return Rootfs(Origin(("image", spellings(name)[-1])), {})
    return Rootfs(
        Origin(("layers", base.layers), NO_BUILD, base.files, base.users, base.groups), {}
    )


def nothing() -> Rootfs:
    """The files of `scratch`: none."""
    return Rootfs(Origin("scratch", NO_BUILD, MemoryTree({}, {}), {}, {}), {})
