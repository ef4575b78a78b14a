from __future__ import annotations

from typing import Any

from layerscope.render.explain_text import explain_text
from layerscope.report.document import Tool
from layerscope.report.explain_document import (
    ContextsRow,
    CulpritRow,
    DifferenceRow,
    ExplainDocument,
    LogRow,
)
from tests.render.test_cache_text import step
from tests.render.test_escape import EVIL


def document(**more: Any) -> ExplainDocument:  # noqa: ANN401 - any field of the document
    values: dict[str, Any] = {
        "tool": Tool(version="1"),
        "builder": "buildkit",
        "version": "0.32.2",
        "assume_reruns": None,
        "chain": [],
        "contexts": None,
        "log": None,
        "debug": [],
        "notes": [],
    }
    return ExplainDocument(**{**values, **more})


def lines_of(made: ExplainDocument, width: int = 80) -> list[str]:
    return explain_text(made, width=width).decode().splitlines()


def differing(*paths: str, culprits: list[CulpritRow] | None = None) -> ContextsRow:
    rows = [
        DifferenceRow(code="content-changed", path=path, text=f"{path}: content differs")
        for path in paths
    ]
    return ContextsRow(differing=len(rows), differences=rows, culprits=culprits or [])


def test_explain_text_goes_from_the_step_back_to_the_first_cause() -> None:
    chain = [
        step(5, "RUN make", "miss", "follows-miss: follows the miss on line 4"),
        step(4, "COPY src .", "miss", "content-changed: a.c: content differs"),
    ]

    assert lines_of(document(chain=chain, notes=["one", "two"])) == [
        "buildkit 0.32.2",
        "",
        "line 5  MISS  [1/1] RUN make",
        "  follows-miss: follows the miss on line 4",
        "",
        "because line 4  MISS  [1/1] COPY src .",
        "  content-changed: a.c: content differs",
        "",
        "note: one",
        "note: two",
    ]


def test_explain_text_of_a_step_that_hits_has_no_reason() -> None:
    assert lines_of(document(chain=[step(5, "RUN make")]))[2:] == ["line 5  hit  [1/1] RUN make"]


def test_explain_text_without_a_miss_says_so() -> None:
    assert lines_of(document()) == ["buildkit 0.32.2", "no step misses"]


def test_explain_text_on_a_narrow_page_cuts_the_step_and_wraps_its_reason() -> None:
    reason = "instruction-changed: the text differs from line 4"

    found = lines_of(document(chain=[step(4, "RUN " + "x" * 60, "miss", reason)]), width=40)

    assert found[2:] == [
        "line 4  MISS  [1/1] RUN xxxxxxxxxxxxxxx…",
        "  instruction-changed: the text differs",
        "  from line 4",
    ]


def test_explain_text_of_equal_contexts_says_so() -> None:
    found = lines_of(document(contexts=differing()))

    assert found[-2:] == ["", "the contexts hold the same files, with the same modes"]


def test_explain_text_lists_culprits_then_the_first_ten_files() -> None:
    culprit = CulpritRow(code="line-ends", text="only line ends differ", paths=["f00", "f01"])
    paths = [f"f{number:02}" for number in range(12)]

    found = lines_of(document(contexts=differing(*paths, culprits=[culprit])))

    assert found[2:] == [
        "",
        "the contexts differ in 12 places",
        "  line-ends (2 files): only line ends differ",
        "",
        *(f"  f{number:02}: content differs" for number in range(10)),
        "  and 2 more; --format json lists them",
    ]


def test_explain_text_never_cuts_what_differs_in_a_file_with_a_long_path() -> None:
    path = "src/" + "deep/" * 10 + "a.py"

    found = lines_of(document(contexts=differing(path)), width=40)

    assert found[-3:] == ["the contexts differ in 1 place", f"  {path}:", "    content differs"]


def test_explain_text_of_a_log_is_how_to_open_the_last_good_step() -> None:
    log = LogRow(step=None, last_good=None, message="boom")
    debug = ["step 3 failed: boom", "open it: docker run --rm -it --entrypoint sh 0123456789ab"]

    found = lines_of(document(version=None, log=log, debug=debug), width=40)

    assert found == [
        "buildkit",
        "step 3 failed: boom",
        "open it:",
        "  docker run --rm -it --entrypoint sh 0123456789ab",
    ]


def test_explain_text_escapes_what_a_terminal_would_obey() -> None:
    culprit = CulpritRow(code="file-set", text=EVIL, paths=[EVIL])
    made = document(
        chain=[step(2, EVIL, "miss", f"file-added: {EVIL}: added")],
        contexts=differing(EVIL, culprits=[culprit]),
        notes=[EVIL],
    )
    log = document(log=LogRow(step=None, last_good=None, message=EVIL), debug=[f"open it: {EVIL}"])

    text = (explain_text(made) + explain_text(log)).decode()

    assert all(char == "\n" or char.isprintable() for char in text)
    assert "[red]markup[/red]" in text
