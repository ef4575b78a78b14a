"""Predictions against measurements, counted by hand."""

from __future__ import annotations

from layerscope.cache.build import Build
from layerscope.cache.cases import Case, Measured, MeasuredRow
from layerscope.cache.memory_tree import MemoryTree
from layerscope.cache.score import assumptions_of, scored, wrong_rows
from layerscope.cache.step import CacheStep, Outcome, Prediction, StepFacts


def predicted(*rows: tuple[str | None, int, str]) -> Prediction:
    return Prediction(
        tuple(
            CacheStep(StepFacts(stage, 0, 0, line, "run", "RUN"), "", Outcome(outcome))
            for stage, line, outcome in rows
        ),
        None,
    )


def measured(*rows: tuple[str | None, int, bool]) -> Measured:
    return Measured(
        tuple(MeasuredRow("[2/2] RUN", stage, line, None, "RUN", hit) for stage, line, hit in rows),
        None,
    )


def wrong(prediction: Prediction, truth: Measured) -> list[tuple[int, str, str]]:
    rows = wrong_rows("c", prediction, truth, "same")
    return [(row.line, row.predicted, row.measured) for row in rows]


def test_equal_rows_are_right_and_further_predictions_cost_nothing() -> None:
    prediction = predicted(("s", 2, "hit"), ("s", 3, "miss"), ("s", 9, "miss"))

    assert wrong(prediction, measured(("s", 2, True), ("s", 3, False))) == []


def test_other_outcome_is_wrong() -> None:
    assert wrong(predicted(("s", 2, "hit")), measured(("s", 2, False))) == [(2, "hit", "miss")]


def test_row_without_prediction_is_absent() -> None:
    assert wrong(predicted(("s", 3, "hit")), measured(("s", 2, True))) == [(2, "absent", "hit")]


def test_unknown_is_not_right() -> None:
    prediction = predicted(("s", 2, "unknown"))

    assert wrong(prediction, measured(("s", 2, True))) == [(2, "unknown", "hit")]


def test_two_rows_of_a_line_are_compared_without_order() -> None:
    truth = measured(("s", 2, True), ("s", 2, False))

    assert wrong(predicted(("s", 2, "miss"), ("s", 2, "hit")), truth) == []
    assert wrong(predicted(("s", 2, "hit"), ("s", 2, "hit")), truth) == [(2, "hit", "miss")]


def test_row_of_an_image_without_a_stage_goes_by_its_line() -> None:
    assert wrong(predicted(("s", 2, "hit")), measured((None, 2, True))) == []


def test_from_itself_is_left_out_and_its_triggers_count() -> None:
    rows = (
        MeasuredRow("[1/3] FROM base:1", "s", 1, None, "FROM base:1", cached=False),
        MeasuredRow("[2/3] ONBUILD COPY a /a", "s", 1, None, "FROM base:1", cached=True),
        MeasuredRow("Step 3/3 : RUN echo FROM", "s", 2, None, "RUN echo FROM", cached=True),
    )

    counted = [row.vertex for row in scored(Measured(rows, None))]

    assert counted == ["[2/3] ONBUILD COPY a /a", "Step 3/3 : RUN echo FROM"]


def test_tags_say_under_which_assumption_a_case_is_judged() -> None:
    def assumptions(*tags: str) -> tuple[str, ...]:
        build = Build(b"FROM scratch", MemoryTree({}, {}))
        return assumptions_of(Case("c", "", frozenset(tags), (build,), {}))

    assert assumptions() == ("same", "changed")
    assert assumptions("rerun-same") == ("same",)
    assert assumptions("rerun-changed") == ("changed",)
    assert assumptions("rerun-same", "rerun-changed") == ()
    assert assumptions("unknowable") == ()
