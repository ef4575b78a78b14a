"""A prediction of the build cache for people: one step a line, and below each miss its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.render.page import Page
from layerscope.render.text import DEFAULT_WIDTH
from layerscope.units import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.cache_document import CacheDocument, ScoreDocument, StepRow

OUTCOMES = {"hit": "hit", "miss": "MISS", "unknown": "unknown", "no-step": "-"}
STYLES = {"miss": "yellow", "unknown": "cyan", "no-step": "dim"}
OUTCOME_WIDTH = max(len(word) for word in OUTCOMES.values())
REASON_CHARACTERS = 1000
LAST_GOOD = "last good step: "
"""How the line of a document's `debug` begins that names the step to open."""


def cache_text(
    document: CacheDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The prediction as UTF-8 text.

    Args:
        document: The prediction.
        width: Columns; a step's name is cut to them, a reason is wrapped.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    page.title(_headline(document))
    if document.steps:
        page.line("")
    digits = max((len(str(row.line)) for row in document.steps), default=1)
    for row in document.steps:
        _step(page, row, digits, width)
    if document.failed is not None:
        _failure(page, document, width)
    if document.notes:
        page.line("")
        for note in document.notes:
            for text in wrapped(f"note: {note}", width):
                page.line(text)
    return page.encoded()


def _headline(document: CacheDocument) -> str:
    parts = [
        counted(document.hits, "hit"),
        counted(document.misses, "miss", "misses"),
        *([f"{document.unknown} unknown"] if document.unknown else []),
    ]
    text = f"{line(document.builder, 40)} {line(document.version, 40)}: {', '.join(parts)}"
    if document.first_miss is not None:
        text += f"; the first miss is on line {document.first_miss}"
    return text


def _step(page: Page, row: StepRow, digits: int, width: int) -> None:
    start = f"{row.line:>{digits}}  {OUTCOMES[row.outcome]:<{OUTCOME_WIDTH}}  "
    name = line(row.vertex or row.instruction, max(width - len(start), 20))
    page.line(start + name, STYLES.get(row.outcome, ""))
    if row.reason is None or row.outcome == "no-step":
        return
    for words in wrapped(f"{row.reason.code}: {row.reason.text}", width - len(start)):
        page.line(" " * len(start) + words)


def _failure(page: Page, document: CacheDocument, width: int) -> None:
    assert document.failed is not None  # noqa: S101 - the caller has looked
    page.line("")
    where = f" on line {document.failed.line}" if document.failed.line else ""
    for text in wrapped(f"the build fails{where}: {document.failed.message}", width):
        page.line(text, "red")
    # The first of the lines says again what fails.
    texts = document.debug[1:]
    if document.last_good is not None:
        # The builder's name for that step, and its line, instead of the mere instruction.
        good = line(
            f"{LAST_GOOD}line {document.last_good.line}, {document.last_good.vertex}", width
        )
        named = [good if text.startswith(LAST_GOOD) else text for text in texts]
        texts = named if good in named else [good, *named]
    lines_to_try(page, texts, width)


def lines_to_try(page: Page, texts: Sequence[str], width: int) -> None:
    """Put lines that end in a command on a page, such as `open it: docker run …`.

    A line that does not fit is broken behind its first colon. The command stays on one line, even
    if that is longer than the page is wide: a broken one could not be copied.
    """
    for text in texts:
        whole = line(text, REASON_CHARACTERS)
        label, colon, command = whole.partition(": ")
        if len(whole) <= width or not colon:
            page.line(whole)
        else:
            page.line(f"{label}:")
            page.line(f"  {command}")


def wrapped(text: str, width: int) -> list[str]:
    """A line of untrusted text, escaped, broken between words into lines of at most `width`.

    A word that is longer stays whole, so that a path can be copied.
    """
    lines = [""]
    for word in line(text, REASON_CHARACTERS).split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > max(width, 20):
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def score_text(
    document: ScoreDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """A score as UTF-8 text: the sums, then each step that was predicted otherwise."""
    page = Page(width, styled=styled)
    page.title(f"{line(document.builder, 40)} {line(document.version, 40)}")
    page.line(f"cases  {document.cases_exact} of {document.cases} exact")
    page.line(f"steps  {document.steps_right} of {document.steps} right")
    texts = []
    if document.unknown:
        steps = "1 step is" if document.unknown == 1 else f"{document.unknown:,} steps are"
        texts.append(
            f"{steps} unknown where nothing is assumed of stages that run again; judged under the"
            " assumption that each case needs"
        )
    if document.not_judged:
        texts.append(f"not judged: {', '.join(line(name) for name in document.not_judged)}")
    if document.wrong:
        texts.append("")
    texts.extend(
        f"{line(row.id)}:{row.line}: predicted {row.predicted}, measured {row.measured}"
        f" (reruns {row.assume_reruns}): {line(row.instruction, 60)}"
        for row in document.wrong
    )
    for text in texts:
        for part in wrapped(text, width):
            page.line(part)
    return page.encoded()
