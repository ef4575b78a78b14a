"""A verdict as JUnit XML, as Jenkins' `junit-10.xsd` describes it: a suite for each image.

A check is a test. It fails if the gate would fail with this check alone; it is skipped if it is
waived, or not measured without failing the gate; a warning passes and says so in its output. An
input that cannot be read is an error. No time is measured, so none is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.render.escape import line
from layerscope.render.gate_amounts import relations
from layerscope.render.gate_findings import (
    ALL_IMAGES,
    attribution_lines,
    blame_lines,
    fails_gate,
    fault_text,
    findings,
)
from layerscope.render.gate_words import OUTCOME_WORDS, compared_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.gate.verdict import Verdict
    from layerscope.render.gate_findings import Finding

# Texts are printable before they come here, which leaves no character that XML 1.0 forbids.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@dataclass(frozen=True, slots=True)
class _Test:
    """A test case; `message`, `kind` and `text` are of its result unless it passes."""

    name: str
    result: Literal["pass", "skipped", "failure", "error"]
    message: str = ""
    kind: str = ""
    text: str = ""
    output: str = ""


def gate_junit(verdict: Verdict) -> bytes:
    """The report as UTF-8 XML: suites of inputs that cannot be read, of images, of all together."""
    suites: list[tuple[str, str, list[_Test]]] = []
    if verdict.faults:
        unread = [
            _Test(f"read {number}", "error", fault_text(row), line(row.code, 40))
            for number, row in enumerate(verdict.faults, start=1)
        ]
        suites.append(("inputs", "", unread))
    rows = findings(verdict)
    for number, image in enumerate(verdict.images):
        of_image = [row for row in rows if row.check.image == number]
        if of_image:
            about = f"{line(image.name.input)}, {compared_with(image)}"
            suites.append((of_image[0].image, about, _tests(verdict, of_image)))
    together = [row for row in rows if row.check.image is None]
    if together:
        suites.append((ALL_IMAGES, "", _tests(verdict, together)))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_document(suites)]
    return "".join(f"{text}\n" for text in lines).encode()


def _tests(verdict: Verdict, rows: Sequence[Finding]) -> list[_Test]:
    seen: dict[str, int] = {}
    tests = []
    for row in rows:
        seen[row.title] = copy = seen.get(row.title, 0) + 1
        # Readers take two tests of one name for one test.
        tests.append(_test(verdict, row, row.title if copy == 1 else f"{row.title} ({copy})"))
    return tests


def _test(verdict: Verdict, row: Finding, name: str) -> _Test:
    check = row.check
    output = list(attribution_lines(check))
    if check.outcome == "pass":
        return _Test(name, "pass", output="\n".join([relations(check), *output]))
    details = [relations(check), *blame_lines(check)]
    text = "\n".join([row.message, *details])
    if fails_gate(verdict, check):
        return _Test(name, "failure", row.message, check.outcome, text, "\n".join(output))
    if check.outcome == "warn":
        head = f"{OUTCOME_WORDS['warn']}: {text}"
        return _Test(name, "pass", output="\n".join([head, *output]))
    message = "; ".join([row.message, *blame_lines(check)[-1:]] if check.waiver else [row.message])
    return _Test(name, "skipped", message, check.outcome, "", "\n".join(output))


def _document(suites: Sequence[tuple[str, str, Sequence[_Test]]]) -> Iterator[str]:
    every = [test for _, _, tests in suites for test in tests]
    yield f'<testsuites name="layerscope gate" {_counts(every)}>'
    for title, about, tests in suites:
        skipped = sum(test.result == "skipped" for test in tests)
        yield f'  <testsuite name={_quoted(title)} {_counts(tests)} skipped="{skipped}">'
        if about:
            yield "    <properties>"
            yield f'      <property name="image" value={_quoted(about)}/>'
            yield "    </properties>"
        # Jenkins takes all before the last full stop for the name of a package.
        classname = _quoted(f"layerscope.{title.replace('.', '_')}")
        for test in tests:
            yield f"    <testcase classname={classname} name={_quoted(test.name)}>"
            if test.result != "pass":
                attributes = f"type={_quoted(test.kind)} message={_quoted(test.message)}"
                yield f"      <{test.result} {attributes}>{_escaped(test.text)}</{test.result}>"
            if test.output:
                yield f"      <system-out>{_escaped(test.output)}</system-out>"
            yield "    </testcase>"
        yield "  </testsuite>"
    yield "</testsuites>"


def _counts(tests: Sequence[_Test]) -> str:
    failures = sum(test.result == "failure" for test in tests)
    errors = sum(test.result == "error" for test in tests)
    return f'tests="{len(tests)}" failures="{failures}" errors="{errors}"'


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
