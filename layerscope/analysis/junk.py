"""Which paths are known junk, by name alone: package caches, histories, documentation, dumps.

Classes and remedies are data, in `junk_classes`. A path is in one class at most.
"""

from __future__ import annotations

import re
from itertools import compress
from operator import itemgetter
from typing import TYPE_CHECKING

from layerscope.analysis.junk_classes import JUNK_CLASSES, JunkClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["JUNK_CLASSES", "JunkClass", "junk", "junk_class", "junk_rows"]

# Folders at a fixed place. A longer one goes before a shorter one that it begins with.
_ROOTED: tuple[tuple[bytes, str], ...] = (
    (b"/var/lib/apt/lists", "apt-lists"),
    (b"/var/cache/apt", "apt-cache"),
    (b"/var/cache/apk", "apk-cache"),
    (b"/etc/apk/cache", "apk-cache"),
    (b"/var/cache/dnf", "dnf-cache"),
    (b"/var/cache/libdnf5", "dnf-cache"),
    (b"/var/cache/tdnf", "dnf-cache"),
    (b"/var/cache/yum", "yum-cache"),
    (b"/var/cache/zypp", "zypper-cache"),
    (b"/var/cache/pacman/pkg", "pacman-cache"),
    (b"/var/cache/man", "man-pages"),
    (b"/var/log", "logs"),
    (b"/tmp", "temporary"),
    (b"/var/tmp", "temporary"),
    (b"/usr/share/doc", "docs"),
    (b"/usr/share/gtk-doc", "docs"),
    (b"/usr/share/lintian", "docs"),
    (b"/usr/local/share/doc", "docs"),
    (b"/usr/share/man", "man-pages"),
    (b"/usr/local/share/man", "man-pages"),
    (b"/usr/local/man", "man-pages"),
    (b"/usr/share/info", "info-pages"),
    (b"/usr/local/share/info", "info-pages"),
    (b"/usr/share/i18n", "locales"),
    (b"/usr/include", "headers"),
    (b"/usr/local/include", "headers"),
)
# Folders anywhere, by the names that lead to them.
_ANYWHERE: tuple[tuple[bytes, str], ...] = (
    (b".git", "version-control"),
    (b".hg", "version-control"),
    (b".svn", "version-control"),
    (b"__pycache__", "python-bytecode"),
    (b".pytest_cache", "python-tool-cache"),
    (b".mypy_cache", "python-tool-cache"),
    (b".ruff_cache", "python-tool-cache"),
    (b".tox", "python-tool-cache"),
    (b".cache/pip", "pip-cache"),
    (b".cache/uv", "uv-cache"),
    (b".cache/pypoetry", "uv-cache"),
    (b".cache/pipenv", "uv-cache"),
    (b".npm/_cacache", "npm-cache"),
    (b".npm/_logs", "npm-cache"),
    (b".cache/yarn", "yarn-cache"),
    (b".yarn/berry/cache", "yarn-cache"),
    (b".cache/pnpm", "pnpm-store"),
    (b".pnpm-store", "pnpm-store"),
    (b".local/share/pnpm/store", "pnpm-store"),
    (b"node_modules/.cache", "node-build-cache"),
    (b".cache/node-gyp", "node-build-cache"),
    (b".cache/go-build", "go-build-cache"),
    (b"go/pkg/mod", "go-module-cache"),
    (b".cargo/registry", "cargo-registry"),
    (b".cargo/git", "cargo-registry"),
    (b"cargo/registry", "cargo-registry"),
    (b"cargo/git", "cargo-registry"),
    (b".m2/repository", "maven-repository"),
    (b".gradle/caches", "gradle-cache"),
    (b".gradle/wrapper/dists", "gradle-cache"),
    (b".nuget/packages", "nuget-packages"),
    (b".composer/cache", "composer-cache"),
    (b".cache/composer", "composer-cache"),
    (b".ccache", "compiler-cache"),
    (b".cache/ccache", "compiler-cache"),
    (b".cache/sccache", "compiler-cache"),
)
# What a base name alone says.
_BY_NAME = {
    b".DS_Store": "desktop-files",
    b"Thumbs.db": "desktop-files",
    b"npm-debug.log": "npm-cache",
    b"yarn-error.log": "yarn-cache",
}
_SUFFIXES = {
    b".pyc": "python-bytecode",
    b".pyo": "python-bytecode",
    b".a": "static-libraries",
    b".gem": "gem-cache",
    b"-old": "dpkg-backups",
    b".conda": "conda-packages",
    b".tar.bz2": "conda-packages",
}
_LAST_CHARACTERS = frozenset(
    bytes((character,))
    for character in (*(end[-1] for end in (*_SUFFIXES, *_BY_NAME)), *b"e0123456789")
)
_IS_LAST = bytes(bytes((character,)) in _LAST_CHARACTERS for character in range(256))
_MAY_BE = re.compile(
    b"(?:%s|/core[.0-9]{0,11})\\Z" % b"|".join(re.escape(end) for end in (*_SUFFIXES, *_BY_NAME))
)


def _rooted_pattern() -> re.Pattern[bytes]:
    return re.compile(
        b"(?:%s)(?![^/])" % b"|".join(b"(%s)" % re.escape(folder) for folder, _ in _ROOTED)
    )


