"""The metrics as the parser of Prometheus' client for OpenMetrics reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from layerscope.render.gate_openmetrics import gate_openmetrics
from tests.render import verdicts

if TYPE_CHECKING:
    from prometheus_client import Metric

    from layerscope.gate.verdict import Verdict


def families(verdict: Verdict) -> dict[str, Metric]:
    """The families of metrics by name; the parser refuses what the specification forbids."""
    text = gate_openmetrics(verdict).decode("utf-8")
    assert text.endswith("\n# EOF\n")
    found = {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call] # the parser has no types
    for family in found.values():
        assert family.type == "gauge"
        assert family.documentation
        assert not family.unit or family.name.endswith(f"_{family.unit}")
        labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(set(labels)) == len(labels)
        assert all(sample.timestamp is None for sample in family.samples)
    return found


def values(verdict: Verdict) -> list[tuple[str, float]]:
    """The budget and the value of each sample of a value, by unit."""
    return [
        (sample.labels["budget"], sample.value)
        for family in families(verdict).values()
        for sample in family.samples
        if "budget" in sample.labels
    ]


@pytest.mark.parametrize("name", verdicts.SAMPLES)
def test_openmetrics_samples_are_read(name: str) -> None:
    verdict = verdicts.SAMPLES[name]()
    measured = [(row.budget, row.value) for row in verdict.checks if row.value is not None]
    assert sorted(values(verdict)) == sorted(measured)
    (passed,) = families(verdict)["layerscope_passed"].samples
    assert passed.value == (1 if verdict.passed else 0)
    counts = {
        row.labels["outcome"]: row.value for row in families(verdict)["layerscope_checks"].samples
    }
    assert counts == msgspec.to_builtins(verdict.counts)


def test_openmetrics_values_have_units_and_labels() -> None:
    found = families(verdicts.all_passed())
    assert [family.unit for family in found.values()] == ["bytes", "ratio", "", "", ""]
    (size,) = found["layerscope_value_bytes"].samples
    assert (size.labels, size.value) == (
        {
            "budget": "pull size",
            "image": "app:2",
            "platform": "linux/amd64",
            "metric": "compressed_bytes",
            "scope": "image",
            "part": "all",
        },
        141_200_000,
    )
    (ratio,) = found["layerscope_value_ratio"].samples
    assert ratio.value == 0.8944
    (count,) = found["layerscope_value"].samples
    assert count.value == 9


def test_openmetrics_unknown_is_left_out() -> None:
    assert "packages" not in dict(values(verdicts.not_measured()))
    found = families(verdicts.verdict([verdicts.not_measured_check()]))
    assert list(found) == ["layerscope_checks", "layerscope_passed"]


def test_openmetrics_parts_layers_and_runs_are_told_apart() -> None:
    samples = families(verdicts.two_images())["layerscope_value_bytes"].samples
    told = [
        (row.labels["image"], row.labels["scope"], row.labels["part"])
        for row in samples
        if row.labels["budget"] in {"own growth", "any layer", "stored once"}
    ]
    assert told == [
        ("app:2", "image", "own"),
        ("app:2", "image", "base"),
        ("app.tar:@1", "layer 6", "all"),
        ("", "run", "all"),
    ]


def test_openmetrics_images_of_one_name_are_told_apart() -> None:
    rows = [msgspec.structs.replace(verdicts.waste_check(), image=at) for at in range(3)]
    verdict = verdicts.verdict(rows, [verdicts.judged()] * 3)
    samples = families(verdict)["layerscope_value_bytes"].samples
    assert [row.labels.get("copy") for row in samples] == [None, "2", "3"]


def test_openmetrics_large_counts_stay_exact() -> None:
    row = msgspec.structs.replace(verdicts.waste_check(), value=2**62 + 1)
    assert b" 4611686018427387905\n" in gate_openmetrics(verdicts.verdict([row]))


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_openmetrics_hostile_names_are_read(text: str) -> None:
    found = families(verdicts.hostile(text))
    # Six scopes with five outcomes, of which one is not measured.
    assert len(found["layerscope_value_bytes"].samples) == 24
    for sample in found["layerscope_value_bytes"].samples:
        assert all(value.isprintable() for value in sample.labels.values())


@given(st.text())
def test_openmetrics_any_name_is_read_back(text: str) -> None:
    row = msgspec.structs.replace(verdicts.waste_check(), budget=text)
    ((name, value),) = values(verdicts.verdict([row]))
    assert value == 41_200_000
    if text.isprintable() and len(text) < 200:
        assert name == text


def test_openmetrics_is_the_same_for_the_same_verdict() -> None:
    assert gate_openmetrics(verdicts.two_images()) == gate_openmetrics(verdicts.two_images())
