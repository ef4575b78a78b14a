"""What a miss is put down to, worked out by hand for steps made in the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerscope.cache.filetree import FileNode
from layerscope.cache.reasons import CODES, reason_of, with_reasons
from layerscope.cache.step import (
    CacheStep,
    Cause,
    Ingredient,
    Outcome,
    Prediction,
    Selection,
    StepFacts,
)

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "reasons"


def facts(
    instruction: str,
    *ingredients: Ingredient,
    line: int = 2,
    position: int = 0,
    selections: tuple[Selection, ...] = (),
    stage: str = "stage-0",
) -> StepFacts:
    return StepFacts(
        stage=stage,
        stage_index=0,
        position=position,
        line=line,
        keyword=instruction.split(maxsplit=1)[0].lower(),
        instruction=instruction,
        ingredients=ingredients,
        selections=selections,
    )


def missed(step: StepFacts, cause: Cause = Cause.OWN, cause_line: int = 0) -> CacheStep:
    return CacheStep(step, "", Outcome.MISS, cause, cause_line)


def env(**values: str) -> tuple[Ingredient, ...]:
    return tuple(Ingredient("environment", name, value) for name, value in values.items())


def files(**content: bytes) -> tuple[Selection, ...]:
    entries = {name: (FileNode("file"), data) for name, data in content.items()}
    return (Selection("src", "context", entries),)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (Cause.NEVER, "no-earlier-build"),
        (Cause.FORCED, "no-cache"),
        (Cause.AFTER_FORCED, "after-forced"),
        (Cause.PARENT, "follows-miss"),
        (Cause.SOURCE, "source-changed"),
        (Cause.FAILS, "cannot-succeed"),
    ],
)
def test_rule_that_tells_all_is_the_reason(cause: Cause, code: str) -> None:
    reason = reason_of(missed(facts("RUN a"), cause, cause_line=7), ())

    assert reason.code == code


def test_following_step_names_the_line_of_the_miss() -> None:
    reason = reason_of(missed(facts("RUN a"), Cause.PARENT, cause_line=7), ())

    assert reason.text == "follows the miss on line 7"


def test_following_steps_name_the_first_miss() -> None:
    steps = (
        missed(facts("RUN a", line=2)),
        missed(facts("RUN b", line=3), Cause.PARENT, 2),
        missed(facts("RUN c", line=4), Cause.PARENT, 3),
    )

    found = with_reasons(Prediction(steps, None)).steps

    assert [step.cause_line for step in found] == [0, 2, 2]
    assert found[2].reason is not None
    assert found[2].reason.text == "follows the miss on line 2"


def test_step_that_follows_an_unknown_one_is_not_said_to_follow_a_miss() -> None:
    unknown = CacheStep(facts("COPY a b", line=2), "", Outcome.UNKNOWN, Cause.RERUN, 9)
    after = CacheStep(facts("RUN b", line=3), "", Outcome.UNKNOWN, Cause.PARENT, 2)
    ran = missed(facts("RUN x", line=9))

    found = with_reasons(Prediction((ran, unknown, after), None)).steps

    codes = [step.reason.code for step in found if step.reason is not None]
    assert codes == ["new-step", "rerun-unknown", "follows-unknown"]


@pytest.mark.parametrize(
    ("instruction", "code"),
    [("ADD https://example.com/a /a", "remote-unknown"), ("COPY --from=v /a /a", "image-unknown")],
)
def test_unknown_step_without_a_line_depends_on_what_is_outside(
    instruction: str, code: str
) -> None:
    step = CacheStep(facts(instruction), "", Outcome.UNKNOWN, Cause.RERUN)

    found = with_reasons(Prediction((step,), None)).steps[0]

    assert found.reason is not None
    assert found.reason.code == code


def test_files_that_are_known_to_differ_are_named_before_the_stage_they_may_come_from() -> None:
    before = facts("RUN make", line=3, selections=files(a=b"1"))
    after = facts("RUN make", line=3, selections=files(a=b"2"))

    reason = reason_of(missed(after, Cause.SOURCE, cause_line=2), [(before,)])

    assert reason.code == "content-changed"


def test_step_like_no_other_is_new() -> None:
    earlier = [(facts("COPY a /a"),)]

    assert reason_of(missed(facts("RUN make all")), earlier).code == "new-step"


def test_other_text_at_the_same_place_is_the_instruction() -> None:
    before = facts("RUN make", Ingredient("instruction", "", "make"))
    after = facts("RUN make -j2", Ingredient("instruction", "", "make -j2"))

    reason = reason_of(missed(after), [(before,)])

    assert reason.code == "instruction-changed"
    assert "make" in reason.text


def test_variable_is_named_with_both_values() -> None:
    before, after = facts("RUN make", *env(A="1", B="2")), facts("RUN make", *env(A="1", B="3"))

    reason = reason_of(missed(after), [(before,)])

    assert (reason.code, reason.text) == ("environment-changed", "ENV B: 3, was 2")


def test_variable_that_went_is_named() -> None:
    before, after = facts("RUN make", *env(A="1", B="2")), facts("RUN make", *env(A="1"))

    assert reason_of(missed(after), [(before,)]).text == "ENV B is gone, was 2"


def test_value_of_a_credential_is_not_shown() -> None:
    before = facts("RUN make", *env(API_TOKEN="hunter2"))
    after = facts("RUN make", *env(API_TOKEN="hunter3"))

    reason = reason_of(missed(after), [(before,)])

    assert "API_TOKEN" in reason.text
    assert "hunter" not in reason.text


def test_same_variables_in_another_order_are_the_order() -> None:
    before, after = facts("RUN make", *env(A="1", B="2")), facts("RUN make", *env(B="2", A="1"))

    assert reason_of(missed(after), [(before,)]).code == "environment-order"


def test_instruction_goes_before_what_changed_with_it() -> None:
    before = facts("RUN make", Ingredient("instruction", "", "make"), *env(A="1"))
    after = facts("RUN make x", Ingredient("instruction", "", "make x"), *env(A="2"))

    reason = reason_of(missed(after), [(before,)])

    assert reason.code == "instruction-changed"
    assert reason.text.endswith("; also ENV A")


def test_mount_is_named_by_its_target_alone() -> None:
    before = facts("RUN make", Ingredient("mount", "/c", ("cache", "shared")))
    after = facts("RUN make", Ingredient("mount", "/c", ("cache", "locked")))

    assert reason_of(missed(after), [(before,)]).text == "--mount /c has other options"
    assert reason_of(missed(after), [(facts("RUN make"),)]).text == "--mount /c is new"


def test_step_that_moved_to_the_top_of_its_stage_is_not_said_to_have_another_base() -> None:
    before = facts("RUN make", line=4, position=2)
    after = facts("RUN make", Ingredient("base", "", "l1"), line=2, position=0)

    assert reason_of(missed(after), [(before,)]).code == "order-changed"


def test_changed_here_document_is_the_content() -> None:
    before = facts("COPY <<a /", selections=files(a=b"1"))
    after = facts("COPY <<a /", selections=files(a=b"2"))

    reason = reason_of(missed(after, Cause.SOURCE, cause_line=2), [(before,)])

    assert (reason.code, reason.paths) == ("content-changed", ("a",))


def test_changed_file_is_named() -> None:
    before = facts("COPY src /", selections=files(a=b"1", b=b"2"))
    after = facts("COPY src /", selections=files(a=b"1", b=b"3"))

    reason = reason_of(missed(after), [(before,)])

    assert (reason.code, reason.text) == ("content-changed", "b: content differs")
    assert reason.paths == ("b",)


def test_same_step_at_another_place_is_the_order() -> None:
    before, after = facts("RUN a", line=4, position=2), facts("RUN a", line=2, position=0)

    reason = reason_of(missed(after), [(before,)])

    assert reason.code == "order-changed"
    assert "line 4" in reason.text


def test_same_step_at_the_same_place_is_not_in_the_cache() -> None:
    assert reason_of(missed(facts("RUN a")), [(facts("RUN a"),)]).code == "not-in-cache"


def test_latest_of_equal_builds_is_compared_with() -> None:
    old, middle = facts("RUN a", *env(A="1")), facts("RUN a", *env(A="2"))

    reason = reason_of(missed(facts("RUN a", *env(A="3"))), [(old,), (middle,)])

    assert reason.text == "ENV A: 3, was 2"


def test_same_text_elsewhere_beats_another_text_at_the_same_place() -> None:
    same = facts("RUN b", *env(A="1"), line=3, position=1)
    other = facts("RUN c", Ingredient("instruction", "", "c"), *env(A="1"), line=2, position=0)

    reason = reason_of(missed(facts("RUN b", *env(A="2"))), [(other, same)])

    assert reason.code == "environment-changed"


def test_every_code_has_its_page_and_its_row() -> None:
    table = (PAGES / "README.md").read_text("utf-8")

    for code in CODES:
        assert (PAGES / f"{code}.md").read_text("utf-8").startswith(f"# {code}: ")
        assert f"({code}.md)" in table
    assert {page.stem for page in PAGES.glob("*.md")} == {*CODES, "README"}
