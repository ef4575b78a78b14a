"""Mappings that share what stayed the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.builders.overlay import Overlay

VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 9))


@pytest.mark.hypothesis
@given(st.lists(VALUES, max_size=12))
def test_overlay_is_like_a_mapping_that_is_updated(steps: list[dict[str, int]]) -> None:
    expected: dict[str, int] = {}
    overlay: Overlay[int] = Overlay()

    for step in steps:
        before = dict(expected)
        below, overlay = overlay, overlay.with_values(dict(step))
        expected.update(step)

        assert dict(below) == before
        assert dict(overlay) == overlay.as_dict() == expected
        assert len(overlay) == len(expected)


def test_small_step_on_a_large_one_shares_its_entries() -> None:
    large = {str(number): number for number in range(1000)}

    above = Overlay(large).with_values({"a": 1}).with_values({"b": 2})

    assert any(level is large for level in above._levels)
    assert above["0"] == 0
    with pytest.raises(KeyError):
        _ = above["c"]
