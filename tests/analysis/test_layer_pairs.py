from __future__ import annotations

from layerscope.analysis.layer_pairs import LayerFacts, LayerPair, pair_layers, shared_base


def layers(*facts: tuple[str | None, str | None]) -> list[LayerFacts]:
    return [LayerFacts(*fact) for fact in facts]


def test_layers_pair_by_diff_id_then_by_instruction() -> None:
    old = layers(("base", "FROM"), ("a1", "RUN a"), ("b", "COPY b"))
    new = layers(("base", "FROM"), ("new", "RUN new"), ("a2", "RUN a"), ("b", "COPY other"))

    assert pair_layers(old, new) == [
        LayerPair(0, 0, "diff-id"),
        LayerPair(None, 1, None),
        LayerPair(1, 2, "instruction"),
        LayerPair(2, 3, "diff-id"),
    ]


def test_layers_of_unknown_diff_id_and_instruction_pair_with_none() -> None:
    assert pair_layers(layers((None, None)), layers((None, None))) == [
        LayerPair(0, None, None),
        LayerPair(None, 0, None),
    ]


def test_shared_base_ends_at_the_first_layer_that_differs() -> None:
    old = layers(("a", None), ("b", None), ("c", None))

    assert shared_base(old, layers(("a", None), ("x", None), ("c", None))) == 1
    assert shared_base(old, old) == 3
    assert shared_base(layers((None, None)), layers((None, None))) == 0
