"""`layerscope cache simulate`: which steps of a build hit, which miss, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.build_options import BuilderOptions, BuildOptions, refuse_beside_case
from layerscope.cli.exit_codes import DONE
from layerscope.cli.messages import say_error
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand
from layerscope.errors import InputError

if TYPE_CHECKING:
    from layerscope.report.cache_document import CacheDocument

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, BuilderOptions, BuildOptions)
def simulate(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    whose: BuilderOptions,
    builds: BuildOptions,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE.json", help="A measured case instead of files."),
    ] = None,
) -> int:
    """Which steps of a build hit the cache, which miss, and why, without building.

    The cache is what the builds named by --before left in it, in their order; without any it is
    empty. --context alone takes the Dockerfile in it. Context, target, platform and build arguments
    of the earlier builds are those of the build in question unless others are given.
    """
    targets = Targets.of(common, files, formats)

    try:
        document = _document(whose, builds, case)
    except InputError as error:
        from layerscope.cache.simulate import chosen_version  # noqa: PLC0415 - few runs
        from layerscope.report.cache_document import unread_cache  # noqa: PLC0415 - few runs

        unread = unread_cache(
            error,
            builder=whose.builder.value,
            version=chosen_version(whose.builder.value, whose.builder_version),
            assume_reruns=builds.assumed(),
        )
        targets.deliver(renderers_of(unread))
        return say_error(error)
    targets.deliver(renderers_of(document))
    return DONE


def _document(whose: BuilderOptions, builds: BuildOptions, case: str | None) -> CacheDocument:
    if case is not None:
        refuse_beside_case(builds)
        from layerscope.journeys.measured import simulate_case  # noqa: PLC0415 - not for --help

        return simulate_case(
            case,
            builder=whose.builder.value,
            version=whose.builder_version,
            assume_reruns=builds.assumed(),
        )
    from layerscope.journeys.simulate import simulate_builds  # noqa: PLC0415 - not for --help

    return simulate_builds(
        builds.requests(),
        builder=whose.builder.value,
        version=whose.builder_version,
        bases=builds.base or (),
        assume_reruns=builds.assumed(),
        index=builds.index(),
    )
