"""The package that owns each path, of all that claim it.

Of several packages that claim a path, the first of these rules that fits names the owner:

1. A package of the distribution (dpkg, apk, rpm) lists the path. Of two, the first in order.
2. A package of the distribution lists it under its name from before directories were merged.
3. A language's package lists the path. Of two, the one described deepest in the tree.
4. It is below a directory of a language's package. Of two, the innermost directory.
5. It is the file in which a package was found: an archive, a program, a specification.
6. It is byte code that Python made of a file that has an owner.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Directories that distributions turned into links, and where the files of each may be today. Lists
# of packages made before keep the old names, and some list the new ones for an old tree.
_MERGED = {
    b"/bin/": (b"/usr/bin/",),
    b"/sbin/": (b"/usr/sbin/", b"/usr/bin/"),
    b"/lib/": (b"/usr/lib/",),
    b"/lib32/": (b"/usr/lib32/",),
    b"/lib64/": (b"/usr/lib64/", b"/usr/lib/"),
    b"/libx32/": (b"/usr/libx32/",),
    b"/usr/bin/": (b"/bin/",),
    b"/usr/sbin/": (b"/usr/bin/", b"/sbin/"),
    b"/usr/lib/": (b"/lib/",),
    b"/usr/lib32/": (b"/lib32/",),
    b"/usr/lib64/": (b"/lib64/",),
    b"/usr/libx32/": (b"/libx32/",),
}
_BYTE_CODE = b".pyc"
_CACHE = b"/__pycache__/"


@dataclass(frozen=True, slots=True)
class Claimant:
    """What one package claims.

    Attributes:
        source: The path that names it.
        name: The name dpkg's diversions know it by.
        from_distribution: Whether the distribution's package manager installed it.
        lists: Absolute paths it lists, each followed by a NUL byte.
        directories: Absolute paths with a trailing slash; what is below is claimed.
        whole: Whether it claims `source` itself.
    """

    source: bytes
    name: str
    from_distribution: bool
    lists: tuple[bytes, ...] = ()
    directories: tuple[bytes, ...] = ()
    whole: bool = False


def owners(
    claimants: Sequence[Claimant],
    diversions: Mapping[bytes, tuple[bytes, str]],
    paths: Collection[bytes],
) -> dict[bytes, int]:
    """The position in `claimants` of the owner of each path that has one.

    Args:
        claimants: In the order in which the first of equal claims holds.
        diversions: Of dpkg: a path to where it went, and the package for which it did not.
        paths: All that can be owned. Time is linear in them and in what is listed, but for sorting.
    """
    known = paths if isinstance(paths, set | frozenset | dict) else set(paths)
    owner: dict[bytes, int] = {}
    _own_distribution(claimants, diversions, known, owner)
    _own_listed(claimants, known, owner)
    _own_below(claimants, paths, owner)
    for position, item in enumerate(claimants):
        if item.whole and item.source in known:
            owner.setdefault(item.source, position)
    _own_byte_code(known, owner)
    return owner


def _own_distribution(
    found: Sequence[Claimant],
    diversions: Mapping[bytes, tuple[bytes, str]],
    known: Collection[bytes],
    owner: dict[bytes, int],
) -> None:
    moved: list[tuple[bytes, int]] = []
    merged = tuple(_MERGED)
    for position, item in enumerate(found):
        for path in _listed(item, diversions) if item.from_distribution else ():
            if path in known:
                owner.setdefault(path, position)
            elif path.startswith(merged):
                moved.append((path, position))
    # A path that some package lists as it is today is not one that another lists as it was.
    for path, position in moved:
        for alias in _aliases(path):
            if alias in known:
                owner.setdefault(alias, position)
                break


def _listed(item: Claimant, diversions: Mapping[bytes, tuple[bytes, str]]) -> list[bytes]:
    files = [path for listed in item.lists for path in listed.split(b"\0")]
    return [_diverted(path, item.name, diversions) for path in files] if diversions else files


def _diverted(path: bytes, name: str, diversions: Mapping[bytes, tuple[bytes, str]]) -> bytes:
    to, by = diversions.get(path, (path, name))
    return path if by == name else to


def _aliases(path: bytes) -> list[bytes]:
    end = path.index(b"/", 5 if path.startswith(b"/usr/") else 1) + 1
    return [other + path[end:] for other in _MERGED.get(path[:end], ())]


def _own_listed(
    found: Sequence[Claimant],
    known: Collection[bytes],
    owner: dict[bytes, int],
) -> None:
    listing = [
        (-item.source.count(b"/"), position, item)
        for position, item in enumerate(found)
        if item.lists and not item.from_distribution
    ]
    for _, position, item in sorted(listing, key=lambda one: one[:2]):
        for listed in item.lists:
            for path in listed.split(b"\0"):
                if path in known:
                    owner.setdefault(path, position)


def _own_below(
    found: Sequence[Claimant], paths: Collection[bytes], owner: dict[bytes, int]
) -> None:
    """Owners of what is below directories: one sweep over the paths, in order of bytes."""
    claimed: dict[bytes, int] = {}
    for position, item in enumerate(found):
        for directory in item.directories:
            claimed.setdefault(directory, position)
    if not claimed:
        return
    ordered = sorted(paths)
    at = 0
    # Directories that are open at this place, the innermost last: where each ends, and whose it is.
    around: list[tuple[int, int]] = []

    def own_until(stop: int) -> None:
        nonlocal at
        for path in ordered[at:stop]:
            owner.setdefault(path, around[-1][1])
        at = max(at, stop)

    for directory in sorted(claimed):
        start = bisect_left(ordered, directory, lo=at)
        while around and around[-1][0] <= start:
            own_until(around[-1][0])
            around.pop()
        if around:
            own_until(start)
        at = start
        # "0" is the byte after "/", so that this is where the paths below the directory end.
        end = bisect_left(ordered, directory[:-1] + b"0", lo=start)
        around.append((end, claimed[directory]))
    while around:
        own_until(around[-1][0])
        around.pop()


def _own_byte_code(known: Collection[bytes], owner: dict[bytes, int]) -> None:
    """Gives `a/__pycache__/b.cpython-312.pyc` to the owner of `a/b.py` (PEP 3147, PEP 488)."""
    made: dict[bytes, int] = {}
    for path in known:
        if path.endswith(_BYTE_CODE) and path not in owner:
            folder, cache, base = path.rpartition(_CACHE)
            stem = base[: -len(_BYTE_CODE)]
            plain, optimised, _ = stem.rpartition(b".opt-")
            module = (plain if optimised else stem).rpartition(b".")[0]
            position = owner.get(b"%b/%b.py" % (folder, module)) if cache else None
            if position is not None:
                made[path] = position
    owner.update(made)
