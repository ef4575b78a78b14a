"""Laws of squashing, on small layers whose few names collide in every way.

Paths are made of three names, so that files meet directories, links lead into loops, and members
come twice or before their parents. Half of the layers are tidied, since those are put on a tree at
once and not member by member.
"""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.analysis.waste import waste
from layerscope.files.squash import Squashed, squash
from layerscope.files.tree import FILE
from layerscope.files.tree import Tree as SquashTree
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree, TreeMember

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns

pytestmark = pytest.mark.hypothesis

NAMES = st.sampled_from("abc")
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.builds(str.__add__, st.sampled_from(("", "", "/", "../", "./")), PATHS | st.just(".."))
CONTENTS = st.sampled_from((b"", b"1", b"22", b"333"))


def _member(kind: str, path: str, content: bytes, target: str) -> TreeMember:
    parent, slash, base = path.rpartition("/")
    if kind == "whiteout":
        # A whiteout with content is odd, but stores bytes.
        return TreeMember(f"{parent}{slash}.wh.{base}", "file", content)
    if kind == "opaque":
        return TreeMember(f"{path}/.wh..wh..opq", "file")
    if kind == "root":
        return TreeMember(".", "file" if content == b"333" else "dir", content * (content > b"3"))
    if kind == "root-opaque":
        return TreeMember(".wh..wh..opq", "file")
    link = {"symlink": target, "hardlink": path if target == ".." else target.strip("/")}
    kept = content if kind == "file" else b""
    return TreeMember(path, kind, kept, link=link.get(kind, ""))


MEMBERS = st.builds(
    _member,
    st.sampled_from(
        [
            *("file", "file", "file", "dir", "dir", "symlink", "hardlink", "hardlink"),
            *("whiteout", "whiteout", "opaque", "root", "root-opaque"),
        ]
    ),
    PATHS,
    CONTENTS,
    TARGETS,
)


def _tidy(members: Sequence[TreeMember]) -> list[TreeMember]:
    """Each name once, parents before what is in them."""
    return [one for _, one in sorted({member.name: member for member in members}.items())]


LAYERS = st.lists(
    st.lists(MEMBERS, max_size=8) | st.lists(MEMBERS, max_size=8).map(_tidy),
    min_size=1,
    max_size=4,
)


def table(members: Sequence[TreeMember]) -> FileColumns:
    stream = BytesIO()
    Tree(tuple(members)).write_tar(stream)
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(stream.getvalue())
    walk.finish()
    return walk.columns


def as_members(squashed: Squashed, contents: dict[int, bytes]) -> list[TreeMember]:
    """The finished tree as one layer: each inode under its first name, then links to that."""
    members, first = [], dict[int, str]()
    for path, row in sorted(squashed.rows.items()):
        name = path.decode()[1:] or "."
        inode = squashed.inode(row)
        kind = squashed.kind(inode)
        if inode in first:
            members.append(TreeMember(name, "hardlink", link=first[inode]))
        elif kind == "hardlink":
            # It links to nothing; a link to its own name does as well.
            members.append(TreeMember(name, "hardlink", link=name))
        elif kind == "symlink":
            layer, at = squashed.place(inode)
            link = squashed.layers[layer].links[at].decode()
            members.append(TreeMember(name, "symlink", link=link))
        else:
            members.append(TreeMember(name, kind, contents.get(inode, b"")))
        if kind != "dir":
            first.setdefault(inode, name)
    return members


def told(squashed: Squashed) -> dict[bytes, tuple[str, int, bytes | None, bytes, int]]:
    """Path to kind, size, content, target and which of the other names it shares an inode with."""
    groups: dict[int, int] = {}
    found = {}
    for number, (path, row) in enumerate(sorted(squashed.rows.items())):
        inode = squashed.inode(row)
        kind = squashed.kind(inode)
        layer, at = squashed.place(inode)
        target = squashed.layers[layer].links[at] if kind == "symlink" else b""
        # An implied row stands for many directories.
        group = number if kind == "dir" else groups.setdefault(inode, number)
        found[path] = (kind, squashed.size(inode), squashed.content(inode), target, group)
    return found


