"""What several builds leave in the cache, and what becomes of stages that run again."""

from __future__ import annotations

import pytest

from layerscope.cache.build import ServedFile
from tests.cache.buildkit.builds import base, build, predict, step, verdicts

TWO_STAGES = """FROM base:1 AS b
COPY a /src/a
RUN {command}
FROM base:1
COPY --from=b {path} /out
RUN use
"""


def two(command: str = "make", path: str = "/made", a: str = "1") -> object:
    return build(TWO_STAGES.format(command=command, path=path), {"a": a})


def test_taking_an_edit_back_hits_everywhere() -> None:
    one, other = build("FROM base:1\nRUN a\nRUN b\n"), build("FROM base:1\nRUN x\nRUN b\n")

    assert verdicts(one, other) == "MM"
    assert verdicts(one, other, one) == "HH"
    assert verdicts(one, other, build("FROM base:1\nRUN x\nRUN c\n")) == "HM"


@pytest.mark.parametrize(
    ("assume", "expected"), [(None, "HM??"), ("same", "HMHH"), ("changed", "HMMM")]
)
def test_what_a_stage_makes_that_runs_again_is_unknown(assume: str | None, expected: str) -> None:
    assert verdicts(two(), two("make -j"), assume=assume) == expected  # type: ignore[arg-type]


def test_a_step_after_an_unknown_one_is_unknown_and_both_say_why() -> None:
    prediction = predict(two(), two("make -j"))  # type: ignore[arg-type]

    assert [
        (str(each.outcome), str(each.cause), each.cause_line) for each in prediction.steps[-2:]
    ] == [
        ("unknown", "rerun", 3),
        ("unknown", "rerun", 5),
    ]


@pytest.mark.parametrize("assume", [None, "same", "changed"])
def test_a_file_that_a_copy_placed_is_known_after_a_run(assume: str | None) -> None:
    before, after = two(path="/src/a"), two("make -j", path="/src/a")
    edited = two("make -j", path="/src/a", a="2")

    assert verdicts(before, after, assume=assume) == "HMHH"  # type: ignore[arg-type]
    assert verdicts(before, edited, assume=assume) == "MMMM"  # type: ignore[arg-type]


@pytest.mark.parametrize("assume", [None, "same", "changed"])
def test_files_of_stages_that_only_copy_are_followed(assume: str | None) -> None:
    text = (
        "FROM scratch AS s\nCOPY d /d\nCOPY {name} /e/\n"
        "FROM base:1\nCOPY --from=s /d /d\nCOPY --from=s /e /e\n"
    )
    files = {"d/x": "1", "one": "1", "two": "1"}
    before = build(text.format(name="one"), files)

    assert verdicts(before, build(text.format(name="two"), files), assume=assume) == "HMHM"  # type: ignore[arg-type]


def test_a_copy_after_a_run_is_told_from_what_lay_there_before() -> None:
    text = "FROM base:1 AS b\nRUN make\nCOPY a /out/a\nFROM base:1\nCOPY --from=b /out /o\n"

    after = build(text, {"a": "2"})

    assert verdicts(build(text, {"a": "1"}), after, assume="changed") == "HMM"
    other = text.replace("/out/a", "/elsewhere/a")
    assert verdicts(build(other, {"a": "1"}), build(other, {"a": "2"})) == "HMH"


def test_owners_count_in_newer_versions_only() -> None:
    text = "FROM scratch AS s\nCOPY --chown={} a /a\nFROM base:1\nCOPY --from=s /a /a\n"
    one, other = (build(text.format(owner), {"a": "1"}) for owner in (1, 2))

    assert verdicts(one, other) == "MM"
    assert verdicts(one, other, old=True) == "MH"


def test_a_stage_that_nothing_needs_does_not_exist() -> None:
    text = "FROM base:1 AS b\nRUN {}\nFROM base:1\nRUN y\n"

    assert verdicts(build(text.format("x")), build(text.format("z"))) == "H"
    only = build(text.format("z"), target="B")
    assert verdicts(build(text.format("x")), only) == "M"


def test_a_forced_step_hides_its_key_from_the_next_one_only() -> None:
    text = "FROM base:1 AS b\nRUN 1\nFROM b\nRUN 2\nRUN 3\n"
    forced = build(text, no_cache_filter=("B",))

    prediction = predict(build(text), forced)

    assert [(str(each.outcome), each.cause) for each in prediction.steps[1:]] == [
        ("miss", "forced"),
        ("miss", "after-forced"),
        ("hit", None),
    ]


def test_no_cache_leaves_a_workdir_on_the_base_alone() -> None:
    text = "FROM base:1\nWORKDIR /w\nRUN x\n"

    assert verdicts(build(text), build(text, no_cache=True)) == "HM"
    assert verdicts(build(text), build(text, no_cache=True), build(text)) == "HH"


