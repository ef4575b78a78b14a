"""The JSON Schemas that describe the documents, as they are shipped with the package."""

from __future__ import annotations

from importlib.resources import files

from layerscope.errors import UsageError, shown

_FILES = {
    "layerscope.baseline/1": "baseline-1.json",
    "layerscope.cache/1": "cache-1.json",
    "layerscope.catalog/1": "catalog-1.json",
    "layerscope.config/1": "config-1.json",
    "layerscope.context/1": "context-1.json",
    "layerscope.dedup/1": "dedup-1.json",
    "layerscope.diff/1": "diff-1.json",
    "layerscope.dockerfile/1": "dockerfile-1.json",
    "layerscope.explain/1": "explain-1.json",
    "layerscope.files/1": "files-1.json",
    "layerscope.find/1": "find-1.json",
    "layerscope.graph/1": "graph-1.json",
    "layerscope.history/1": "history-1.json",
    "layerscope.lint/1": "lint-1.json",
    "layerscope.plan-nodes/1": "plan-nodes-1.json",
    "layerscope.plan-pull/1": "plan-pull-1.json",
    "layerscope.plan-push/1": "plan-push-1.json",
    "layerscope.plan-remove/1": "plan-remove-1.json",
    "layerscope.plan-rebase/1": "plan-rebase-1.json",
    "layerscope.plan-repack/1": "plan-repack-1.json",
    "layerscope.plan-squash/1": "plan-squash-1.json",
    "layerscope.plan-merge/1": "plan-merge-1.json",
    "layerscope.plan-split/1": "plan-split-1.json",
    "layerscope.report/1": "report-1.json",
    "layerscope.score/1": "score-1.json",
    "layerscope.similar/1": "similar-1.json",
    "layerscope.validate/1": "validate-1.json",
    "layerscope.verdict/1": "verdict-1.json",
}


def names() -> list[str]:
    """What documents have in their field `schema`, and the configuration, sorted."""
    return sorted(_FILES)


def schema(name: str) -> bytes:
    """The JSON Schema (draft 2020-12) of the document of that name.

    Args:
        name: In full (`layerscope.report/1`), or `report/1`, or `report` for the newest version.

    Raises: `UsageError` for any other name.
    """
    for full, file in _FILES.items():
        short = full.removeprefix("layerscope.")
        if name in (full, short, short.partition("/")[0]):
            return files("layerscope.report").joinpath("schemas", file).read_bytes()
    raise UsageError(
        f"expected the name of a schema, found {shown(name, 60)!r}",
        hint=f"there are {', '.join(names())}",
    )
