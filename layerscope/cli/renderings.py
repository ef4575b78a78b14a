"""What each document can be written as, and what writes it: a command and `render` go by the same.

Only names are kept here: a module is loaded when its format is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from layerscope.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from layerscope.cli.streams import Look
    from layerscope.report.document import Row

    Renderer = Callable[[Look], Iterable[bytes]]

TABULAR = frozenset({Format.CSV, Format.NDJSON, Format.PARQUET})
"""Formats of a report that hold one table."""

PLAIN = ("width", "styled")
DETAILED = ("verbose", *PLAIN)
"""What a writer of text is told beside the document."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A function that writes a document in one format.

    Attributes:
        module: Below `layerscope`.
        name: Of the function. It takes the document and gives bytes, or pieces of them.
        told: Names of what else it takes: `verbose`, `width`, `styled`, `table`.
    """

    module: str
    name: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendering:
    """One kind of document.

    Attributes:
        document: The module below `layerscope` and the class of its type.
        writers: By format; JSON is written by `report.store.dump` if nothing else is said.
        shows: Whether a document of it has something to show, and is not of faults alone; what has
            not is written as JSON only.
    """

    document: tuple[str, str]
    writers: Mapping[Format, Writer]
    shows: Callable[[Any], bool] = field(default=lambda _: True)

    @property
    def formats(self) -> tuple[Format, ...]:
        """What it can be written as, text and JSON first."""
        return tuple(dict.fromkeys((Format.TEXT, Format.JSON, *self.writers)))

    def load_type(self) -> type[Row]:
        """The type of such documents."""
        module, name = self.document
        found: type[Row] = getattr(import_module(f"layerscope.{module}"), name)
        return found


def _text(module: str, name: str, told: tuple[str, ...] = DETAILED) -> dict[Format, Writer]:
    return {Format.TEXT: Writer(f"render.{module}", name, told)}


def _has_images(document: Any) -> bool:  # noqa: ANN401 - of many types
    return bool(document.images)


def _is_whole(document: Any) -> bool:  # noqa: ANN401 - the same
    return not document.faults


def _plan(document: str, name: str, text: str) -> Rendering:
    return Rendering(
        (f"report.plan_{document}_document", name),
        _text(f"plan_{text}_text", f"plan_{text}_text"),
        _has_images,
    )


RENDERINGS: dict[str, Rendering] = {
    "layerscope.report/1": Rendering(
        ("report.document", "Report"),
        {
            **_text("text", "report_text"),
            Format.MARKDOWN: Writer("render.report_markdown", "report_markdown"),
            Format.CSV: Writer("render.report_csv", "report_csv", ("table",)),
            Format.NDJSON: Writer("render.report_ndjson", "report_ndjson", ("table",)),
            Format.PARQUET: Writer("render.report_parquet", "report_parquet", ("table",)),
        },
    ),
    "layerscope.validate/1": Rendering(
        ("report.answers", "ValidateDocument"), _text("validate_text", "validate_text", ())
    ),
    "layerscope.history/1": Rendering(
        ("report.answers", "HistoryDocument"),
        _text("history_text", "history_text", PLAIN),
        lambda document: document.image is not None,
    ),
    "layerscope.files/1": Rendering(
        ("report.answers", "FilesDocument"),
        {
            **_text("listing_text", "files_text", ("width",)),
            # As `ls` writes it, which keeps no entries in memory.
            Format.JSON: Writer("render.json", "files_document"),
        },
        lambda document: document.entries is not None,
    ),
    "layerscope.find/1": Rendering(
        ("report.find_document", "FindDocument"),
        _text("find_text", "find_text", PLAIN),
        lambda document: any(found.versions is not None for found in document.images),
    ),
    "layerscope.diff/1": Rendering(
        ("report.diff_document", "DiffDocument"),
        {
            **_text("diff_text", "diff_text"),
            Format.MARKDOWN: Writer("render.diff_markdown", "diff_markdown"),
        },
        lambda document: bool(document.pairs or document.removed_images or document.added_images),
    ),
    "layerscope.verdict/1": Rendering(
        ("gate.verdict", "Verdict"),
        {
            **_text("gate_text", "gate_text"),
            Format.MARKDOWN: Writer("render.gate_markdown", "gate_markdown"),
            Format.SUMMARY: Writer("render.gate_markdown", "gate_summary"),
            Format.CSV: Writer("render.gate_csv", "gate_csv"),
            Format.GITHUB: Writer("render.gate_github", "gate_github"),
            Format.SARIF: Writer("render.gate_sarif", "gate_sarif"),
            Format.JUNIT: Writer("render.gate_junit", "gate_junit"),
            Format.GITLAB: Writer("render.gate_gitlab", "gate_gitlab"),
            Format.OPENMETRICS: Writer("render.gate_openmetrics", "gate_openmetrics"),
        },
    ),
    "layerscope.graph/1": Rendering(
        ("report.graph_document", "GraphDocument"),
        {
            **_text("graph_text", "graph_text"),
            Format.DOT: Writer("render.graph_dot", "graph_dot"),
            Format.MERMAID: Writer("render.graph_mermaid", "graph_mermaid"),
            Format.GRAPHML: Writer("render.graph_graphml", "graph_graphml"),
        },
        _has_images,
    ),
    "layerscope.dedup/1": Rendering(
        ("report.dedup_document", "DedupDocument"),
        _text("dedup_text", "dedup_text"),
        _has_images,
    ),
    "layerscope.similar/1": Rendering(
        ("report.similar_document", "SimilarDocument"),
        _text("similar_text", "similar_text"),
        _has_images,
    ),
    "layerscope.plan-pull/1": _plan("pull", "PlanPullDocument", "pull"),
    "layerscope.plan-push/1": _plan("push", "PlanPushDocument", "push"),
    "layerscope.plan-remove/1": _plan("remove", "PlanRemoveDocument", "remove"),
    "layerscope.plan-rebase/1": _plan("rebase", "PlanRebaseDocument", "rebase"),
    "layerscope.plan-repack/1": _plan("repack", "PlanRepackDocument", "repack"),
    "layerscope.plan-squash/1": _plan("reshape", "PlanSquashDocument", "reshape"),
    "layerscope.plan-merge/1": _plan("reshape", "PlanMergeDocument", "reshape"),
    "layerscope.plan-split/1": _plan("reshape", "PlanSplitDocument", "reshape"),
    "layerscope.plan-nodes/1": Rendering(
        ("report.plan_nodes_document", "PlanNodesDocument"),
        _text("plan_nodes_text", "plan_nodes_text"),
    ),
    "layerscope.cache/1": Rendering(
        ("report.cache_document", "CacheDocument"),
        _text("cache_text", "cache_text", PLAIN),
        _is_whole,
    ),
    "layerscope.explain/1": Rendering(
        ("report.explain_document", "ExplainDocument"),
        _text("explain_text", "explain_text", PLAIN),
        _is_whole,
    ),
    "layerscope.context/1": Rendering(
        ("report.context_document", "ContextDocument"),
        _text("context_text", "context_text"),
        _is_whole,
    ),
    "layerscope.score/1": Rendering(
        ("report.cache_document", "ScoreDocument"),
        _text("cache_text", "score_text", PLAIN),
        lambda document: bool(document.cases),
    ),
    "layerscope.lint/1": Rendering(
        ("report.lint_document", "LintDocument"),
        _text("lint_text", "lint_text", PLAIN),
        lambda document: bool(document.findings or not document.faults),
    ),
    "layerscope.dockerfile/1": Rendering(
        ("report.dockerfile_parsed", "DockerfileDocument"),
        _text("dockerfile_text", "parsed_text", PLAIN),
        lambda document: document.parser is not None,
    ),
    "layerscope.catalog/1": Rendering(
        ("report.catalog_document", "CatalogDocument"),
        _text("catalog_text", "catalog_text", PLAIN),
    ),
}
"""Every document that a command prints as text, by what it has in its field `schema`."""

_DUMP = Writer("report.store", "dump")


def formats_of(schema: str) -> tuple[Format, ...]:
    """What a document of that schema can be written as, text and JSON first."""
    return RENDERINGS[schema].formats


def renderers_of(
    document: Any,  # noqa: ANN401 - any of the types above
    *,
    verbose: bool = False,
    table: str | None = None,
) -> dict[Format, Renderer]:
    """What writes the document, by format; JSON alone if it has nothing to show but faults.

    Args:
        document: Of a type in `RENDERINGS`.
        verbose: Whether text has more detail.
        table: Which table of a report CSV, NDJSON and Parquet hold; None means its images or their
            layers.
    """
    rendering = RENDERINGS[document.schema]
    writers = {Format.JSON: _DUMP, **rendering.writers}
    if not rendering.shows(document):
        writers = {Format.JSON: writers[Format.JSON]}

    def made_by(writer: Writer) -> Renderer:
        def render(look: Look) -> Iterable[bytes]:
            write = getattr(import_module(f"layerscope.{writer.module}"), writer.name)
            known = {
                "verbose": verbose,
                "table": table,
                "width": look.width,
                "styled": look.styled,
            }
            made = write(document, **{name: known[name] for name in writer.told})
            return [made] if isinstance(made, bytes) else made

        return render

    return {kind: made_by(writer) for kind, writer in writers.items()}
