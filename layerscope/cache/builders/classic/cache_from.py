"""`--cache-from`: only what leads to the named images can be hit.

Source: docker 20.10, `image/cache/cache.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of
from layerscope.cache.builders.image_chain import Image, Key, Lookup

if TYPE_CHECKING:
    from collections.abc import Hashable

    from layerscope.cache.build import Build
    from layerscope.cache.builders.image_chain import Store

BEFORE = "case:out"


@dataclass(slots=True)
class NamedSources:
    """The images that `--cache-from` names, and the store they are in.

    Attributes:
        store: All images.
        images: The named ones, as far as they are there.
    """

    store: Store
    images: list[Image]

    @classmethod
    def of(cls, build: Build, store: Store, before: Image | None) -> NamedSources:
        """`before` is what `case:out` stands for."""
        found: list[Image] = []
        for name in build.cache_from or ():
            if name == BEFORE:
                found.extend([] if before is None else [before])
            elif (base := base_of(build, name)) is not None:
                mark = ("base", base.layers, base.created)
                key = Key(("image", base.manifest))
                files = files_of(base, name)
                found.append(
                    Image(-1, ("image", base.manifest), key, files, (mark,), ("",), found=False)
                )
        return cls(store, found)

    def find(self, parent: Hashable, history: tuple[Hashable, ...], key: Key, text: str) -> Lookup:
        """The image for a step on top of `parent`, whose history is `history`."""
        local = self.store.find(parent, key, newest_first=True)
        if local.image is not None and any(
            _stands_on(source, local.image) for source in self.images
        ):
            return local
        for source in self.images:
            count = len(history)
            if len(source.history) <= count or source.history[:count] != history:
                continue
            if source.texts[count] != text:
                continue
            if len(source.history) == count + 1:
                return Lookup(source)
            self.images = [source]
            return Lookup(self._restored(parent, source, count + 1))
        return Lookup(None, content_differs=local.content_differs)

    def _restored(self, parent: Hashable, source: Image, count: int) -> Image:
        """The image in the middle of a named one's history; it can be built on, not found."""
        history = source.history[:count]
        for image in self.store.images:
            if image.history == history:
                made = replace(image, number=self.store.next_number(), found=False)
                return self.store.add(parent, made)
        return source


def _stands_on(source: Image, image: Image) -> bool:
    """Is `source` made on top of `image`?"""
    count = len(image.history)
    return len(source.history) > count and source.history[:count] == image.history
