"""The files behind a selection, for whoever wants to say what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import selecting
from layerscope.cache.file_changes import differing
from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.builders.buildkit.contents import Checksums
    from layerscope.cache.definition import Selector

Entry = tuple[FileNode, bytes]


class Entries(Mapping[str, Entry]):
    """The files that a selector takes from a tree, listed when somebody first asks for one.

    Args:
        checksums: Of the tree.
        selector: What is taken.
    """

    def __init__(self, checksums: Checksums, selector: Selector) -> None:
        self.checksums = checksums
        self.selector = selector
        self._listed: dict[str, tuple[str, FileNode]] | None = None

    def _all(self) -> dict[str, tuple[str, FileNode]]:
        if self._listed is None:
            self._listed = {
                path: (place, node)
                for path, place, node in selecting.listed(self.checksums, self.selector)
            }
        return self._listed

    def __getitem__(self, path: str) -> Entry:
        """The node as compared, and the digest of its content."""
        place, node = self._all()[path]
        content = self.checksums.tree.digest(place) if node.kind == "file" else b""
        return self.checksums.compared(node), content

    def __iter__(self) -> Iterator[str]:
        """The paths, from the root of the tree."""
        return iter(self._all())

    def __len__(self) -> int:
        """How many files are selected."""
        return len(self._all())

    def against(self, other: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """What of this selection is not in the other as it is here, and the reverse.

        Directories of equal checksums are passed by: two selections of 100,000 files that differ
        in one cost the way to that file.
        """
        if isinstance(other, Entries) and self.checksums.comparable(other.checksums):
            top = self.directory()
            if top is not None and top == other.directory():
                return _below(top, self.checksums, other.checksums)
        return differing(self, other)

    def directory(self) -> str | None:
        """Where the selected directory lies; None if this is another kind of selection."""
        if not self.selector.plain:
            return None
        place = self.checksums.resolve(self.selector.path, follow=self.selector.follow)
        node = None if place is None else self.checksums.tree.node(place)
        return place if node is not None and node.kind == "dir" else None


def _below(
    top: str, mine: Checksums, theirs: Checksums
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """What differs at and below a directory that both trees have."""
    here: dict[str, Entry] = {}
    there: dict[str, Entry] = {}
    waiting = [top]
    while waiting:
        path = waiting.pop()
        if mine.directory(path) == theirs.directory(path):
            continue
        ours, others = mine.entries(path), theirs.entries(path)
        for place, entry in ours.items():
            other = others.get(place)
            is_both = place != path and other is not None and entry[0].kind == other[0].kind
            if is_both and entry[0].kind == "dir":
                waiting.append(place)
            elif entry[0].kind == "dir" and place != path:
                here.update(mine.all_below(place))
            if entry != other:
                here[place] = entry
        for place, entry in others.items():
            other = ours.get(place)
            if entry[0].kind == "dir" and place != path and (not other or other[0].kind != "dir"):
                there.update(theirs.all_below(place))
            if entry != other:
                there[place] = entry
    return here, there
