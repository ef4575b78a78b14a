"""Which catalog is meant, and what its commands print of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.messages import say
from layerscope.cli.renderings import renderers_of
from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.catalog.gc import Collected
    from layerscope.catalog.store import Catalog
    from layerscope.cli.options import CommonOptions
    from layerscope.cli.streams import Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogOptions:
    """Which catalog is meant."""

    catalog: Annotated[
        str | None,
        typer.Option(
            "--catalog",
            metavar="DIR-or-URL",
            envvar="LAYERSCOPE_CATALOG",
            help="The catalog, if not this user's own.",
        ),
    ] = None


def say_catalog(catalog: Catalog | None, common: CommonOptions) -> None:
    """Say on standard error what did not work in the catalog of a run, unless that is quiet."""
    if catalog is not None and not common.quiet:
        for problem in catalog.problems:
            say(f"note: {problem}; layers are read again next time")


@contextmanager
def looking_through(options: CatalogOptions) -> Iterator[Catalog]:
    """The catalog; what keeps it from being looked through is a `UsageError`."""
    from layerscope.catalog.store import Catalog  # noqa: PLC0415 - not for --help

    try:
        yield Catalog.at(options.catalog)
    except OSError as error:
        problem = f"the catalog cannot be looked through: {shown(error.strerror or error)}"
        raise UsageError(problem, "--catalog") from error


def show_catalog(targets: Targets, catalog: Catalog, collected: Collected | None = None) -> None:
    """Print what the catalog holds. Raises: as `Targets.deliver` does; `OSError`."""
    from layerscope.catalog.gc import info  # noqa: PLC0415 - not for --help
    from layerscope.report.catalog_document import catalog_document  # noqa: PLC0415 - the same

    targets.deliver(renderers_of(catalog_document(info(catalog), collected)))
