"""What buildah reports: names, lines, causes, failures."""

from __future__ import annotations

from layerscope.cache.builders.buildah import simulate
from layerscope.cache.step import Cause, Outcome, Prediction
from tests.cache.classic.builds import base, build, verdicts

TWO_STAGES = (
    "ARG V=1\nFROM base:1 AS One\nRUN make\nFROM base:1\nCOPY --from=One /made /got\nCMD run\n"
)


def run(*builds: object, assume: str | None = "changed") -> Prediction:
    return simulate(builds, version="1.28.2", assume_reruns=assume)  # type: ignore[arg-type]


def test_headers_count_by_stage() -> None:
    prediction = run(build(TWO_STAGES))

    assert [step.vertex for step in prediction.steps] == [
        "[1/2] STEP 1/2: FROM base:1 AS One",
        "[1/2] STEP 2/2: RUN make",
        "[2/2] STEP 1/3: FROM base:1",
        "[2/2] STEP 2/3: COPY --from=One /made /got",
        "[2/2] STEP 3/3: CMD run",
    ]


def test_headers_of_one_stage_do_not_name_it() -> None:
    assert [step.vertex for step in run(build("FROM base:1\nRUN a\n")).steps] == [
        "STEP 1/2: FROM base:1",
        "STEP 2/2: RUN a",
    ]


def test_triggers_are_steps_on_the_line_of_from_and_make_the_total_grow() -> None:
    bases = {"base:1": base(onbuild=("COPY c /c", "RUN x"))}

    steps = run(build("FROM base:1\nRUN a\n", {"c": "1"}, bases=bases)).steps

    assert [(step.vertex, step.facts.line) for step in steps] == [
        ("STEP 1/2: FROM base:1", 1),
        ("STEP 2/4: COPY c /c", 1),
        ("STEP 3/4: RUN x", 1),
        ("STEP 4/4: RUN a", 2),
    ]


def test_stage_that_nothing_needs_is_left_out() -> None:
    file = "FROM base:1 AS a\nRUN false\nFROM base:1\nRUN b\n"

    prediction = run(build(file, failing_runs=("false",)))

    assert [step.facts.stage for step in prediction.steps] == ["stage-1", "stage-1"]
    assert prediction.failed is None


def test_stage_that_only_a_mount_names_is_needed() -> None:
    file = "FROM base:1 AS a\nRUN x\nFROM base:1\nRUN --mount=type=bind,from=a,target=/m b\n"

    assert verdicts(run(build(file))) == "MM"


def test_target_is_the_last_stage_and_its_name_is_taken_as_written() -> None:
    file = "FROM base:1 AS One\nRUN a\nFROM base:1\nRUN b\n"

    assert verdicts(run(build(file, target="One"))) == "M"
    failed = run(build(file, target="one")).failed
    assert failed is not None
    assert failed.parse


def test_stage_in_other_spelling_is_no_stage() -> None:
    prediction = run(build(TWO_STAGES.replace("--from=One", "--from=one")))

    assert prediction.steps[-1].cause is Cause.FAILS
    assert prediction.failed is not None
    assert prediction.failed.line == 5


def test_unknown_instruction_fails_when_its_turn_comes() -> None:
    prediction = run(build("FROM base:1\nRUN a\nFOO b\nRUN c\n"))

    assert [step.cause for step in prediction.steps[1:]] == [Cause.NEVER, Cause.FAILS]
    assert prediction.failed is not None
    assert not prediction.failed.parse


def test_line_of_a_here_document_is_an_instruction() -> None:
    prediction = run(build("FROM base:1\nRUN <<EOF\necho y\nEOF\n"))

    assert [step.facts.instruction for step in prediction.steps[1:]] == ["RUN <<EOF", "echo y"]
    assert [step.facts.line for step in prediction.steps[1:]] == [2, 3]


def test_flag_that_buildah_does_not_know_fails_at_its_step() -> None:
    for line in ("RUN --network=none b", "COPY --link f /f"):
        prediction = run(build(f"FROM base:1\nRUN a\n{line}\n", {"f": "1"}))
        assert verdicts(prediction) == "MM"
        assert prediction.failed is not None


def test_label_option_adds_a_line_to_the_last_stage_of_the_file() -> None:
    labels = {"a": 'x "y"'}

    whole = run(build("FROM base:1\nRUN a\n", labels=labels))
    target = run(build("FROM base:1 AS t\nRUN a\nFROM base:1\nRUN b\n", labels=labels, target="t"))

    assert whole.steps[-1].facts.instruction == 'LABEL "a"="x \\"y\\""'
    assert target.steps[-1].facts.instruction == "RUN a"


def test_causes_name_lines() -> None:
    before = build(TWO_STAGES)
    after = build(TWO_STAGES.replace("RUN make", "RUN make all"))

    steps = run(before, after).steps

    assert [(step.cause, step.cause_line) for step in steps if step.outcome is Outcome.MISS] == [
        (Cause.OWN, 0),
        (Cause.SOURCE, 3),
        (Cause.PARENT, 5),
    ]
    unknown = run(before, after, assume=None)
    assert verdicts(unknown) == "M??"
    assert [(step.cause, step.cause_line) for step in unknown.steps[3:]] == [
        (Cause.RERUN, 3),
        (Cause.RERUN, 3),
    ]
