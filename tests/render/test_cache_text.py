from __future__ import annotations

from typing import Any

import pytest

from layerscope.render.cache_text import cache_text, score_text, wrapped
from layerscope.report.cache_document import (
    CacheDocument,
    FailureRow,
    ReasonRow,
    ScoreDocument,
    StepName,
    StepRow,
    WrongStep,
)
from layerscope.report.document import Tool
from tests.render.test_escape import EVIL


def step(line: int, text: str, outcome: str = "hit", reason: str = "") -> StepRow:
    """A step; `reason` is `code: text`."""
    code, _, words = reason.partition(": ")
    values: dict[str, Any] = {
        "stage": "stage-0",
        "line": line,
        "platform": None,
        "instruction": text,
        "vertex": f"[1/1] {text}",
        "outcome": outcome,
        "reason": ReasonRow(code=code, text=words, paths=[]) if reason else None,
    }
    return StepRow(**values)


def document(*steps: StepRow, **more: Any) -> CacheDocument:  # noqa: ANN401 - any field
    outcomes = [row.outcome for row in steps]
    misses = [row.line for row in steps if row.outcome == "miss"]
    values: dict[str, Any] = {
        "tool": Tool(version="1"),
        "builder": "buildkit",
        "version": "0.32.2",
        "assume_reruns": None,
        "steps": list(steps),
        "failed": None,
        "last_good": None,
        "debug": [],
        "first_miss": min(misses, default=None),
        "hits": outcomes.count("hit"),
        "misses": len(misses),
        "unknown": outcomes.count("unknown"),
        "notes": [],
    }
    return CacheDocument(**{**values, **more})


def lines_of(made: CacheDocument, width: int = 80) -> list[str]:
    return cache_text(made, width=width).decode().splitlines()


def failing(message: str, *debug: str, good: StepName | None = None) -> CacheDocument:
    failed = FailureRow(message=message, line=12, step=None)
    return document(failed=failed, last_good=good, debug=[f"line 12: {message}", *debug])


def test_cache_text_has_one_line_for_a_step_and_the_reason_below_a_miss() -> None:
    made = document(
        step(1, "FROM debian:13", "no-step", "not-a-step: FROM is not looked up"),
        step(2, "WORKDIR /src"),
        step(10, "COPY a /a", "miss", "content-changed: a: content differs"),
        step(11, "COPY --from=x /b /b", "unknown", "rerun-unknown: line 10 runs again"),
    )

    assert lines_of(made) == [
        "buildkit 0.32.2: 1 hit, 1 miss, 1 unknown; the first miss is on line 10",
        "",
        " 1  -        [1/1] FROM debian:13",
        " 2  hit      [1/1] WORKDIR /src",
        "10  MISS     [1/1] COPY a /a",
        "             content-changed: a: content differs",
        "11  unknown  [1/1] COPY --from=x /b /b",
        "             rerun-unknown: line 10 runs again",
    ]


def test_cache_text_without_a_miss_names_no_line() -> None:
    assert lines_of(document(step(2, "RUN a"), step(3, "RUN b")))[0] == (
        "buildkit 0.32.2: 2 hits, 0 misses"
    )


def test_cache_text_on_a_narrow_page_cuts_names_and_wraps_reasons() -> None:
    made = document(
        step(2, "RUN " + "x" * 60, "miss", "content-changed: src/a.py: content differs")
    )

    # The text of a step begins in column 12 and has 28 of the 40 columns.
    assert lines_of(made, width=40)[2:] == [
        "2  MISS     [1/1] RUN xxxxxxxxxxxxxxxxx…",
        "            content-changed: src/a.py:",
        "            content differs",
    ]


def test_cache_text_keeps_a_word_whole_that_is_wider_than_the_page() -> None:
    path = "src/" + "deep/" * 20 + "a.py"

    assert wrapped(f"changed: {path}: content differs", 40) == [
        "changed:",
        f"{path}:",
        "content differs",
    ]


