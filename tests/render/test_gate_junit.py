"""The JUnit report against Jenkins' schema, as `xmlschema` validates it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from layerscope.render.gate_junit import gate_junit
from tests.render import verdicts

if TYPE_CHECKING:
    from layerscope.gate.verdict import Verdict

OFFICIAL = Path(__file__).parent / "official" / "junit-10.xsd"


@cache
def schema() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(str(OFFICIAL))


def report(verdict: Verdict) -> ET.Element:
    """The root of the report, once it was found valid and its counts were found right."""
    data = gate_junit(verdict)
    assert b"<!" not in data  # neither a document type nor CDATA
    root = ET.fromstring(data)
    schema().validate(data.decode("utf-8"))
    for suite in [root, *root.iter("testsuite")]:
        assert suite.get("tests") == str(len(list(suite.iter("testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error")):
            assert suite.get(attribute) == str(len(list(suite.iter(tag))))
    for suite in root.iter("testsuite"):
        assert suite.get("skipped") == str(len(list(suite.iter("skipped"))))
        names = [(test.get("classname"), test.get("name")) for test in suite.iter("testcase")]
        assert len(set(names)) == len(names)
    return root


def results(root: ET.Element) -> list[tuple[str | None, str]]:
    """The name of each test and how it came out."""
    return [
        (test.get("name"), next((part.tag for part in test if part.tag != "system-out"), "pass"))
        for test in root.iter("testcase")
    ]


def test_junit_schema_is_the_published_one() -> None:
    notice = (OFFICIAL.parent / "NOTICE.md").read_text("utf-8")
    assert hashlib.sha256(OFFICIAL.read_bytes()).hexdigest() in notice


@pytest.mark.parametrize("name", verdicts.SAMPLES)
def test_junit_samples_are_valid(name: str) -> None:
    verdict = verdicts.SAMPLES[name]()
    root = report(verdict)
    assert len(list(root.iter("testcase"))) == len(verdict.checks) + len(verdict.faults)
    broken = int(root.get("failures", "")) + int(root.get("errors", ""))
    assert (broken == 0) is verdict.passed


def test_junit_failed_checks_are_failures_with_their_parts() -> None:
    root = report(verdicts.failed())
    assert results(root)[3:] == [
        ("own growth: compressed_bytes, own layers", "failure"),
        ("waste: wasted_bytes", "failure"),
    ]
    growth = list(root.iter("testcase"))[3]
    failure = growth.find("failure")
    assert failure is not None
    assert failure.attrib == {
        "type": "fail",
        "message": "the own layers grew by 21.2 MB; at most 10.0 MB are allowed",
    }
    # The instructions' changes, of which one is nothing: 18.3 + 2.9 + 0 = 21.2 MB.
    lines = (growth.findtext("system-out") or "").split("\n")
    assert lines[0] == "compressed_bytes by instruction: +21.2 MB"
    assert lines[1].startswith("  +18.3 MB  RUN pip install --no-cache-dir")
    assert lines[1].endswith(", line 7")
    assert lines[2] == "   +2.9 MB  COPY dir:000000000000 in /srv, line 9"
    assert lines[3] == "       0 B  all other"


def test_junit_long_split_sums_up_what_has_no_room() -> None:
    parts = [verdicts.part(f"/{at}", 0, 1000 - at) for at in range(100)]
    split = verdicts.split("path", "content_bytes", 0, 100_000, parts)
    row = msgspec.structs.replace(verdicts.waste_check(), attribution=[split])
    test = next(report(verdicts.verdict([row])).iter("testcase"))
    lines = (test.findtext("system-out") or "").split("\n")
    # The first ten are 1000 + 999 + … + 991 = 9,955 bytes.
    assert len(lines) == 12
    assert lines[-1] == "  +90.0 kB  all other"
    assert [line.split()[-1] for line in lines[1:11]] == [f"/{at}" for at in range(10)]


def test_junit_warning_passes_and_says_so() -> None:
    (test,) = list(report(verdicts.warned()).iter("testcase"))[3:]
    assert [part.tag for part in test] == ["system-out"]
    assert (test.findtext("system-out") or "").startswith("WARN: 88.0 MB is more than 80.0 MB")


def test_junit_warning_fails_where_the_gate_fails_on_warnings() -> None:
    root = report(verdicts.verdict([verdicts.warn_check()], fail_on="warn"))
    assert results(root) == [("venv: visible_bytes, path /opt/venv/**", "failure")]


def test_junit_waived_check_is_skipped_with_its_reason() -> None:
    (skipped,) = report(verdicts.waived()).iter("skipped")
    assert skipped.attrib == {
        "type": "waived",
        "message": "151.0 MB is more than 140.0 MB; "
        "waived until 2026-12-31: CUDA wheels until #812",
    }


def test_junit_not_measured_fails_or_is_skipped_by_what_it_counts_as() -> None:
    root = report(verdicts.not_measured())
    assert results(root)[-2:] == [("packages", "failure"), ("packages (2)", "skipped")]
    (failure,) = root.iter("failure")
    (skipped,) = root.iter("skipped")
    assert failure.get("type") == skipped.get("type") == "not-measured"


def test_junit_unmeasured_warning_is_skipped_unless_warnings_fail() -> None:
    rows = [verdicts.not_measured_check("warn")]
    assert results(report(verdicts.verdict(rows))) == [("packages", "skipped")]
    assert results(report(verdicts.verdict(rows, fail_on="warn"))) == [("packages", "failure")]


def test_junit_fault_is_an_error_of_a_suite_of_inputs() -> None:
    root = report(verdicts.not_measured())
    assert [suite.get("name") for suite in root] == ["inputs", "app:2 linux/amd64"]
    (error,) = root.iter("error")
    assert error.get("type") == "digest-mismatch"
    assert (error.get("message") or "").startswith("app.tar: layer 3: expected sha256:ab12")


def test_junit_suites_are_images_then_all_together() -> None:
    suites = [suite.get("name") for suite in report(verdicts.two_images())]
    assert suites == ["app:2 linux/amd64", "app.tar:@1 linux/amd64", "all images"]


def test_junit_class_names_have_one_full_stop() -> None:
    classes = {test.get("classname") for test in report(verdicts.two_images()).iter("testcase")}
    assert classes == {
        "layerscope.app:2 linux/amd64",
        "layerscope.app_tar:@1 linux/amd64",
        "layerscope.all images",
    }


def test_junit_no_time_is_written() -> None:
    root = report(verdicts.two_images())
    assert not [part for part in root.iter() if {"time", "timestamp"} & set(part.attrib)]


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_junit_hostile_names_are_valid(text: str) -> None:
    root = report(verdicts.hostile(text))
    # Six scopes with five outcomes, and a fault.
    assert len(list(root.iter("testcase"))) == 31
    known = {"testsuites", "testsuite", "testcase", "properties", "property"}
    known |= {"failure", "skipped", "error", "system-out"}
    for part in root.iter():
        assert part.tag in known
        for value in (part.text or "", *part.attrib.values()):
            assert all(char.isprintable() or char == "\n" for char in value)


@given(st.text())
def test_junit_any_reason_is_read_back(text: str) -> None:
    row = msgspec.structs.replace(verdicts.waste_check(), reason=text)
    root: Any = ET.fromstring(gate_junit(verdicts.verdict([row])))
    if text.isprintable() and text:
        assert root[0][-1][0].get("message") == text


def test_junit_is_the_same_for_the_same_verdict() -> None:
    assert gate_junit(verdicts.two_images()) == gate_junit(verdicts.two_images())
