from __future__ import annotations

import json

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError
from layerscope.fleet.frames import frames_of_columns
from layerscope.fleet.graph import forest
from layerscope.fleet.graph_tables import base_images, cross_links, layer_table, to_networkx
from layerscope.report.store import dump
from tests.fleet.made import digest, document_of, fleet

WORDS = st.lists(st.text("abcA", max_size=5), max_size=6)


def chain(word: str) -> str:
    return digest(f"chain {word}")


def test_forest_has_each_layer_once_after_what_it_lies_on() -> None:
    frames = fleet("abc", "abd", "x")

    found = forest(frames)

    names = layer_table(frames, found)["chain_id"].tolist()
    assert names == [chain("a"), chain("ab"), chain("abc"), chain("abd"), chain("x")]
    assert found.parent.tolist() == [-1, 0, 1, 1, -1]
    assert found.depth.tolist() == [0, 1, 2, 2, 0]
    assert found.top.tolist() == [2, 3, 4]
    assert found.layers_of(1).tolist() == [0, 1, 3]
    assert found.images_with(1).tolist() == [0, 1]
    assert found.images_sharing_with(0).tolist() == [0, 1]
    assert found.holders().tolist() == [2, 2, 1, 1, 1]


def test_forest_ends_below_a_layer_that_is_not_known() -> None:
    frames = fleet("ab?c", "?", "ab")

    found = forest(frames)

    assert [found.layers_of(image).tolist() for image in range(3)] == [[0, 1], [], [0, 1]]
    assert found.top.tolist() == [-1, -1, 1]


def test_forest_counts_a_manifest_under_two_names_once() -> None:
    found = forest(fleet("ab", "ab", "a", same_as=[0, 0, 2]))

    assert found.holders().tolist() == [2, 1]
    assert found.top.tolist() == [1, 1, 0]


def test_forest_of_no_images_is_empty() -> None:
    frames = fleet()

    found = forest(frames)

    assert len(found) == 0
    assert len(layer_table(frames, found)) == len(base_images(frames, found)) == 0
    assert len(cross_links(frames, found)) == 0
    assert found.levels() == []


def test_forged_chain_that_lies_on_two_layers_is_refused() -> None:
    chains = [chain("a"), chain("b"), chain("b"), chain("a")]
    frames = frames_of_columns(
        {"input": ["1", "2"]},
        {"image": [0, 0, 1, 1], "position": [0, 1, 0, 1], "chain_id": chains},
    )

    with pytest.raises(BadDocumentError):
        forest(frames)


@pytest.mark.parametrize(
    ("image", "position"),
    [([1, 0], [0, 0]), ([0, 0], [0, 2]), ([0, 0], [0, 0]), ([0, 2], [0, 0]), ([-1, 0], [0, 0])],
)
def test_rows_out_of_order_are_refused(image: list[int], position: list[int]) -> None:
    frames = frames_of_columns({"input": ["1", "2"]}, {"image": image, "position": position})

    with pytest.raises(ValueError, match="sorted by"):
        forest(frames)


def test_base_is_the_image_with_the_longest_list_of_layers_in_common() -> None:
    frames = fleet("a", "abc", "ab", "abd", "ab", "q", names=[(), (), (), (), ("named:1",), ()])

    found = base_images(frames, forest(frames))

    # Of the two images that are "ab", the one with a name.
    assert found["by_layers"].dropna().to_dict() == {1: 4, 2: 0, 3: 4, 4: 0}
    assert found["shared_layers"].dropna().to_dict() == {1: 2, 2: 1, 3: 2, 4: 1}
    assert found["same_layers"].dropna().to_dict() == {2: 4, 4: 2}


def test_named_base_is_found_by_digest_then_by_name_and_checked() -> None:
    old, new = digest("old"), digest("new")
    frames = fleet(
        "ab",
        "axc",
        "abd",
        "aq",
        names=[("docker.io/library/base:1",), (), (), ()],
        manifest_digest=[old, new, None, None],
        base_how=[None, None, "annotation", "label"],
        base_name=[None, None, "unknown:7", "base:1"],
        base_digest=[None, None, old, None],
    )

    found = base_images(frames, forest(frames))

    assert found["by_name"].dropna().to_dict() == {2: 0, 3: 0}
    # The second was built on an older base:1.
    assert found["name_holds"].dropna().to_dict() == {2: True, 3: False}
    assert found["named"].dropna().tolist() == ["unknown:7", "base:1"]


def test_named_base_of_another_platform_is_none() -> None:
    frames = fleet(
        "a",
        "ab",
        names=[("base",), ()],
        platform=["linux/arm64", "linux/amd64"],
        base_how=[None, "annotation"],
        base_name=[None, "base:latest"],
    )

    assert base_images(frames, forest(frames))["by_name"].isna().all()


def test_history_says_how_many_layers_are_the_base_s() -> None:
    frames = fleet("ab", "cd", base_how=["history", "layers"], base_layers=[1, 1])

    found = base_images(frames, forest(frames))

    assert found["history_layers"].dropna().to_dict() == {0: 1}


def test_equal_content_on_another_layer_is_a_cross_link_and_no_edge() -> None:
    frames = fleet("abc", "dbc", "ab")
    found = forest(frames)

    links = cross_links(frames, found)
    graph = to_networkx(frames, found)

    assert links["diff_id"].tolist() == [digest("b")] * 2 + [digest("c")] * 2
    assert links["node"].tolist() == [1, 4, 2, 5]
    assert links["images"].tolist() == [2, 1, 1, 1]
    assert not graph.has_edge(chain("ab"), chain("db"))
    assert graph.graph["cross_links"][digest("b")] == [chain("ab"), chain("db")]


def test_networkx_graph_is_a_forest_with_what_is_known() -> None:
    frames = fleet("ab", "ac")

    graph = to_networkx(frames, forest(frames))

    assert nx.is_branching(graph)
    assert list(graph.edges) == [(chain("a"), chain("ab")), (chain("a"), chain("ac"))]
    assert graph.nodes[chain("a")]["uncompressed_bytes"] == 10
    assert graph.nodes[chain("a")]["images"] == 2
    assert graph.nodes[chain("ac")]["tops"] == [1]
    assert "media_type" not in graph.nodes[chain("a")]


@pytest.mark.hypothesis
@given(WORDS)
def test_forest_is_what_the_words_say(words: list[str]) -> None:
    frames = fleet(*words)

    found = forest(frames)

    table = layer_table(frames, found)
    lower = [word.lower() for word in words]
    prefixes = {word[:end] for word in lower for end in range(1, len(word) + 1)}
    assert set(table["chain_id"]) == {chain(prefix) for prefix in prefixes}
    assert len(table) == len(prefixes)
    assert (found.parent < range(len(found))).all()
    held = dict(zip(table["chain_id"], table["images"], strict=True))
    for prefix in prefixes:
        assert held[chain(prefix)] == sum(word.startswith(prefix) for word in lower)
    signs = base_images(frames, found)
    for word, base in zip(lower, signs["shared_layers"].isna(), strict=True):
        others = [one for one in lower if one and one != word and word.startswith(one)]
        assert base == (not others)


@pytest.mark.hypothesis
@given(WORDS)
def test_networkx_reads_the_document_as_the_same_graph(words: list[str]) -> None:
    frames = fleet(*words)

    document = json.loads(dump(document_of(*words)))

    graph = nx.node_link_graph(document)
    ours = to_networkx(frames, forest(frames))
    assert set(graph.nodes) == set(ours.nodes)
    assert set(graph.edges) == set(ours.edges)
