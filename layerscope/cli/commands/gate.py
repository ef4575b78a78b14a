"""`layerscope gate`: budgets and a baseline in, a verdict out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.exit_codes import DONE, FAILED
from layerscope.cli.gate_reading import Reading
from layerscope.cli.messages import say, say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.renderings import formats_of, renderers_of
from layerscope.cli.streams import Targets, whole_file
from layerscope.cli.values import PlainCommand
from layerscope.errors import NoImageError, UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from layerscope.cli.gate_inputs import Judged
    from layerscope.gate.policy import Policy, Severity
    from layerscope.gate.verdict import Verdict

FORMATS = (*formats_of("layerscope.verdict/1"), Format.REPORT)
BASELINE_FILE = "layerscope.baseline.json"
"""Where a baseline is kept if nobody says otherwise."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What images are compared with, and how strictly they are judged.

    Attributes:
        places: Baselines, as the user names them.
        required: Whether there must be one.
        past: A folder of earlier reports.
        dockerfile: The file whose lines are blamed.
        day: On which waivers are judged.
        fail_on: From which severity on the gate fails.
    """

    places: list[str]
    required: bool
    past: str | None
    dockerfile: str | None
    day: date
    fail_on: Severity


class FailOn(StrEnum):
    """From which severity on a gate fails."""

    WARN = "warn"
    FAIL = "fail"


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def gate(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[
        list[str] | None, typer.Argument(metavar="IMAGE", help="Images; none with --report.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="FILE", help="What analyze or cache simulate saved as JSON."
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Budgets; else the nearest layerscope.toml."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Baseline file, report or image to compare with."
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option("--history", metavar="DIR", help="Earlier reports: a jump fails too."),
    ] = None,
    dockerfile: Annotated[
        str | None,
        typer.Option("--dockerfile", metavar="FILE", help="The Dockerfile whose lines to blame."),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="What fails the gate; else: fail.")
    ] = None,
    today: Annotated[
        str | None,
        typer.Option("--today", metavar="DATE", help="The day for waivers, as 2026-12-31."),
    ] = None,
    *,
    require_baseline: Annotated[
        bool, typer.Option("--require-baseline", help="Exit with 2 if there is no baseline.")
    ] = False,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write the baseline file anew.")
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 where the gate fails.")
    ] = False,
) -> int:
    """Judge images or saved reports by the budgets of layerscope.toml, exit status 1 if it fails.

    What grew is named to the byte: instruction, package, path. Without a layerscope.toml or a
    [tool.layerscope] in pyproject.toml, dive's .dive-ci is followed. Every --save is written from
    the same run.
    """
    targets = Targets.of(common, files, formats, FORMATS)
    from layerscope.cli.configuration import load_policy  # noqa: PLC0415 - not for --help
    from layerscope.cli.gate_inputs import refuse_without_dive  # noqa: PLC0415 - the same

    policy = load_policy(config)
    read = Reading(reading, common)
    judged = _judged(images or [], report or [], policy, read)
    refuse_without_dive(judged, policy)
    if Format.REPORT in targets.formats and judged.report is None:
        raise UsageError("expected one report to write, found several", "--save report")
    places = list(baseline or policy.baselines)
    if not places and (os.path.lexists(BASELINE_FILE) or update_baseline):
        places = [BASELINE_FILE]
    if update_baseline:
        _update(policy, judged, places, common)
    comparison = Comparison(
        places=places,
        required=require_baseline or policy.require_baseline,
        past=history,
        dockerfile=dockerfile or policy.dockerfile,
        day=_day(today),
        fail_on=fail_on.value if fail_on else policy.fail_on or "fail",
    )
    verdict = _verdict(policy, judged, comparison, read)
    renderers = renderers_of(verdict, verbose=common.verbose)
    if judged.report is not None:
        renderers[Format.REPORT] = renderers_of(judged.report)[Format.JSON]
    targets.deliver(renderers)
    if not common.quiet:
        for remark in verdict.remarks:
            say(f"layerscope: {remark.text} [{remark.code}]")
    status = say_faults(judged.faults)
    if status != DONE:
        return status
    return FAILED if not verdict.passed and not exit_zero else DONE


def _judged(images: Sequence[str], reports: Sequence[str], policy: Policy, read: Reading) -> Judged:
    """What is to be judged.

    Raises: `UsageError` unless images or reports are given, and not both; `NoImageError` if they
        hold none.
    """
    from layerscope.cli.gate_inputs import (  # noqa: PLC0415 - not for --help
        judged_images,
        judged_reports,
    )

    if bool(images) == bool(reports):
        found = "both" if images else "neither"
        raise UsageError(f"expected images or --report FILE, found {found}")
    judged = judged_reports(reports) if reports else judged_images(images, policy, read)
    if judged.report is not None and not judged.subjects and not judged.faults:
        # Such as a list that an earlier step of a CI left empty: nothing must not keep a budget.
        raise NoImageError("there is no image to judge", shown((reports or images)[0]))
    return judged


def _update(policy: Policy, judged: Judged, places: Sequence[str], common: CommonOptions) -> None:
    """Write the baseline file. Raises: `UsageError` if it is not clear which, or one is no such."""
    from layerscope.cli.gate_inputs import refuse_other_file  # noqa: PLC0415 - few ask for it
    from layerscope.gate.baseline import baseline_bytes, baseline_of  # noqa: PLC0415 - the same

    if len(places) != 1 or not places[0].endswith(".json"):
        raise UsageError(
            "expected one baseline file (*.json) to write",
            "--update-baseline",
            hint=f"name it: --baseline {BASELINE_FILE}",
        )
    refuse_other_file(places[0])
    if judged.faults:
        # What is damaged must not become what the next run is measured by.
        return
    data = baseline_bytes(baseline_of(policy, judged.subjects))
    with whole_file(places[0], force=True) as stream:
        stream.write(data)
    if not common.quiet:
        say(f"layerscope: wrote {shown(places[0])}")


def _verdict(
    policy: Policy,
    judged: Judged,
    wanted: Comparison,
    read: Reading,
) -> Verdict:
    """Raises: `UsageError` if a baseline is required and not there, and as reading does."""
    from layerscope import __version__  # noqa: PLC0415 - not for --help
    from layerscope.cli import gate_inputs  # noqa: PLC0415 - the same
    from layerscope.gate.choose_baseline import choose  # noqa: PLC0415 - the same
    from layerscope.gate.evaluate import evaluate  # noqa: PLC0415 - the same
    from layerscope.gate.questions import Evidence  # noqa: PLC0415 - the same

    found, run_baseline, missing = gate_inputs.candidates(wanted.places, policy, read)
    if wanted.required and (missing or not found):
        raise UsageError(
            "the baseline is not there" if missing else "no baseline was given",
            shown(missing[0]) if missing else "--require-baseline",
            hint="gate --update-baseline writes one; or leave --require-baseline out",
        )
    past = gate_inputs.history(wanted.past) if wanted.past is not None else []
    lines = (
        gate_inputs.dockerfile_lines(wanted.dockerfile, judged.rows) if wanted.dockerfile else None
    )
    return evaluate(
        policy,
        Evidence(
            subjects=judged.subjects,
            baselines=choose(judged.subjects, found),
            baseline_state="given" if found else "missing" if missing else "none",
            missing=missing,
            run=judged.run,
            run_baseline=run_baseline,
            history=gate_inputs.histories(judged.subjects, past),
            lines=lines,
        ),
        today=wanted.day,
        fail_on=wanted.fail_on,
        version=__version__,
        dockerfile=wanted.dockerfile,
        skipped=judged.skipped,
        faults=judged.faults,
    )


def _day(text: str | None) -> date:
    from datetime import UTC, date, datetime  # noqa: PLC0415 - not for --help

    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"expected a day such as 2026-12-31, found {shown(text, 40)!r}", "--today"
        ) from error