def test_cache_text_of_a_failing_build_says_once_what_fails_and_what_was_good() -> None:
    good = StepName(stage="app", line=6, instruction="RUN make", vertex="[app 2/3] RUN make")
    made = failing(
        "/conf: not found",
        "a source of it is missing",
        "last good step: RUN make",
        "open it: docker run after-failure",
        good=good,
    )

    assert lines_of(made)[1:] == [
        "",
        "the build fails on line 12: /conf: not found",
        "a source of it is missing",
        "last good step: line 6, [app 2/3] RUN make",
        "open it: docker run after-failure",
    ]


def test_cache_text_of_a_failing_build_names_the_good_step_where_no_line_opens_it() -> None:
    good = StepName(stage="app", line=6, instruction="RUN make", vertex="[app 2/3] RUN make")

    found = lines_of(failing("/conf: not found", "look around", good=good))

    assert found[3:] == ["last good step: line 6, [app 2/3] RUN make", "look around"]


def test_cache_text_of_a_failing_build_keeps_a_long_command_on_one_line() -> None:
    command = "docker build -t after-failure -f - ."

    found = lines_of(failing("no such stage: base", f"build up to it: {command}"), width=40)

    assert found[1:] == [
        "",
        "the build fails on line 12: no such",
        "stage: base",
        "build up to it:",
        f"  {command}",
    ]


def test_cache_text_of_a_build_that_fails_nowhere_names_no_line() -> None:
    failed = FailureRow(message="file with no instructions", line=None, step=None)
    made = document(failed=failed, debug=["the build stops before its first step: file with …"])

    assert lines_of(made)[1:] == ["", "the build fails: file with no instructions"]


def test_cache_text_puts_notes_below_all_else() -> None:
    made = document(step(2, "RUN a"), notes=["nobody knows the base", "nor the URL"])

    assert lines_of(made)[-3:] == ["", "note: nobody knows the base", "note: nor the URL"]


def test_cache_text_escapes_what_a_terminal_would_obey() -> None:
    good = StepName(stage=EVIL, line=1, instruction=EVIL, vertex=EVIL)
    made = document(
        step(2, EVIL, "miss", f"content-changed: {EVIL}: content differs"),
        failed=FailureRow(message=EVIL, line=2, step=None),
        last_good=good,
        debug=[EVIL, f"last good step: {EVIL}", f"open it: {EVIL}"],
        notes=[EVIL],
    )

    text = cache_text(made).decode()

    assert all(char == "\n" or char.isprintable() for char in text)
    assert "[red]markup[/red]" in text


def test_cache_text_with_styles_says_the_same_words() -> None:
    made = document(step(2, "RUN a", "miss", "no-earlier-build: nothing was built before"))

    styled = cache_text(made, styled=True).decode()

    assert "\x1b[33m2  MISS     [1/1] RUN a\x1b[0m" in styled


def score(**more: Any) -> ScoreDocument:  # noqa: ANN401 - any field of the document
    values: dict[str, Any] = {
        "tool": Tool(version="1"),
        "builder": "classic",
        "version": "20.10.24",
        "cases": 3,
        "cases_exact": 2,
        "steps": 9,
        "steps_right": 8,
        "unknown": 0,
        "wrong": [],
        "not_judged": [],
        "faults": [],
    }
    return ScoreDocument(**{**values, **more})


def test_score_text_with_nothing_unknown_says_nothing_of_assumptions() -> None:
    assert score_text(score()).decode().splitlines() == [
        "classic 20.10.24",
        "cases  2 of 3 exact",
        "steps  8 of 9 right",
    ]


@pytest.mark.parametrize(("unknown", "words"), [(1, "1 step is"), (1200, "1,200 steps are")])
def test_score_text_says_how_unknown_steps_were_judged(unknown: int, words: str) -> None:
    text = (
        f"{words} unknown where nothing is assumed of stages that run again; judged under the"
        " assumption that each case needs"
    )

    assert score_text(score(unknown=unknown), width=200).decode().splitlines()[3:] == [text]


def test_score_text_lists_each_wrong_step_with_both_outcomes() -> None:
    wrong = WrongStep(
        id="case-1",
        line=4,
        instruction="RUN make",
        predicted="hit",
        measured="miss",
        assume_reruns="same",
    )

    found = score_text(score(wrong=[wrong], not_judged=["a", "b"])).decode().splitlines()

    assert found[3:] == [
        "not judged: a, b",
        "",
        "case-1:4: predicted hit, measured miss (reruns same): RUN make",
    ]
