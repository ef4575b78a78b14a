"""Names of owners, as a builder finds them that has gone into a folder with `chroot`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.source_paths import resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.builders.rootfs import Origin
    from layerscope.cache.filetree import FileTree

MAX_DATABASE = 1 << 20
# The resolver of a Linux machine (nss-systemd) knows these two without any file.
USERS = {0: "root", 65534: "nobody"}
GROUPS = {0: "root", 65534: "nogroup"}


@dataclass(frozen=True, slots=True)
class OwnerNames:
    """User and group names by number; numbers that are not there have none."""

    users: Mapping[int, str]
    groups: Mapping[int, str]

    @classmethod
    def of_tree(cls, tree: FileTree) -> OwnerNames:
        """The names in the tree's own `etc/passwd` and `etc/group`."""
        return cls(
            {**USERS, **_database(tree, "etc/passwd")}, {**GROUPS, **_database(tree, "etc/group")}
        )

    @classmethod
    def of_origin(cls, origin: Origin) -> OwnerNames:
        """The names of an image whose user database is known, if it is."""
        users = {uid: name for name, (uid, _) in (origin.users or {}).items()}
        groups = {gid: name for name, gid in (origin.groups or {}).items()}
        return cls({**USERS, **users}, {**GROUPS, **groups})


def _database(tree: FileTree, path: str) -> dict[int, str]:
    target = resolved(tree, path)
    node = None if target is None else tree.node(target)
    if target is None or node is None or node.kind != "file" or node.size > MAX_DATABASE:
        return {}
    names: dict[int, str] = {}
    for line in tree.read(target).decode("utf-8", "surrogateescape").splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and fields[2].isascii() and fields[2].isdigit():
            names.setdefault(int(fields[2][:10]), fields[0])
    return names
