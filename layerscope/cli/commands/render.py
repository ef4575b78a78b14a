"""`layerscope render`: a saved document in another format, with no image at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    with_options,
)
from layerscope.cli.renderings import RENDERINGS, TABULAR, formats_of, renderers_of
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand
from layerscope.errors import BadDocumentError, LayerscopeError, UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layerscope.cli.renderings import Renderer
    from layerscope.cli.streams import Look

REPORT = "layerscope.report/1"
FORMATS = tuple(dict.fromkeys(kind for schema in RENDERINGS for kind in formats_of(schema)))
"""What any document can be written as."""

UNFIT = (
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    RecursionError,
)
"""What parts that do not fit lead to: a position that is none, lists that are not of one length."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions)
def render(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    report: Annotated[
        str, typer.Argument(metavar="REPORT", help="What a command wrote with -f json, or -.")
    ],
    tables: Annotated[
        str | None,
        typer.Option(
            "--tables",
            metavar="NAME",
            help="Which table of a report csv, ndjson or parquet holds: files, growth, packages.",
        ),
    ] = None,
) -> int:
    """What a command saved as JSON, in any other format that this command could have written.

    No image is read. Faults that the document tells of are told again, with exit status 3.
    """
    targets = Targets.of(common, files, formats, FORMATS)
    if tables is not None and not TABULAR.intersection(targets.formats):
        raise UsageError(f"only {', '.join(sorted(TABULAR))} hold a table", "--tables")
    from layerscope.cli.saved_document import read_document  # noqa: PLC0415 - not for --help

    document = read_document(report, standard_input())
    known = formats_of(document.schema)
    for wanted in targets.formats:
        if wanted not in known:
            there = ", ".join(known)
            raise UsageError(f"{document.schema} is written as {there}, not {wanted}", "--format")
    if tables is not None and document.schema != REPORT:
        raise UsageError(f"{document.schema} has none, only a report has", "--tables")
    renderers = renderers_of(document, verbose=common.verbose, table=tables)
    targets.deliver(_of_what_was_saved(renderers, shown(report)))
    return say_faults(getattr(document, "faults", ()))


def _of_what_was_saved(renderers: Mapping[Format, Renderer], where: str) -> dict[Format, Renderer]:
    """The same renderers for a document that anyone may have written.

    Its fields have their types, but a position in it may lead nowhere and a number be absurd: that
    is no fault of layerscope. All is rendered before anything is written.
    """

    def guarded(renderer: Renderer) -> Renderer:
        def write(look: Look) -> Iterable[bytes]:
            try:
                return list(renderer(look))
            except LayerscopeError as error:
                if isinstance(error, BadDocumentError):
                    error.within(where)
                raise
            except UNFIT as error:
                raise BadDocumentError(
                    f"its parts do not fit together ({_about(error)})", where
                ) from error

        return write

    return {kind: guarded(renderer) for kind, renderer in renderers.items()}


def _about(error: Any) -> str:  # noqa: ANN401 - an exception
    return f"{type(error).__name__}: {shown(error, 80)}"