def contents_of(layers: Sequence[Sequence[TreeMember]]) -> dict[int, bytes]:
    return dict(enumerate(member.content for layer in layers for member in layer))


@settings(max_examples=600, deadline=None)
@given(LAYERS)
def test_squash_at_once_and_member_by_member_are_the_same(layers: list[list[TreeMember]]) -> None:
    # Given a tree that every member is put on by itself
    tables = [table(members) for members in layers]
    slow = SquashTree(tables)
    for layer, columns in enumerate(tables):
        slow.paths.append(columns.paths())
        slow.put(layer, range(len(columns)))

    # When squashed
    squashed = squash(tables)

    # Then the tree is the same, and so is what became of the rest
    assert squashed.rows == slow.rows
    assert squashed.hidden == slow.hidden
    assert squashed.inodes == slow.inodes
    assert squashed.redirected == slow.redirected
    assert slow.refused <= squashed.engine_differs


@settings(max_examples=400, deadline=None)
@given(LAYERS)
def test_squash_of_a_prefix_and_one_more_layer_is_squash_of_all(
    layers: list[list[TreeMember]],
) -> None:
    # Given all but the last layer, squashed and written as one
    below = squash([table(members) for members in layers[:-1]])
    one = as_members(below, contents_of(layers))

    # When the last layer is put on it
    squashed = squash([table(one), table(layers[-1])])

    # Then paths, kinds, contents and hard links are those of all layers squashed
    assert told(squashed) == told(squash([table(members) for members in layers]))


@settings(max_examples=400, deadline=None)
@given(LAYERS)
def test_squash_of_a_squashed_tree_changes_nothing(layers: list[list[TreeMember]]) -> None:
    # Given a squashed tree, written as one layer
    first = squash([table(members) for members in layers])
    one = as_members(first, contents_of(layers))

    # When squashed again
    again = squash([table(one)])

    # Then it is the same tree, and every member is seen
    assert told(again) == told(first)
    assert again.hidden == {}
    assert waste(again, [None]) == []


@settings(max_examples=600, deadline=None)
@given(LAYERS)
def test_waste_is_what_is_stored_less_what_is_visible(layers: list[list[TreeMember]]) -> None:
    # Given the files that some name still leads to
    tables = [table(members) for members in layers]
    squashed = squash(tables)
    visible = {squashed.inode(row) for row in squashed.rows.values()}
    seen = sum(squashed.size(row) for row in visible)
    stored = sum(len(member.content) for layer in layers for member in layer)

    # When waste is listed
    found = waste(squashed, [None] * len(layers))

    # Then its bytes are all others, and no copy is there twice
    assert sum(one.size_bytes for one in found) == stored - seen
    assert max(Counter(one.row for one in found).values(), default=1) == 1
    assert visible.isdisjoint(one.row for one in found)
    assert all(
        one.size_bytes == tables[one.layer].size_bytes[one.row - squashed.starts[one.layer]]
        for one in found
    )


@settings(max_examples=300, deadline=None)
@given(LAYERS)
def test_hidden_and_visible_rows_are_all_that_have_a_name(layers: list[list[TreeMember]]) -> None:
    # Given every member that is no marker
    tables = [table(members) for members in layers]

    # When squashed
    squashed = squash(tables)

    # Then each either holds the path it was put at, or has lost it to a later member
    holding = {row for row in squashed.rows.values() if row >= 0}
    for row, kind in enumerate(squashed.kinds):
        if squashed.kind(row) in {"whiteout", "opaque"}:
            assert row not in holding
            assert row not in squashed.hidden
        elif squashed.path_of(row) != b"/" or kind != FILE:
            assert (row in holding) != (row in squashed.hidden)
    assert all(by > row for row, by in squashed.hidden.items())
    assert all(squashed.rows[squashed.path_of(row)] == row for row in holding)
