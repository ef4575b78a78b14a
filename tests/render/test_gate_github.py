"""The annotations as the runner of GitHub Actions reads them.

There is no official grammar: `read` follows the rules of the runner's `ActionCommand.TryParseV2`,
which undo what the toolkit's `escapeData` and `escapeProperty` do.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.gate.verdict import LimitRow, ScopeRow, Verdict
from layerscope.render.gate_github import ANNOTATIONS, MESSAGE_CHARACTERS, gate_github
from tests.render import verdicts

RUNNER_CUTS_AT = 4096
KINDS = ("error", "warning", "notice")


@dataclass(frozen=True)
class Read:
    kind: str
    properties: dict[str, str]
    message: str


def unescaped(text: str, codes: dict[str, str]) -> str:
    for code, char in codes.items():
        text = text.replace(code, char)
    return text.replace("%25", "%")


def read(data: bytes) -> list[Read]:
    """What the runner makes of a step's output; every line has to be a command."""
    found = []
    text = data.decode("utf-8")
    assert not text or text.endswith("\n")
    for row in text.replace("\r", "\n").split("\n")[:-1]:
        assert row.startswith("::")
        command, _, message = row[2:].partition("::")
        kind, _, listed = command.partition(" ")
        assert kind in KINDS
        pairs = [pair.split("=", 1) for pair in listed.split(",") if pair]
        codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}
        properties = {name: unescaped(value, codes) for name, value in pairs}
        assert len(properties) == len(pairs)
        found.append(Read(kind, properties, unescaped(message, {"%0D": "\r", "%0A": "\n"})))
    return found


def of_kind(data: bytes, kind: str) -> list[Read]:
    return [row for row in read(data) if row.kind == kind]


def many(numbers: list[float]) -> Verdict:
    """Failed checks of budgets `b0`, `b1` …, each so many times its limit of ten."""
    checks = [
        verdicts.check(
            f"b{at}",
            "files",
            10 * number,
            [LimitRow(kind="max", limit=10, holds=False)],
            outcome="fail",
            reason="too many",
        )
        for at, number in enumerate(numbers)
    ]
    return verdicts.verdict(checks)


def test_github_all_passed_is_silent() -> None:
    assert gate_github(verdicts.all_passed()) == b""


def test_github_failed_check_points_at_the_dockerfile() -> None:
    first, second = read(gate_github(verdicts.failed()))
    # Waste is 106 % over its limit, growth 112 %.
    assert first.properties == {
        "file": "Dockerfile",
        "line": "7",
        "title": "layerscope: own growth: compressed_bytes, own layers",
    }
    assert first.message.split("\n")[0] == (
        "app:2 linux/amd64: the own layers grew by 21.2 MB; at most 10.0 MB are allowed"
    )
    assert "package torch 2.1.0 to 2.2.1 +31.0 MB" in first.message.split("\n")[1]
    assert (second.properties["file"], second.properties["line"]) == ("Dockerfile", "4")
    assert second.kind == first.kind == "error"


def test_github_check_without_a_line_points_at_the_policy() -> None:
    (warning,) = read(gate_github(verdicts.warned()))
    assert warning.kind == "warning"
    assert warning.properties["file"] == "layerscope.toml"
    assert warning.properties["line"] == "27"


def test_github_line_without_a_dockerfile_points_at_the_policy() -> None:
    verdict = verdicts.verdict([verdicts.growth_check()], dockerfile=None)
    (error,) = read(gate_github(verdict))
    assert (error.properties["file"], error.properties["line"]) == ("layerscope.toml", "17")


def test_github_unknown_line_of_the_policy_is_left_out() -> None:
    row = msgspec.structs.replace(verdicts.warn_check(), policy_line=0)
    (warning,) = read(gate_github(verdicts.verdict([row])))
    assert warning.properties["file"] == "layerscope.toml"
    assert "line" not in warning.properties


def test_github_no_policy_file_leaves_the_place_out() -> None:
    policy = msgspec.structs.replace(verdicts.all_passed().policy, file="")
    verdict = verdicts.verdict([verdicts.warn_check()], policy=policy)
    (warning,) = read(gate_github(verdict))
    assert list(warning.properties) == ["title"]


