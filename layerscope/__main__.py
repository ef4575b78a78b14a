"""The program `layerscope`, also run as `python -m layerscope`."""

from __future__ import annotations

import gc
import sys


def main(arguments: list[str] | None = None) -> int:
    """The exit status of a run with these arguments (those of the process if None).

    `--version` alone is answered before anything else is loaded, since scripts ask it often.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given == ["--version"]:
        from layerscope import __version__  # noqa: PLC0415 - nothing but the version is loaded

        try:
            sys.stdout.write(f"layerscope {__version__}\n")
            sys.stdout.flush()
        except (AttributeError, OSError):
            # There is no standard output, or it takes nothing: `run` knows what to say of that.
            pass
        else:
            return 0
    from layerscope.cli.app import run  # noqa: PLC0415 - typer is loaded for commands only

    return run(given)


def program() -> int:
    """The exit status of this process: `main` without the collector of garbage cycles.

    A run is short and makes few cycles. Looking for them while modules load and once more at the
    end takes a tenth of the time that a small image needs.
    """
    gc.disable()
    status = main()
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(program())
