from __future__ import annotations

import pytest

from tests.cache.lint.found import findings

RULE = "unpinned-base"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "severity", "remedy"),
    [
        ("FROM debian", "warning", "FROM debian:VERSION@sha256:…"),
        ("FROM debian:latest AS x", "warning", "FROM debian:VERSION@sha256:… AS x"),
        ("FROM host:5000/a", "warning", "FROM host:5000/a:VERSION@sha256:…"),
        ("ARG B=debian\nFROM $B", "warning", "FROM debian:VERSION@sha256:…"),
        ("ARG B\nFROM ${B:-debian}", "warning", "FROM debian:VERSION@sha256:…"),
        ("FROM debian:12", "info", "FROM debian:12@sha256:…"),
        ("ARG V=12\nFROM debian:${V}", "info", "FROM debian:12@sha256:…"),
    ],
)
def test_base_that_can_change_is_found(text: str, severity: str, remedy: str) -> None:
    found = findings(RULE, text + "\n")

    assert [(finding.severity, finding.remedy) for finding in found] == [(severity, remedy)]


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch",
        f"FROM debian@{DIGEST}",
        f"FROM debian:latest@{DIGEST}",
        "ARG B\nFROM $B",
        "ARG V\nFROM debian:$V",
    ],
)
def test_base_that_is_pinned_or_not_known_is_no_finding(text: str) -> None:
    assert findings(RULE, text + "\n") == []


def test_base_that_is_a_stage_is_no_finding_and_names_count_once() -> None:
    found = findings(RULE, "FROM debian AS x\nFROM X\nFROM debian\n")

    assert [finding.line for finding in found] == [1]


@pytest.mark.parametrize(
    ("name", "expected"), [("docker/x", ["warning"]), ("x", []), ("x:1", []), ("0", [])]
)
def test_base_of_copy_from_is_found_where_it_is_surely_an_image(
    name: str, expected: list[str]
) -> None:
    found = findings(RULE, f"FROM scratch AS b\nFROM scratch\nCOPY --from={name} /a /a\n")

    assert [finding.severity for finding in found] == expected
