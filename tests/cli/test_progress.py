from __future__ import annotations

import io

import pytest

from layerscope.cli.messages import say_faults
from layerscope.cli.progress import Progress
from layerscope.report.document import FaultRow


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times = [100.0]
    monkeypatch.setattr("layerscope.cli.progress.time.monotonic", lambda: times[-1])
    return times


def test_progress_shows_bytes_share_and_rate_and_leaves_a_clean_line(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)

    with Progress(quiet=False, verbose=False) as tick:
        clock.append(102.0)
        tick(50_000_000, 200_000_000)
        clock.append(102.01)
        tick(60_000_000, 200_000_000)

    shown = "50.0 MB of 200.0 MB (25.0%), 25.0 MB/s"
    assert terminal.getvalue() == f"\r{shown}\r{' ' * len(shown)}\r"


@pytest.mark.parametrize("terminal", [io.StringIO(), Terminal()])
def test_progress_is_silent_when_piped_or_quiet(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], terminal: io.StringIO
) -> None:
    monkeypatch.setattr("sys.stderr", terminal)

    with Progress(quiet=terminal.isatty(), verbose=False) as tick:
        clock.append(200.0)
        tick(1, 2)

    assert terminal.getvalue() == ""


def test_faults_are_one_line_for_each_input_and_one_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fault(name: str, message: str, hint: str = "") -> FaultRow:
        return FaultRow(input=name, code="digest-mismatch", message=message, hint=hint)

    status = say_faults(
        [
            fault("a.tar", "layer 1: wrong"),
            fault("a.tar", "layer 1: wrong"),
            fault("a.tar", "layer 2: wrong", "export it again"),
            fault("a.tar", "layer 3: wrong"),
            fault("b\x1b[2J.tar", "first\nsecond", "another hint"),
        ]
    )

    assert status == 3
    assert capsys.readouterr().err.splitlines() == [
        "layerscope: a.tar: layer 1: wrong (digest-mismatch) and 2 more faults",
        r"layerscope: b\x1b[2J.tar: first\x0asecond (digest-mismatch)",
        "hint: export it again",
    ]


def test_no_faults_are_status_zero_and_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert say_faults([]) == 0
    assert capsys.readouterr().err == ""
