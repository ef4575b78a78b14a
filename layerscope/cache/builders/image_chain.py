"""The cache of builders that keep an image for every step: each image knows what it was built on.

Shared by the classic builder and buildah. A step is looked up by the identity of the image below it
and by its own key: a fixed part, and what it copies. What it copies may be unknown, because a
command made it; then only an assumption can tell whether it is the same as before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.builders.content_known import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from layerscope.cache.builders.content_known import Content
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.cache.step import AssumeReruns


@dataclass(frozen=True, slots=True)
class Key:
    """What a step is looked up by, apart from the image below it."""

    fixed: Hashable
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an image's history.

    Attributes:
        mark: Equal marks, equal histories up to here.
        text: What it says of its command.
        depth: How many entries there are up to here.
        below: The entry before it.
    """

    mark: Hashable
    text: str = ""
    depth: int = 1
    below: Entry | None = field(default=None, compare=False, repr=False)

    def then(self, mark: Hashable, text: str) -> Entry:
        """The entry of a step on top of this one."""
        return Entry(mark, text, self.depth + 1, self)


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a step made.

    Attributes:
        number: Its place in the order of creation.
        identity: What a step on top of it is looked up by.
        key: What it can be found by.
        files: Its files, as far as they are known.
        entry: The last entry of its history, where histories are compared.
        found: Can it be found by its key? Images restored from `--cache-from` cannot.
    """

    number: int
    identity: Hashable
    key: Key
    files: Rootfs
    entry: Entry | None = None
    found: bool = True


class Assumption:
    """Whether files that a command made anew are taken to be as before; notes if it was needed."""

    def __init__(self, kind: AssumeReruns) -> None:
        """`kind` as the caller chose it."""
        self.same = kind == "same"
        self.used = False

    def equal(self, mine: Content, theirs: Content) -> bool:
        """Are these the same files?"""
        if isinstance(mine, Known) and isinstance(theirs, Known):
            return mine == theirs
        if isinstance(mine, Unknown) and isinstance(theirs, Unknown):
            if (mine.path, mine.beside) != (theirs.path, theirs.beside):
                return False
            if mine.origin == theirs.origin:
                return True
            if mine.build == theirs.build:
                # Two commands of one build, or images from outside: nothing ran again.
                return False
        here, there = mine.whence, theirs.whence
        if here is None or there is None or not here.is_again(there):
            return False
        self.used = True
        return self.same


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a lookup gives: an image, or whether one was there but for what it copied."""

    image: Image | None
    content_differs: bool = False


@dataclass(slots=True)
class Store:
    """All images of one engine, in the order in which they were made."""

    assumption: Assumption
    images: list[Image] = field(default_factory=list)
    _on_top: dict[Hashable, list[Image]] = field(default_factory=lambda: defaultdict(list))

    def add(self, parent: Hashable, image: Image) -> Image:
        """Keep an image made on top of `parent`."""
        self.images.append(image)
        self._on_top[parent].append(image)
        return image

    def next_number(self) -> int:
        """The number of the image that is made next."""
        return len(self.images)

    def on_top_of(self, parent: Hashable, *, newest_first: bool) -> Iterator[Image]:
        """The images that steps on top of `parent` made and can find again."""
        images = self._on_top.get(parent, [])
        for image in reversed(images) if newest_first else images:
            if image.found:
                yield image

    def find(self, parent: Hashable, key: Key, *, newest_first: bool) -> Lookup:
        """What the store has for this step."""
        differs = False
        for image in self.on_top_of(parent, newest_first=newest_first):
            if image.key.fixed != key.fixed or len(image.key.contents) != len(key.contents):
                continue
            if all(map(self.assumption.equal, key.contents, image.key.contents)):
                return Lookup(image)
            differs = True
        return Lookup(None, content_differs=differs)
