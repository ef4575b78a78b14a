"""How the commands of `plan` take and read images."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from layerscope.cli.messages import say
from layerscope.cli.progress import Progress
from layerscope.cli.streams import standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cli.options import CommonOptions, ReadOptions
    from layerscope.journeys.plan_transfer import Reading


GATHERING = ("--have", "--keep")
"""Options that take all images up to the next option, so that a shell's globs can follow them."""


class GatheringCommand(PlainCommand):
    """A command whose options `GATHERING` take several values: `--have A B` is `--have A --have B`.

    Otherwise all files of a glob but the first would be taken for what the command is about.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's signature
        """What is left of the words of the command line."""
        left: list[str] = super().parse_args(ctx, spread(args))
        return left


def spread(words: Sequence[str]) -> list[str]:
    """The words with each of several values of an option after the option's own name.

    >>> spread(["a", "--have", "b", "c", "-q"])
    ['a', '--have', 'b', '--have', 'c', '-q']
    """
    found: list[str] = []
    option, values = "", 0
    for at, word in enumerate(words):
        if word == "--":
            return found + list(words[at:])
        if word in GATHERING:
            option, values = word, 0
        elif word.startswith("-") and word != "-":
            option = ""
        elif option:
            values += 1
            if values > 1:
                found.append(option)
        found.append(word)
    return found


@contextmanager
def reading_images(common: CommonOptions, reading: ReadOptions) -> Iterator[Reading]:
    """The arguments of a journey that reads images; afterwards, what is wrong with the catalog."""
    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        yield {
            "platform": reading.wanted_platform(),
            "limits": reading.limits(),
            "jobs": reading.jobs,
            "stdin": standard_input(),
            "progress": progress,
            "catalog": catalog,
            "verify": reading.verify,
        }
    if catalog is not None and not common.quiet:
        for problem in catalog.problems:
            say(f"note: {problem}; layers are read again next time")
