"""The command line: finds the command, runs it, and turns every error into a line and a status."""

from __future__ import annotations

import errno
import traceback
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli import exit_codes
from layerscope.cli.lazy_group import group_app
from layerscope.cli.messages import say, say_error
from layerscope.cli.streams import (
    OutputClosedError,
    discard_output,
    flush_output,
    standard_output,
    unwritten,
)
from layerscope.errors import LayerscopeError, UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "analyze",
    "validate",
    "history",
    "ls",
    "cat",
    "find",
    "diff",
    "gate",
    "graph",
    "dedup",
    "plan",
    "similar",
    "cache",
    "dockerfile",
    "render",
    "explore",
    "catalog",
    "demo",
    "schema",
)
"""Commands in the order of the help; each is a module of `cli.commands` with an `app`."""

app = group_app({name: f"layerscope.cli.commands.{name}" for name in COMMANDS}, top=True)


def _version(given: bool) -> None:
    if given:
        from layerscope import __version__  # noqa: PLC0415 - read when asked

        standard_output()(f"layerscope {__version__}\n".encode())
        raise typer.Exit


@app.callback(epilog="layerscope COMMAND --help says more about a command.")
def layerscope(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Shows what is in container images, what they share, and what is wrong with them.

    An IMAGE is a file or folder that holds images (docker save, OCI archive or layout, skopeo dir),
    compressed or not, a glob, @LIST, or - for standard input; TRANSPORT:PATH where the kind must be
    said, PATH:NAME or PATH:@N to pick one.
    """


def run(arguments: Sequence[str]) -> int:
    """The exit status of a run; whatever goes wrong is one line on standard error."""
    try:
        status = typer.main.get_command(app).main(
            list(arguments), prog_name="layerscope", standalone_mode=False
        )
        flush_output()
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except OutputClosedError:
        return exit_codes.DONE
    except Exception as error:  # noqa: BLE001 - a user never sees a traceback unasked
        if "--debug" in arguments:
            traceback.print_exc()
        return _failed(error)
    return status if isinstance(status, int) else exit_codes.DONE


def _failed(error: Exception) -> int:
    if isinstance(error, LayerscopeError):
        return say_error(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        # typer writes the help itself; what commands write is `UsageError` by now.
        discard_output()
        return say_error(unwritten(error))
    if isinstance(error, typer.TyperException):
        return say_error(_usage(error))
    if isinstance(error, typer.Abort):
        return exit_codes.INTERRUPTED
    what = f"{type(error).__name__}: {shown(error)}" if str(error) else type(error).__name__
    say(f"layerscope: unexpected {what} (internal)")
    say("hint: this is a fault of layerscope; --debug shows where it arose")
    return exit_codes.INTERNAL


def _usage(error: typer.TyperException) -> UsageError:
    """What typer says of a wrong command line, in our words: one line and where to read on."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "layerscope"
    format_message = getattr(error, "format_message", None)
    message = " ".join((format_message() if format_message else str(error)).split())
    text = message.replace("Value error, ", "").rstrip(".")
    return UsageError(
        shown(f"{text[:1].lower()}{text[1:]}", 300), hint=f"{shown(command)} --help lists what fits"
    )
