from __future__ import annotations

import pytest

from tests.cache.lint.found import findings, lines

RULE = "changing-value-early"


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("ARG BUILD_DATE", "warning"),
        ("ARG GIT_COMMIT=unknown", "warning"),
        ("ARG X=1 GITHUB_SHA", "warning"),
        ("ENV BUILD_NUMBER=$N", "warning"),
        ('LABEL org.opencontainers.image.created="x"', "info"),
    ],
)
def test_changing_value_above_a_costly_step_is_found(value: str, severity: str) -> None:
    found = findings(RULE, f"FROM a\n{value}\nRUN mkdir /x\nRUN make\n")

    assert [(finding.line, finding.others, finding.severity) for finding in found] == [
        (2, (4,), severity)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "RUN make\nARG BUILD_DATE\nLABEL a=$BUILD_DATE",
        "ARG BUILD_DATE\nRUN make DATE=$BUILD_DATE\nRUN other",
        "ARG BUILD_DATE\nENV D=$BUILD_DATE\nRUN make",
        "ARG COMMIT=0123abc\nRUN make",
        "ARG RUNC_COMMIT\nRUN make",
        "ARG VERSION\nRUN make",
        "ARG BUILD_DATE\nCOPY a /a",
    ],
)
def test_changing_value_that_costs_nothing_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\n{text}\n") == []
