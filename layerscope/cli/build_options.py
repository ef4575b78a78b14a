"""Options that describe builds and builders, for the commands that predict what a cache does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.cache.step import AssumeReruns
    from layerscope.journeys.build_inputs import BuildRequest


class Builder(StrEnum):
    """Whose cache."""

    BUILDKIT = "buildkit"
    CLASSIC = "classic"
    BUILDAH = "buildah"


class Reruns(StrEnum):
    """What a stage that runs again leaves behind."""

    SAME = "same"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderOptions:
    """Whose rules are followed."""

    builder: Annotated[Builder, typer.Option("--builder", help="Whose cache.")] = Builder.BUILDKIT
    builder_version: Annotated[
        str | None,
        typer.Option("--builder-version", metavar="V", help="Where versions differ: 20.10.24 …"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """The build in question, and the ones before it."""

    after: Annotated[
        str | None,
        typer.Option("--after", metavar="FILE", help="The Dockerfile of the build in question."),
    ] = None
    context: Annotated[
        str | None, typer.Option("--context", metavar="DIR", help="Its build context.")
    ] = None
    before: Annotated[
        list[str] | None,
        typer.Option(
            "--before", metavar="FILE", help="Dockerfile of an earlier build; repeatable, in order."
        ),
    ] = None
    before_record: Annotated[
        str | None,
        typer.Option(
            "--before-record",
            metavar="FILE",
            help="What `cache context` saved of an earlier build.",
        ),
    ] = None
    before_context: Annotated[
        str | None,
        typer.Option("--before-context", metavar="DIR", help="Their context, if another."),
    ] = None
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base", metavar="NAME=IMAGE", help="An image file that a FROM names; repeatable."
        ),
    ] = None
    build_arg: Annotated[
        list[str] | None,
        typer.Option("--build-arg", metavar="K=V", help="A build argument; repeatable."),
    ] = None
    before_build_arg: Annotated[
        list[str] | None,
        typer.Option(
            "--before-build-arg", metavar="K=V", help="Those of the earlier builds, if others."
        ),
    ] = None
    build_context: Annotated[
        list[str] | None,
        typer.Option("--build-context", metavar="NAME=DIR", help="A named context; repeatable."),
    ] = None
    target: Annotated[
        str | None, typer.Option("--target", metavar="STAGE", help="The stage to build.")
    ] = None
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Run everything in the build in question.")
    ] = False
    no_cache_filter: Annotated[
        list[str] | None,
        typer.Option("--no-cache-filter", metavar="STAGE", help="Run this stage; repeatable."),
    ] = None
    platform: Annotated[
        str | None, typer.Option("--platform", metavar="OS/ARCH,…", help="What is built for.")
    ] = None
    failing_run: Annotated[
        list[str] | None,
        typer.Option("--failing-run", metavar="TEXT", help="A RUN that fails; repeatable."),
    ] = None
    assume_reruns: Annotated[
        Reruns | None,
        typer.Option(
            "--assume-reruns", help="What stages that run again leave: the same files or others."
        ),
    ] = None
    no_index: Annotated[
        bool, typer.Option("--no-index", help="Do not keep checksums of the context.")
    ] = False

    def requests(self) -> list[BuildRequest]:
        """The builds that are meant, the one in question last.

        Without any `--before…` option there is only that one, and the cache is empty.

        Raises: `UsageError` if no Dockerfile is named.
        """
        from layerscope.journeys.build_inputs import BuildRequest  # noqa: PLC0415 - not for --help

        dockerfile = self.after or beside(self.context)
        last = BuildRequest(
            dockerfile,
            self.context,
            build_args=tuple(self.build_arg or ()),
            target=self.target,
            no_cache=self.no_cache,
            no_cache_filter=tuple(self.no_cache_filter or ()),
            platforms=tuple(self.platform.split(",")) if self.platform else (),
            build_contexts=tuple(self.build_context or ()),
            failing_runs=tuple(self.failing_run or ()),
        )
        given = self.before_context or self.before_build_arg
        files = self.before or ([dockerfile] if given else [])
        records = [] if self.before_record is None else [BuildRequest.recorded(self.before_record)]
        arguments = self.build_arg if self.before_build_arg is None else self.before_build_arg
        earlier = [
            replace(
                last,
                dockerfile=file,
                context=self.before_context or self.context,
                build_args=tuple(arguments or ()),
                no_cache=False,
                no_cache_filter=(),
                failing_runs=(),
            )
            for file in files
        ]
        return [*records, *earlier, last]

    def assumed(self) -> AssumeReruns | None:
        """The assumption in the words of the library."""
        if self.assume_reruns is None:
            return None
        return "same" if self.assume_reruns is Reruns.SAME else "changed"

    def index(self) -> Path | None:
        """Where checksums of contexts are kept; None if they are not."""
        if self.no_index:
            return None
        from layerscope.cache.context import index_folder  # noqa: PLC0415 - not for --help

        return index_folder()


def beside(context: str | None) -> str:
    """The Dockerfile of a context, where none is named."""
    if context is None:
        raise UsageError(
            "expected --after FILE, --context DIR or --case FILE",
            hint="such as --before Dockerfile.old --after Dockerfile --context .",
        )
    return f"{context.rstrip('/') or '/'}/Dockerfile"


def refuse_beside_case(builds: BuildOptions) -> None:
    """Nothing, if no option describes a build. Raises: `UsageError`: a case does that itself."""
    if builds != BuildOptions(assume_reruns=builds.assume_reruns):
        raise UsageError("a case describes its builds itself", "--case")


def refuse_beside_log(builds: BuildOptions) -> None:
    """Nothing, if no option but --after describes a build. Raises: `UsageError`: a log ends one."""
    if builds != BuildOptions(after=builds.after):
        raise UsageError("only --after goes with a log", "--log")
