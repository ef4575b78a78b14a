"""`layerscope demo`: a small fleet of images to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from layerscope.cli.commands.analyze import deliver_report
from layerscope.cli.messages import say, say_faults
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.progress import Progress
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)

FOLDER = "layerscope-demo"


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions)
def demo(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Where the images are made.")
    ] = FOLDER,
) -> int:
    """Makes a small fleet of images in DIR and analyses it.

    DIR/build is a project to build, DIR/gate an image that grew. --force replaces an earlier one.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.analyze import analyze as report_on  # noqa: PLC0415 - not for --help
    from layerscope.synth.demo_gate import write_gate_demo  # noqa: PLC0415 - not for --help
    from layerscope.synth.demo_project import write_project  # noqa: PLC0415 - not for --help
    from layerscope.synth.scenarios import write_demo  # noqa: PLC0415 - not for --help

    paths = [str(path) for path in write_demo(Path(folder), overwrite=files.force)]
    write_project(Path(folder, "build"), overwrite=files.force)
    write_gate_demo(Path(folder, "gate"), overwrite=files.force)
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        report = report_on(paths, progress=progress).report
    deliver_report(report, targets, verbose=common.verbose)
    if not common.quiet:
        say(f"The images are in {folder}; layerscope history {paths[0]} shows one step by step.")
        say(
            f"layerscope cache simulate --before {folder}/build/Dockerfile.before --context"
            f" {folder}/build predicts a build."
        )
        say(
            f"layerscope gate {folder}/gate/after.tar --config {folder}/gate/layerscope.toml"
            f" --baseline {folder}/gate/before.tar says what grew."
        )
    return say_faults(report.faults)
