from __future__ import annotations

from typing import Any

from layerscope.render.lint_text import lint_text
from layerscope.report.document import Tool
from layerscope.report.lint_document import FindingRow, LintDocument, MeasuredRow
from tests.render.test_escape import EVIL


def finding(severity: str = "warning", **more: Any) -> FindingRow:  # noqa: ANN401 - any field
    values: dict[str, Any] = {
        "rule": "owner-copies",
        "severity": severity,
        "line": 4,
        "last_line": 4,
        "stage": "stage-0",
        "message": "chown stores it again",
        "remedy": "COPY --chown=5:5 app /app",
        "others": [3],
        "measured": None,
    }
    return FindingRow(**{**values, **more})


def document(*findings: FindingRow, name: str = "Dockerfile") -> LintDocument:
    severities = [row.severity for row in findings]
    return LintDocument(
        tool=Tool(version="1"),
        input=name,
        findings=list(findings),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        infos=severities.count("info"),
        faults=[],
    )


def lines_of(*findings: FindingRow, width: int = 80) -> list[str]:
    return lint_text(document(*findings), width=width).decode().splitlines()


def test_lint_text_has_the_place_and_rule_then_message_measure_and_remedy() -> None:
    measured = MeasuredRow(value=5000, unit="bytes", text="5.0 kB in the image")

    assert lines_of(finding(measured=measured)) == [
        "Dockerfile:4: warning owner-copies",
        "    chown stores it again",
        "    measured: 5.0 kB in the image",
        "    instead: COPY --chown=5:5 app /app",
        "",
        "1 warning",
    ]


def test_lint_text_counts_each_severity_by_its_own_name() -> None:
    made = [finding(severity) for severity in ("error", "error", "warning", "info", "info")]

    assert lines_of(*made)[-1] == "2 errors, 1 warning, 2 infos"


def test_lint_text_without_findings_says_so() -> None:
    assert lines_of() == ["nothing found"]


def test_lint_text_keeps_the_lines_of_a_remedy_apart() -> None:
    assert lines_of(finding(remedy="write a .dockerignore:\n.git\n.env"))[2:5] == [
        "    instead: write a .dockerignore:",
        "    .git",
        "    .env",
    ]


def test_lint_text_of_a_finding_without_a_line_names_the_file_alone() -> None:
    assert lines_of(finding(line=0))[0] == "Dockerfile: warning owner-copies"


def test_lint_text_on_a_narrow_page_wraps_below_the_finding() -> None:
    made = finding(message="chown -R /app changes the owner of line 3")

    assert lines_of(made, width=30)[1:3] == [
        "    chown -R /app changes the",
        "    owner of line 3",
    ]


def test_lint_text_escapes_what_a_terminal_would_obey() -> None:
    measured = MeasuredRow(value=1, unit="bytes", text=EVIL)
    made = document(finding(message=EVIL, remedy=EVIL, measured=measured), name=EVIL)

    text = lint_text(made).decode()

    assert all(char == "\n" or char.isprintable() for char in text)
    assert text.count("[red]markup[/red]") == 4
