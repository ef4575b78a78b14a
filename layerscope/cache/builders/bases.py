"""The image that a name stands for in a build."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from layerscope.cache.build import full_name
from layerscope.cache.builders.content_known import NO_BUILD
from layerscope.cache.builders.rootfs import Origin, Rootfs
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from layerscope.cache.build import Base, Build

NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._-/:@+")


def base_of(build: Build, name: str, platform: str | None = None) -> Base | None:
    """The image `name` for `platform`; None where only its name is known."""
    named = build.image(name)
    if named is None:
        return None
    wanted = platform or (build.platforms[0] if build.platforms else build.build_platform)
    return named.platforms.get(wanted) or named.platforms.get(None)


def is_image_name(name: str) -> bool:
    """Can an image have this name? The part behind the host has no capital letters."""
    if not name or not set(name) <= NAME_CHARACTERS:
        return False
    host, slash, rest = name.partition("/")
    has_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    path = (rest if has_host else name).partition("@")[0]
    directories, _, last = path.rpartition("/")
    repository = f"{directories}/{last.partition(':')[0]}"
    return repository == repository.lower()


def files_of(base: Base | None, name: str) -> Rootfs:
    """The files of an image from outside; those of an unknown one are known by its name only."""
    if base is None:
        return Rootfs(Origin(("image", full_name(name))))
    return Rootfs(Origin(("layers", base.layers), NO_BUILD, base.files, base.users, base.groups))


def nothing() -> Rootfs:
    """The files of `scratch`: none."""
    return Rootfs(Origin("scratch", NO_BUILD, MemoryTree({}, {}), {}, {}))