def test_a_failed_build_keeps_what_came_before_the_failure() -> None:
    text = "FROM base:1\nRUN a\nRUN b\nRUN c\n"
    failing = build(text, failing_runs=("b",))

    prediction = predict(failing)

    assert prediction.failed is not None
    assert prediction.failed.line == 3
    assert [each.facts.line for each in prediction.steps] == [1, 2, 3]
    assert verdicts(failing, build(text)) == "HMM"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("FROM base:1\nCOPY nope /x\n", "/nope: not found", 2),
        ("FROM base:1\nCOPY --from=3 /a /x\n", "there is no stage with the number 3", 2),
        ("FROM base:1\nCOPY --link --chown=app a /x\n", "invalid user index: -1", 2),
        ("FROM base:1\nADD http://h/f /x\n", "http://h/f: the server answers 404", 2),
        (
            "FROM base:1\nUSER nobody\nRUN x\n",
            "unable to find user nobody: no matching entries in passwd file",
            3,
        ),
        (
            "FROM scratch AS e\nFROM base:1\nCOPY --from=e /a /x\n",
            "/a: not found in an empty stage",
            3,
        ),
    ],
)
def test_a_step_that_cannot_succeed_is_told(text: str, message: str, line: int) -> None:
    failed = predict(build(text, {"a": "1"})).failed

    assert failed is not None
    assert (failed.message, failed.line) == (message, line)


def test_a_file_that_is_ignored_is_said_to_be() -> None:
    one = build("FROM base:1\nCOPY a /x\n", full_context=build("", {"a": "1"}).context)

    failed = predict(one).failed

    assert failed is not None
    assert failed.message == "/a: not found; .dockerignore leaves it out of the context"


def test_an_unknown_target_starts_no_step() -> None:
    prediction = predict(build("FROM base:1 AS build\nRUN x\n", target="biuld"))

    assert prediction.steps == ()
    assert prediction.failed is not None
    assert prediction.failed.parse


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ServedFile(b"1"), ServedFile(b"1", last_modified="later"), "H"),
        (ServedFile(b"1"), ServedFile(b"2"), "M"),
        (ServedFile(b"1", etag="e"), ServedFile(b"2", etag="e"), "H"),
        (ServedFile(b"1", etag="e"), ServedFile(b"1", etag="f"), "H"),
    ],
)
def test_a_url_counts_by_content_and_an_etag_is_believed(
    before: ServedFile, after: ServedFile, expected: str
) -> None:
    text = "FROM base:1\nADD http://h/f /x\n"
    one, other = (build(text, served={"http://h/f": file}) for file in (before, after))

    assert verdicts(one, other) == expected


def test_a_url_that_nobody_looked_at_is_unknown() -> None:
    one = build("FROM base:1\nADD http://h/f /x\n", served_all=False)

    assert verdicts(one, one) == "?"
    assert verdicts(one, one, assume="same") == "H"


def test_an_image_with_known_files_counts_by_the_copied_path() -> None:
    text = "FROM base:1\nCOPY --from=files:{} /f /f\n"
    bases = {
        "base:1": base(),
        "files:1": base("f1", "f1", files={"f": "1", "g": "1"}),
        "files:2": base("f2", "f2", files={"f": "1", "g": "2"}),
        "files:3": base("f3", "f3", files={"f": "3"}),
    }
    one, same, other = (build(text.format(number), bases=bases) for number in (1, 2, 3))

    assert verdicts(one, same) == "H"
    assert verdicts(one, other) == "M"


def test_equal_steps_of_one_build_are_one_step() -> None:
    text = "FROM base:1 AS a\nRUN {0}\nFROM base:1\nRUN {0}\nCOPY --from=a /x /x\n"

    prediction = predict(build(text.format("1")), build(text.format("2")), assume="changed")

    assert [str(step(prediction, line).outcome) for line in (2, 4, 5)] == ["miss", "miss", "miss"]


@pytest.mark.parametrize(
    "line",
    [
        "RUN --network=none x",
        "COPY --link a /a",
        "RUN <<EOF\nx\nEOF",
        "ADD --checksum=sha256:1 http://h/f /x",
    ],
)
def test_docker_2010_refuses_newer_words_unless_a_frontend_is_named(line: str) -> None:
    text = f"FROM base:1\n{line}\n"

    refused = predict(build(text, {"a": "1"}), old=True).failed
    allowed = predict(build(f"# syntax=docker/dockerfile:1\n{text}", {"a": "1"}), old=True).failed

    assert refused is not None
    assert (refused.parse, refused.line) == (True, 2)
    assert allowed is None or not allowed.parse


def test_stages_nested_very_deep_are_simulated() -> None:
    stages = ["FROM scratch AS s0", "COPY a /a"]
    for number in range(1, 1500):
        stages += [f"FROM scratch AS s{number}", f"COPY --from=s{number - 1} /a /a"]
    text = "\n".join(stages)

    assert set(verdicts(build(text, {"a": "1"}), build(text, {"a": "2"}))) == {"M"}
