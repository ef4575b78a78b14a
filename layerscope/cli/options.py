"""Options that several commands have, each declared once, and how a command takes them."""

from __future__ import annotations

import functools
import inspect
import os
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from layerscope.errors import UsageError
from layerscope.units import parse_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.catalog.store import Catalog
    from layerscope.oci.platform import Platform
    from layerscope.sources.limits import Limits


CATALOG_VARIABLE = "LAYERSCOPE_CATALOG"
"""Says where the catalog is if no option does."""


class Format(StrEnum):
    """What a document can be written as."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    DIVE_JSON = "dive-json"
    DOT = "dot"
    MERMAID = "mermaid"
    GRAPHML = "graphml"
    CSV = "csv"
    GITHUB = "github"
    SUMMARY = "summary"
    SARIF = "sarif"
    JUNIT = "junit"
    GITLAB = "gitlab"
    OPENMETRICS = "openmetrics"
    REPORT = "report"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Color(StrEnum):
    """When to use bold and colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


IMAGE_HELP = "Archive, layout or folder: see layerscope --help."
"""What the help of each command says of its images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions:
    """What every command takes."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")] = (
        False
    )
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More detail.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False
    color: Annotated[
        Color, typer.Option("--color", help="Bold and colour; auto heeds NO_COLOR.")
    ] = Color.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Where the output goes."""

    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not to stdout."),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """What the output looks like."""

    format: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="What goes to stdout; one that the command has not lists those it has.",
        ),
    ] = Format.TEXT
    save: Annotated[
        list[str] | None,
        typer.Option("--save", metavar="FORMAT=FILE", help="A further format; repeatable."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What is read and what it may cost."""

    platform: Annotated[
        str | None,
        typer.Option("--platform", metavar="OS/ARCH[/VARIANT]", help="Only images for it."),
    ] = None
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, metavar="N", help="Worker processes.")
    ] = None
    catalog: Annotated[
        str | None,
        typer.Option(
            "--catalog",
            metavar="DIR-or-URL",
            envvar=CATALOG_VARIABLE,
            help="Where layers are remembered between runs, if not in this user's cache.",
        ),
    ] = None
    no_catalog: Annotated[
        bool, typer.Option("--no-catalog", help="Remember nothing between runs.")
    ] = False
    verify: Annotated[
        bool, typer.Option("--verify", help="Read and check all again, remembered or not.")
    ] = False
    max_spool: Annotated[
        str | None,
        typer.Option("--max-spool", metavar="SIZE", help="Disk for unpacking stdin and .tar.gz."),
    ] = None
    max_layer_bytes: Annotated[
        str | None,
        typer.Option("--max-layer-bytes", metavar="SIZE", help="One layer, uncompressed."),
    ] = None
    max_entries: Annotated[
        int | None,
        typer.Option("--max-entries", min=1, metavar="N", help="Members of one layer."),
    ] = None
    max_document: Annotated[
        str | None,
        typer.Option("--max-document", metavar="SIZE", help="One manifest, index or config."),
    ] = None

    def limits(self) -> Limits:
        """The limits that were asked for, the defaults elsewhere.

        Raises: `UsageError` if a size is none.
        """
        from layerscope.sources.limits import DEFAULT_LIMITS  # noqa: PLC0415 - not for --help

        changed = {
            "spool_bytes": _size("--max-spool", self.max_spool),
            "layer_bytes": _size("--max-layer-bytes", self.max_layer_bytes),
            "entries": self.max_entries,
            "document_bytes": _size("--max-document", self.max_document),
        }
        return replace(
            DEFAULT_LIMITS, **{name: value for name, value in changed.items() if value is not None}
        )

    def open_catalog(self) -> Catalog | None:
        """The catalog that was asked for, else this user's own; None with --no-catalog.

        None also if $LAYERSCOPE_CATALOG is set and empty, and where the system does not say where
        a user's cache would be.

        Raises: `UsageError` for a URL that leads nowhere.
        """
        if self.no_catalog or (self.catalog or os.environ.get(CATALOG_VARIABLE)) == "":
            return None
        from layerscope.catalog.store import Catalog, default_folder  # noqa: PLC0415 - not for --help

        if self.catalog is None and default_folder() is None:
            return None
        return Catalog.at(self.catalog)

    def wanted_platform(self) -> Platform | None:
        """The platform that was asked for. Raises: `UsageError` if the text is none."""
        if self.platform is None:
            return None
        from layerscope.oci.platform import Platform  # noqa: PLC0415 - not for --help

        try:
            return Platform.parse(self.platform)
        except UsageError as error:
            error.within("--platform")
            raise


def with_options(*groups: type[Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """A decorator for commands whose first parameters are these groups of options.

    typer reads a function's signature: the command gets one with the function's own parameters,
    then one for each field of each group. Values are put together again before the call.
    """

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(function)
        def command(**given: Any) -> int:  # noqa: ANN401 - typer's values, of the declared types
            values = [
                group(**{field.name: given.pop(field.name) for field in fields(group)})
                for group in groups
            ]
            return function(*values, **given)

        own = list(inspect.signature(function).parameters.values())[len(groups) :]
        hints = get_type_hints(function, include_extras=True)
        parameters = [
            parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
            for parameter in own
        ]
        for group in groups:
            types = get_type_hints(group, include_extras=True)
            parameters += [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=types[field.name],
                )
                for field in fields(group)
            ]
        del command.__wrapped__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # typer reads it
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def _size(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_bytes(text)
    except UsageError as error:
        error.within(option)
        raise
