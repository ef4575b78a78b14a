"""Image names, and what is known of the image that a name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.ignored_tree import sent
from layerscope.cache.builders.buildkit.platforms import Platform, parse_platform
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Base, Build, NamedImage
    from layerscope.cache.filetree import FileTree

HUB = "docker.io"
LATEST = "latest"


def normal_name(name: str) -> str:
    """The full form: registry, repository and tag; a digest takes the place of a default tag."""
    first, slash, rest = name.partition("/")
    if not slash or not (set(".:") & set(first) or first == "localhost" or first != first.lower()):
        first, rest = HUB, name
    if first in {HUB, "index.docker.io"}:
        first = HUB
        rest = rest if "/" in rest else f"library/{rest}"
    if "@" not in rest and ":" not in rest.rpartition("/")[2]:
        rest = f"{rest}:{LATEST}"
    return f"{first}/{rest}"


def context_name(name: str) -> str:
    """The short form by which named contexts are looked up, without the tag `latest`."""
    full = normal_name(name)
    short = full.removeprefix(f"{HUB}/").removeprefix("library/")
    return short.removesuffix(f":{LATEST}")


class Images:
    """The images and named contexts of a build."""

    def __init__(self, build: Build, *, named_contexts: bool) -> None:
        """`named_contexts` is false where the frontend has none yet."""
        self._exact = build.bases
        self._normal = {normal_name(name): image for name, image in build.bases.items()}
        contexts = build.named_contexts if named_contexts else {}
        self._contexts = {
            context_name(name): source if isinstance(source, str) else sent(source)
            for name, source in contexts.items()
        }

    def named_context(self, name: str) -> FileTree | str | None:
        """What replaces a stage or image of this name: a folder, or the reference of an image."""
        if name.lower() in {"scratch", "context"}:
            return None
        return self._contexts.get(context_name(name))

    def base(self, name: str, platform: Platform) -> Base | None:
        """What is known of an image; None for one of which only the name is known.

        Raises: `DockerfileError`: It is there for other platforms only, or the name is none.
        """
        if not _is_lower_case(name):
            problem = f"{shown(name)} is no image name: it must be in lower case"
            raise DockerfileError(problem)
        image = self._exact.get(name) or self._normal.get(normal_name(name))
        if image is None:
            return None
        found = _for_platform(image, platform)
        if found is None:
            problem = f"the image {shown(name)} is not there for {platform}"
            raise DockerfileError(problem)
        return found


def _is_lower_case(name: str) -> bool:
    repository = normal_name(name).partition("/")[2].partition("@")[0]
    folder, slash, last = repository.rpartition("/")
    path = folder + slash + last.partition(":")[0]
    return path == path.lower()


def _for_platform(image: NamedImage, platform: Platform) -> Base | None:
    for text, base in image.platforms.items():
        if text is not None and parse_platform(text) == platform:
            return base
    return image.platforms.get(None)