_ROOTED_AT = _rooted_pattern()
# What sorts out most folders before the pattern, and before the names, are looked at.
_TOPS = (b"/var/", b"/usr/share/", b"/usr/local/", b"/usr/include", b"/tmp", b"/etc/apk/")
_LAST_NAMES = frozenset(folder.rpartition(b"/")[2] for folder, _ in _ANYWHERE)
_LOCALE = re.compile(rb"/usr/(?:local/)?share/locale/[^/]+(?:/|\Z)")
# A dump of a process: `core`, or `core` and its number.
_CORE = re.compile(rb"core(?:\.[0-9]{1,10})?")
_COPYRIGHT = b"/copyright"
_PIECE_ROWS = 8192
"""Of so many paths the folders are held at once."""
# Below these a file `core` is a part of a program or a library.
_CODE_FOLDERS = frozenset(
    {
        *(b"node_modules", b"site-packages", b"dist-packages", b"include", b"src", b"share"),
        *(b"lib", b"lib64", b"go", b"vendor", b"gems"),
    }
)
_LIBRARY_FOLDER = re.compile(rb"/(?:usr/(?:local/)?)?lib(?:32|64)?(?:/|\Z)")
_CONDA = re.compile(rb"[a-z]{0,8}(?:conda|mamba|miniforge)[a-z0-9]{0,8}")


def junk_class(path: bytes) -> str | None:
    """The class of junk that a clean absolute path of a file is in, or None.

    Ask for regular files: a folder of one of these names says nothing. An empty file `core` is no
    dump either, which the path cannot tell.

    >>> junk_class(b"/var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease")
    'apt-lists'
    >>> junk_class(b"/app/node_modules/core") is None
    True
    """
    return junk((path,))[0]


def junk(paths: Iterable[bytes]) -> list[str | None]:
    """The class of each path, in order: as `junk_class`, for many paths at once."""
    asked = list(paths)
    found: list[str | None] = [None] * len(asked)
    for row, kind in junk_rows(asked):
        found[row] = kind
    return found


def junk_rows(
    paths: Sequence[bytes], folders: Iterable[bytes] | None = None
) -> Iterator[tuple[int, str]]:
    """Which of the paths are junk, by rising position, and the class of each.

    What a folder says is worked out once for each folder.

    Args:
        paths: As for `junk_class`.
        folders: The folders that the paths are in, if they are known already, or more than those:
            where none of them says anything, only names are looked at.
    """
    # The last character sorts out most names.
    ends = bytes(map(itemgetter(-1), paths)).translate(_IS_LAST)
    if folders is None or any(map(_class_of_folder, folders)):
        yield from _rows_by_folder(paths, ends)
        return
    for row in compress(range(len(paths)), ends):
        path = paths[row]
        kind = _class_by_name(path, path.rfind(b"/"))
        if kind is not None:
            yield row, kind


def _rows_by_folder(paths: Sequence[bytes], ends: bytes) -> Iterator[tuple[int, str]]:
    known: dict[bytes, str | None] = {}
    for start in range(0, len(paths), _PIECE_ROWS):
        own = [path.rpartition(b"/")[0] for path in paths[start : start + _PIECE_ROWS]]
        for folder in dict.fromkeys(own):
            if folder not in known:
                known[folder] = _class_below(folder, known)
        kinds = map(known.__getitem__, own)
        for row, kind in enumerate(kinds, start):
            if kind is None:
                by_name = _class_by_name(paths[row], len(own[row - start])) if ends[row] else None
                if by_name is not None:
                    yield row, by_name
            elif kind != "docs" or not paths[row].endswith(_COPYRIGHT):
                yield row, kind


def _class_below(folder: bytes, known: dict[bytes, str | None]) -> str | None:
    """As `_class_of_folder`, with what is known of other folders."""
    above, _, name = folder.rpartition(b"/")
    kind = known.get(above, "")
    # All below junk is junk; below other folders only the new name can make a difference.
    if kind == "" or (kind is None and (name in _LAST_NAMES or folder.startswith(_TOPS))):
        return _class_of_folder(folder)
    return kind


def _class_by_name(path: bytes, cut: int) -> str | None:
    """The class of a file in a folder that says nothing; `cut` is where its last slash is."""
    if _MAY_BE.search(path, cut):
        return _class_of_name(path[:cut], path[cut + 1 :])
    return None


def _class_of_folder(folder: bytes) -> str | None:
    """The class of all files in a folder, by where it is; None where their names decide."""
    if folder.startswith(_TOPS):
        rooted = _ROOTED_AT.match(folder)
        if rooted and rooted.lastindex:
            return _ROOTED[rooted.lastindex - 1][1]
        if _LOCALE.match(folder):
            return "locales"
    if not _LAST_NAMES.isdisjoint(folder.split(b"/")):
        closed = folder + b"/"
        for names, kind in _ANYWHERE:
            if b"/%s/" % names in closed:
                return kind
    return None


def _class_of_name(folder: bytes, name: bytes) -> str | None:
    """The class of one file in a folder that says nothing, by its name and then its place."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(b"core"):
        dump = _CORE.fullmatch(name) and _CODE_FOLDERS.isdisjoint(folder.split(b"/"))
        return "core-dump" if dump else None
    for ending, kind in _SUFFIXES.items():
        if name.endswith(ending):
            return kind if _is_place(kind, folder) else None
    return None


def _is_place(kind: str, folder: bytes) -> bool:
    """Whether files with an ending of this class are junk in this folder."""
    above, _, last = folder.rpartition(b"/")
    places = {
        "static-libraries": _LIBRARY_FOLDER.match(folder) is not None,
        "gem-cache": last == b"cache",
        "dpkg-backups": folder in (b"/var/lib/dpkg", b"/var/cache/debconf"),
        "conda-packages": last == b"pkgs"
        and _CONDA.fullmatch(above.rpartition(b"/")[2].lower()) is not None,
    }
    return places.get(kind, True)
