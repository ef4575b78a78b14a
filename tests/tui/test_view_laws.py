"""Views against squashing each number of layers anew, on small layers that collide in every way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.files.squash import squash
from layerscope.synth.tree import TreeMember
from layerscope.tui.outline import Outline
from layerscope.tui.view import ABSENT, State
from tests.tui.made import model_of_members, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.tui.view import View

pytestmark = pytest.mark.hypothesis

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
KINDS = ("file", "file", "file", "dir", "symlink", "hardlink", "whiteout", "opaque")


def _member(kind: str, path: str, content: bytes, target: str) -> TreeMember:
    parent, slash, base = path.rpartition("/")
    if kind == "whiteout":
        # A whiteout with content is odd, but stores bytes.
        return TreeMember(f"{parent}{slash}.wh.{base}", "file", content)
    if kind == "opaque":
        return TreeMember(f"{path}/.wh..wh..opq", "file")
    if kind in {"symlink", "hardlink"}:
        return TreeMember(path, kind, link=target)
    return TreeMember(path, kind, content if kind == "file" else b"")


MEMBERS = st.builds(
    _member, st.sampled_from(KINDS), PATHS, st.sampled_from((b"", b"1", b"22", b"4444")), PATHS
)
LAYERS = st.lists(st.lists(MEMBERS, max_size=8), min_size=1, max_size=4)


def below(view: View, node: int) -> list[int]:
    """A node and all nodes whose paths begin with its own: by the paths alone."""
    paths = view.index.paths
    top = paths[node].rstrip(b"/") + b"/"
    return [at for at, path in enumerate(paths) if at == node or path.startswith(top)]


@given(LAYERS)
def test_view_of_each_layer_has_the_paths_of_its_squashed_tree(
    layers: Sequence[Sequence[TreeMember]],
) -> None:
    model = model_of_members(*layers)
    tables = model.squashed.layers
    trees = [squash(tables[: count + 1]) for count in range(len(tables))]
    for layer, tree in enumerate(trees):
        lower = set(trees[layer - 1].rows) if layer else set[bytes]()
        view = model.view(layer)
        nodes = list(zip(view.index.paths, view.states, strict=True))

        there = {path for path, state in nodes if state not in {State.REMOVED, ABSENT}}
        gone = {path for path, state in nodes if state == State.REMOVED}
        assert there - {b"/"} == set(tree.rows) - {b"/"}
        only_stored = {each.path for each in model.wasted if each.layer == layer}
        assert lower - set(tree.rows) - {b"/"} <= gone <= (lower | only_stored) - set(tree.rows)


@given(LAYERS, st.booleans())
def test_totals_are_the_bytes_of_what_is_there_each_inode_once(
    layers: Sequence[Sequence[TreeMember]], aggregated: bool
) -> None:
    model = model_of_members(*layers)
    tables = model.squashed.layers
    for layer in range(len(tables)):
        view = model.view(layer, aggregated=aggregated)
        tree = squash(tables[: layer + 1])
        inodes = {tree.inode(row) for row in tree.rows.values()}

        assert view.total(0) == sum(map(tree.size, inodes))
        for node in range(len(view.index)):
            inside = below(view, node)
            gone = [at for at in inside if view.states[at] == State.REMOVED]
            there = [at for at in inside if view.states[at] not in {State.REMOVED, ABSENT}]
            assert view.removed_bytes(node) == sum(view.sizes[at] for at in gone)
            if view.states[node] not in {State.REMOVED, ABSENT}:
                assert view.total(node) == sum(view.sizes[at] for at in there)
            assert view.hidden_total(node) == sum(view.hidden[at] for at in inside)


@given(LAYERS)
def test_aggregated_view_of_the_last_layer_has_all_hidden_bytes(
    layers: Sequence[Sequence[TreeMember]],
) -> None:
    model = model_of_members(*layers)

    view = model.view(len(layers) - 1, aggregated=True)

    assert view.hidden_total(0) == sum(each.size_bytes for each in model.wasted)
    visible = sum(sum(one.size_bytes) for one in model.squashed.layers) - view.hidden_total(0)
    assert view.total(0) == visible


@given(LAYERS, st.sets(st.sampled_from(State)), st.sampled_from(("", "a", "b/c")), st.booleans())
def test_open_outline_shows_what_passes_the_filters_and_the_way_to_it(
    layers: Sequence[Sequence[TreeMember]], off: set[State], query: str, by_size: bool
) -> None:
    model = model_of_members(*layers)
    view = model.view(len(layers) - 1)
    outline = Outline()
    outline.toggle_all()
    for state in off:
        outline.toggle_state(state)
    outline.search(query)
    if by_size:
        outline.toggle_order()
    passing = {
        node
        for node, path in enumerate(view.index.paths)
        if view.states[node] != ABSENT
        and State(view.states[node]) not in off
        and query in path.decode()
    }

    wanted = [node for node in range(1, len(view.index)) if passing & set(below(view, node))]

    paths = [view.index.paths[node].decode() for node in wanted]
    assert sorted(shown(outline, view)) == sorted(paths)
    assert by_size or shown(outline, view) == paths
    assert outline.matches(view) == len(passing)