def test_github_waived_check_is_a_notice_with_its_reason() -> None:
    (notice,) = read(gate_github(verdicts.waived()))
    assert notice.kind == "notice"
    assert notice.message.split("\n")[-1] == "waived until 2026-12-31: CUDA wheels until #812"


def test_github_not_measured_is_told_by_what_it_counts_as() -> None:
    data = gate_github(verdicts.not_measured())
    fault, check = of_kind(data, "error")
    assert fault.properties["title"] == "layerscope: cannot be read"
    assert "(digest-mismatch)" in fault.message
    assert "no table of packages" in check.message
    (remark,) = of_kind(data, "warning")
    assert remark.properties["title"] == "layerscope: no-baseline"
    (notice,) = of_kind(data, "notice")
    assert "no table of packages" in notice.message


def test_github_ten_errors_are_all_told() -> None:
    errors = read(gate_github(many([2.0] * ANNOTATIONS)))
    assert len(errors) == ANNOTATIONS
    assert "more" not in errors[-1].properties["title"]


def test_github_eleven_errors_are_ten_annotations_worst_first() -> None:
    errors = read(gate_github(many([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])))
    named = [row.properties["title"].removeprefix("layerscope: ") for row in errors]
    assert named[:9] == [f"b{at}: files" for at in range(10, 1, -1)]
    assert named[9:] == ["… 2 more"]
    assert errors[9].message.split("\n") == [
        "b1: files: app:2 linux/amd64: too many",
        "b0: files: app:2 linux/amd64: too many",
    ]


def test_github_kinds_have_ten_each() -> None:
    rows = [verdicts.growth_check(), verdicts.warn_check(), verdicts.waived_check()] * 30
    data = gate_github(verdicts.verdict(rows))
    assert [len(of_kind(data, kind)) for kind in KINDS] == [10, 10, 10]
    assert [of_kind(data, kind)[-1].properties["title"] for kind in KINDS] == [
        "layerscope: … 21 more"
    ] * 3


def test_github_huge_verdict_stays_small() -> None:
    data = gate_github(verdicts.huge())
    assert len(of_kind(data, "error")) == len(of_kind(data, "warning")) == ANNOTATIONS
    # 600 failures and 600 warnings, nine of each told.
    assert of_kind(data, "error")[-1].properties["title"].endswith("… 591 more")
    assert of_kind(data, "error")[-1].message.endswith("\n… 561 more")
    assert all(len(row.message) <= RUNNER_CUTS_AT for row in read(data))


def test_github_paths_have_no_dot_in_front() -> None:
    verdict = verdicts.verdict([verdicts.growth_check()], dockerfile="./docker/./Dockerfile")
    (error,) = read(gate_github(verdict))
    assert error.properties["file"] == "docker/./Dockerfile"


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_github_hostile_names_stay_in_their_annotation(text: str) -> None:
    data = gate_github(verdicts.hostile(text))
    rows = read(data)
    # Six scopes each fail, and are not measured; a fault is told too, so there is one more.
    assert [len(of_kind(data, kind)) for kind in KINDS] == [10, 7, 6]
    for row in rows:
        assert set(row.properties) <= {"file", "line", "title"}
        assert row.properties["title"].startswith("layerscope: ")
        assert len(row.message) <= MESSAGE_CHARACTERS
        assert all(char.isprintable() or char == "\n" for char in row.message)
        assert all(value.isprintable() for value in row.properties.values())


@given(st.text())
def test_github_any_name_is_read_back(text: str) -> None:
    row = msgspec.structs.replace(
        verdicts.warn_check(), budget=text, scope=ScopeRow(kind="path", pattern=text), reason=text
    )
    rows = read(gate_github(verdicts.verdict([row], dockerfile=text)))
    assert len(rows) == 1
    if text.isprintable() and 0 < len(text) < 60:
        assert rows[0].message == f"app:2 linux/amd64: {text}"
        assert f"path {text}" in rows[0].properties["title"]


def test_github_is_the_same_for_the_same_verdict() -> None:
    assert gate_github(verdicts.two_images()) == gate_github(verdicts.two_images())
