"""What judging a saved report costs: the whole process, and the judging alone."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from layerscope.cli.configuration import load_policy
from layerscope.gate.evaluate import evaluate
from layerscope.gate.measured import Chosen
from layerscope.gate.questions import Evidence
from layerscope.gate.report_subject import subjects_of
from layerscope.journeys.analyze import analyze
from layerscope.report.store import dump
from layerscope.synth.demo_gate import write_gate_demo

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUNDS = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's images, and the report on the one that grew."""
    write_gate_demo(tmp_path)
    report = analyze([str(tmp_path / "after.tar")]).report
    (tmp_path / "r.json").write_bytes(dump(report))
    return tmp_path


def _cpu_seconds(words: list[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": REPOSITORY},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bench_gate_of_a_saved_report(benchmark: BenchmarkFixture, folder: Path) -> None:
    """CPU of `gate --report`, as a process, beside that of `python -c pass` in turn."""
    gate = ["-m", "layerscope", "gate", "--report", "r.json"]
    pairs = [
        (_cpu_seconds(gate, folder), _cpu_seconds(["-c", "pass"], folder)) for _ in range(ROUNDS)
    ]
    middle = sorted(pairs)[ROUNDS // 2]
    benchmark.extra_info["cpu_seconds"] = round(middle[0], 3)
    benchmark.extra_info["cpu_seconds_of_python"] = round(middle[1], 3)
    benchmark(_cpu_seconds, gate, folder)


def bench_judging_alone(
    benchmark: BenchmarkFixture, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict from reports in memory, with tables, and everything that broke attributed."""
    monkeypatch.chdir(folder)
    policy = load_policy(None)
    old, new = (
        analyze([str(folder / name)], tables=("files", "packages")).report
        for name in ("before.tar", "after.tar")
    )
    verdict = benchmark(
        lambda: evaluate(
            policy,
            Evidence(
                subjects=subjects_of(new), baselines=[Chosen(subjects_of(old)[0], "before.tar")]
            ),
            today=date(2026, 11, 24),
            fail_on="fail",
            version="0",
        )
    )
    assert verdict.counts.fail
