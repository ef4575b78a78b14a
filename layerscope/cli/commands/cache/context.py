"""`layerscope cache context`: what a build context sends, and what of it nothing uses."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.build_options import BuilderOptions, beside
from layerscope.cli.exit_codes import DONE
from layerscope.cli.messages import say_error
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand
from layerscope.errors import InputError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, BuilderOptions)
def context(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    whose: BuilderOptions,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The build context.")] = ".",
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="FILE", help="The Dockerfile, if not DIR/Dockerfile."),
    ] = None,
    build_arg: Annotated[
        list[str] | None,
        typer.Option("--build-arg", metavar="K=V", help="A build argument; repeatable."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="STAGE", help="The stage to build.")
    ] = None,
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base", metavar="NAME=IMAGE", help="An image file that a FROM names; repeatable."
        ),
    ] = None,
    *,
    entries: Annotated[
        bool,
        typer.Option("--entries", help="List every file with its checksum: a record of the build."),
    ] = False,
    no_index: Annotated[
        bool, typer.Option("--no-index", help="Do not keep checksums of the context.")
    ] = False,
) -> int:
    """What a build context holds after .dockerignore, and which bytes no instruction uses.

    With --entries --save json=FILE it is a record of the build, which `cache explain
    --before-record FILE` compares with a build elsewhere.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.cache.context import index_folder  # noqa: PLC0415 - not for --help
    from layerscope.journeys.build_inputs import BuildRequest  # noqa: PLC0415 - not for --help
    from layerscope.journeys.context import context_of  # noqa: PLC0415 - not for --help

    dockerfile = file or beside(folder)
    request = BuildRequest(dockerfile, folder, tuple(build_arg or ()), target)
    try:
        document = context_of(
            request,
            builder=whose.builder.value,
            version=whose.builder_version,
            bases=base or (),
            entries=entries,
            index=None if no_index else index_folder(),
        )
    except InputError as error:
        from layerscope.report.context_document import unread_context  # noqa: PLC0415 - few runs

        unread = unread_context(error)
        targets.deliver(renderers_of(unread))
        return say_error(error)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return DONE
