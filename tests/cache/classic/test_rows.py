"""What the classic builder reports: names, lines, causes, failures."""

from __future__ import annotations

from layerscope.cache.builders.classic import simulate
from layerscope.cache.step import Cause, Outcome, Prediction
from tests.cache.classic.builds import build, verdicts

TWO_STAGES = (
    "ARG V=1\nFROM base:1 AS One\nRUN make\nFROM base:1\nCOPY --from=one /made /got\nCMD run\n"
)


def run(*builds: object, assume: str | None = "changed") -> Prediction:
    return simulate(builds, version="20.10.24", assume_reruns=assume)  # type: ignore[arg-type]


def test_headers_count_over_the_whole_file() -> None:
    prediction = run(build(TWO_STAGES))

    assert [step.vertex for step in prediction.steps] == [
        "Step 2/6 : FROM base:1 AS One",
        "Step 3/6 : RUN make",
        "Step 4/6 : FROM base:1",
        "Step 5/6 : COPY --from=one /made /got",
        "Step 6/6 : CMD run",
    ]


def test_from_has_no_verdict_and_stages_keep_their_spelling() -> None:
    steps = run(build(TWO_STAGES)).steps

    assert [step.outcome is Outcome.NO_STEP for step in steps] == [True, False, True, False, False]
    assert [step.facts.stage for step in steps] == ["One", "One", "stage-1", "stage-1", "stage-1"]
    assert [step.facts.line for step in steps] == [2, 3, 4, 5, 6]


def test_first_build_misses_because_nothing_was_built_before() -> None:
    prediction = run(build("FROM base:1\nRUN a\nRUN b\n"))

    assert {step.cause for step in prediction.steps[1:]} == {Cause.NEVER}


def test_step_below_a_miss_names_the_line_of_that_miss() -> None:
    prediction = run(
        build("FROM base:1\nRUN a\nRUN b\nRUN c\n"), build("FROM base:1\nRUN A\nRUN b\nRUN c\n")
    )

    assert [(step.cause, step.cause_line) for step in prediction.steps[1:]] == [
        (Cause.OWN, 0),
        (Cause.PARENT, 2),
        (Cause.PARENT, 2),
    ]


def test_no_cache_forces_every_step() -> None:
    file = "FROM base:1\nRUN a\nRUN b\n"

    prediction = run(build(file), build(file, no_cache=True))

    assert [step.cause for step in prediction.steps[1:]] == [Cause.FORCED, Cause.FORCED]


def test_stage_that_runs_again_is_unknown_unless_told() -> None:
    before = build(TWO_STAGES)
    after = build(TWO_STAGES.replace("RUN make", "RUN make all"))

    assert verdicts(run(before, after, assume="same")) == "MHH"
    assert verdicts(run(before, after, assume="changed")) == "MMM"
    unknown = run(before, after, assume=None)
    assert verdicts(unknown) == "M??"
    assert unknown.steps[3].cause is Cause.RERUN
    assert unknown.steps[3].cause_line == 3


def test_copy_from_a_changed_stage_names_its_line() -> None:
    prediction = run(build(TWO_STAGES), build(TWO_STAGES.replace("RUN make", "RUN make all")))

    assert (prediction.steps[3].cause, prediction.steps[3].cause_line) == (Cause.SOURCE, 3)


def test_missing_source_fails_and_later_steps_have_no_row() -> None:
    prediction = run(build("FROM base:1\nRUN a\nCOPY no.txt /x\nRUN b\n"))

    assert [step.cause for step in prediction.steps[1:]] == [Cause.NEVER, Cause.FAILS]
    assert prediction.failed is not None
    assert prediction.failed.line == 3
    assert "no.txt" in prediction.steps[-1].detail


def test_flag_of_run_fails_at_its_step_and_other_flags_before_any() -> None:
    mount = run(build("FROM base:1\nRUN a\nRUN --mount=type=cache,target=/c b\n"))
    network = run(build("FROM base:1\nRUN a\nRUN --network=none b\n"))

    assert verdicts(mount) == "MM"
    assert mount.failed is not None
    assert not mount.failed.parse
    assert network.steps == ()
    assert network.failed is not None
    assert network.failed.parse


def test_failed_step_is_never_a_hit_and_those_above_are_kept() -> None:
    fails = build("FROM base:1\nRUN a\nRUN false\n", failing_runs=("false",))

    assert verdicts(run(fails, fails)) == "HM"
    assert verdicts(run(fails, build("FROM base:1\nRUN a\nRUN true\n"))) == "HM"


def test_label_option_adds_steps_at_the_end_in_the_order_of_names() -> None:
    prediction = run(build("FROM base:1\nRUN a\n", labels={"z": "1", "b": "2"}))

    assert [step.facts.instruction for step in prediction.steps[2:]] == [
        "LABEL b=2",
        "LABEL z=1",
    ]


def test_facts_of_steps_in_the_cache_are_kept_for_earlier_builds() -> None:
    fails = build("FROM base:1\nRUN a\nRUN false\n", failing_runs=("false",))

    prediction = run(fails, build("FROM base:1\nRUN a\n"))

    assert [[facts.instruction for facts in steps] for steps in prediction.earlier] == [["RUN a"]]


def test_stage_name_used_twice_fails() -> None:
    prediction = run(build("FROM base:1 AS a\nRUN x\nFROM base:1 AS A\nRUN y\n"))

    assert verdicts(prediction) == "M"
    assert prediction.failed is not None
    assert prediction.failed.line == 3


def test_here_document_is_no_instruction_to_the_old_parser() -> None:
    prediction = run(build("FROM base:1\nRUN <<EOF\necho\nEOF\n"))

    assert prediction.steps == ()
    assert prediction.failed is not None
    assert prediction.failed.parse
