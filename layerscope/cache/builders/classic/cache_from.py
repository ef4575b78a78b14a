"""`--cache-from`: only what leads to the named images can be hit.

Source: docker 20.10, `image/cache/cache.go`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of
from layerscope.cache.builders.image_chain import Entry, Image, Key, Lookup

if TYPE_CHECKING:
    from collections.abc import Hashable

    from layerscope.cache.build import Build
    from layerscope.cache.builders.image_chain import Store

BEFORE = "case:out"


class NamedSources:
    """The images that `--cache-from` names, as far as they are there."""

    def __init__(self, build: Build, store: Store, before: Image | None) -> None:
        """`before` is what `case:out` stands for."""
        self._store = store
        self._images: list[Image] = []
        for name in build.cache_from or ():
            if name == BEFORE:
                self._images.extend([] if before is None else [before])
            elif (base := base_of(build, name)) is not None:
                identity = ("image", base.manifest)
                files = files_of(base, name)
                entry = Entry(("base", base.layers, base.created))
                self._images.append(Image(-1, identity, Key(identity), files, entry, found=False))
        self._histories = [_history(image) for image in self._images]

    def find(self, parent: Hashable, entry: Entry | None, key: Key, text: str) -> Lookup:
        """The image for a step on top of `parent`, the last entry of whose history is `entry`."""
        local = self._store.find(parent, key, newest_first=True)
        if local.image is not None and any(
            _stands_on(history, local.image) for history in self._histories
        ):
            return local
        count = 0 if entry is None else entry.depth
        for image, history in zip(self._images, self._histories, strict=True):
            if len(history) <= count or (entry is not None and history[count - 1] != entry):
                continue
            if history[count].text != text:
                continue
            if len(history) == count + 1:
                return Lookup(image)
            self._images, self._histories = [image], [history]
            return Lookup(self._restored(parent, history[count]))
        return Lookup(None, content_differs=local.content_differs)

    def _restored(self, parent: Hashable, entry: Entry) -> Image | None:
        """The image of an entry in the middle of a history; it can be built on, not found."""
        if not isinstance(entry.mark, int):
            return None
        number = self._store.next_number()
        made = replace(self._store.images[entry.mark], number=number, found=False)
        return self._store.add(parent, made)


def _history(image: Image) -> list[Entry]:
    """All entries, the first one first."""
    entries = []
    entry = image.entry
    while entry is not None:
        entries.append(entry)
        entry = entry.below
    return entries[::-1]


def _stands_on(history: list[Entry], image: Image) -> bool:
    """Was the image with this history made on top of `image`?"""
    entry = image.entry
    return entry is not None and len(history) > entry.depth and history[entry.depth - 1] == entry
