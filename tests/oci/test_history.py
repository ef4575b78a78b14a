from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError
from layerscope.oci.history import History, layer_of_each

RECORD = History(None, None, None, None, empty_layer=False, extra={})
EMPTY = History(None, None, None, None, empty_layer=True, extra={})


def test_history_record_is_kept_field_for_field() -> None:
    obj = {
        "created": "2024-01-01T00:00:00Z",
        "created_by": "RUN x",
        "author": "a",
        "comment": "buildkit",
        "empty_layer": True,
        "x": 1,
    }

    assert History.from_json(obj, "history[0]") == History(
        "2024-01-01T00:00:00Z", "RUN x", "a", "buildkit", empty_layer=True, extra={"x": 1}
    )


@pytest.mark.parametrize(
    "created", ["0000-00-00T00:00:00Z", "10000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "T", ""]
)
def test_history_time_that_no_clock_shows_is_kept(created: str) -> None:
    assert History.from_json({"created": created}, "history[0]").created == created


@pytest.mark.parametrize("obj", [None, {}, {"created": None, "empty_layer": None}])
def test_history_record_that_says_nothing_made_a_layer(obj: object) -> None:
    assert History.from_json(obj, "history[0]") == RECORD


@pytest.mark.parametrize("obj", [True, 0, "x", [], {"created": 0}, {"empty_layer": "true"}])
def test_history_record_of_another_type_is_refused(obj: object) -> None:
    with pytest.raises(BadDocumentError, match=r"history\[0\]"):
        History.from_json(obj, "history[0]")


def test_layer_of_each_skips_empty_records() -> None:
    assert layer_of_each([RECORD, EMPTY, RECORD, EMPTY], 2) == [0, None, 1, None]


def test_layer_of_each_with_more_records_than_layers_says_beyond() -> None:
    assert layer_of_each([RECORD, RECORD, EMPTY, RECORD], 1) == [0, "beyond", None, "beyond"]


def test_layer_of_each_with_fewer_records_than_layers_leaves_the_last_layers() -> None:
    assert layer_of_each([RECORD], 3) == [0]


@given(st.lists(st.sampled_from([RECORD, EMPTY])), st.integers(0, 8))
def test_layer_of_each_counts_up_from_the_base(history: list[History], layers: int) -> None:
    owners = layer_of_each(history, layers)

    indexes = [owner for owner in owners if isinstance(owner, int)]
    assert len(owners) == len(history)
    assert indexes == list(range(min(layers, history.count(RECORD))))
