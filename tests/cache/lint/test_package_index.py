from __future__ import annotations

import pytest

from tests.cache.lint.found import findings, lines

RULE = "stale-package-index"


@pytest.mark.parametrize(
    ("fetch", "install"),
    [
        ("apt-get update", "apt-get install -y curl"),
        ("apt-get -qq -o A=b update", "apt install curl"),
        ("apk update", "apk add curl"),
        ("pacman -Sy", "pacman -S curl"),
    ],
)
def test_index_fetched_in_another_step_is_found_at_the_fetch(fetch: str, install: str) -> None:
    found = findings(RULE, f"FROM a\nRUN {fetch}\nRUN {install}\n")

    assert [(finding.line, finding.others, finding.severity) for finding in found] == [
        (2, (3,), "warning")
    ]


@pytest.mark.parametrize("tool", ["dnf", "yum", "microdnf"])
def test_index_of_tools_that_look_at_its_age_is_for_information(tool: str) -> None:
    found = findings(RULE, f"FROM a\nRUN {tool} makecache\nRUN {tool} install -y curl\n")

    assert [finding.severity for finding in found] == ["info"]


def test_index_of_zypper_is_for_information() -> None:
    found = findings(RULE, "FROM a\nRUN zypper ref\nRUN zypper in curl\n")

    assert [finding.severity for finding in found] == ["info"]


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update && apt-get install -y curl",
        "RUN apt-get update\nRUN apt-get update && apt-get install -y curl",
        "RUN apk update\nRUN apk add --no-cache curl",
        "RUN apt-get update && ./install.sh",
        "RUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN apt-get install curl",
        "RUN apt-get update && apt-get install a\nRUN apt-get install -s b",
        'SHELL ["powershell"]\nRUN apt-get update\nRUN apt-get install a',
    ],
)
def test_index_used_where_it_is_fetched_is_no_finding(text: str) -> None:
    found = findings(RULE, f"FROM a\n{text}\n")

    assert [finding for finding in found if finding.severity == "warning"] == []


def test_index_of_a_step_that_installs_too_is_found_at_the_later_install() -> None:
    text = "FROM a AS x\nRUN apt-get update && apt-get install a\nFROM x\nRUN apt-get install b\n"

    assert lines(RULE, text) == [4]


def test_index_that_nobody_uses_is_for_information() -> None:
    found = findings(RULE, "FROM a\nRUN apt-get update\n")

    assert [(finding.line, finding.severity) for finding in found] == [(2, "info")]


def test_index_remedy_names_the_packages_of_the_install() -> None:
    found = findings(RULE, "FROM a\nRUN apt-get update\nRUN apt-get install -y curl git\n")

    assert "apt-get update && apt-get install" in found[0].remedy
    assert "curl git" in found[0].remedy
