"""What the analyses say of an image, as fields of its row in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from layerscope.analysis.distro import distro_name
from layerscope.report.document import (
    BaseRow,
    BuilderRow,
    Cause,
    DiveDifference,
    DiveRow,
    DuplicateRow,
    JunkRow,
    RuntimeRow,
    TrapRow,
    WasteRow,
)

if TYPE_CHECKING:
    from layerscope.analysis.facts import Facts, TreeFacts
    from layerscope.analysis.runtime import Runtime


def hidden_in_layers(facts: Facts, layers: int) -> list[int | None]:
    """Content bytes of each layer that are not visible in the finished image."""
    if facts.tree is None:
        return [None] * layers
    hidden: list[int | None] = [0] * layers
    for each in facts.tree.wasted:
        hidden[each.layer] = (hidden[each.layer] or 0) + each.size_bytes
    return hidden


def facts_fields(facts: Facts) -> dict[str, Any]:
    """The fields of `ImageRow` that come from the analyses."""
    fields: dict[str, Any] = {
        "base": _base_row(facts),
        "builder": BuilderRow(
            name=facts.builder.name,
            version=facts.builder.version,
            confidence=facts.builder.confidence,
            evidence=facts.builder.evidence,
            base_builder=facts.builder.base_builder,
        ),
        "runtime": _runtime_row(facts.runtime),
    }
    if facts.tree is not None:
        fields.update(_tree_fields(facts.tree))
    return fields


def _tree_fields(tree: TreeFacts) -> dict[str, Any]:
    wasted = sum(each.size_bytes for each in tree.wasted)
    visible = tree.content_bytes - wasted
    return {
        "visible_bytes": visible,
        "wasted_bytes": wasted,
        "efficiency": visible / tree.content_bytes if tree.content_bytes else 1.0,
        "waste": [
            WasteRow(
                path=_text(path),
                bytes=size,
                cause=cast("Cause", cause),
                layer=layer,
                hidden_by_layer=hider,
            )
            for path, size, cause, layer, hider, _, _ in tree.wasted
        ],
        "duplicates": [
            DuplicateRow(
                content=f"blake3:{each.content.hex()}",
                bytes=each.size_bytes,
                paths=[_text(path) for path in each.paths],
            )
            for each in tree.duplicates
        ],
        "engine_differs": [_text(path) for path in tree.engine_differs],
        "junk": [
            JunkRow(
                name=each.name,
                title=each.kind.title,
                files=each.files,
                visible_bytes=each.visible_bytes,
                hidden_bytes=each.hidden_bytes,
                layers=list(each.layers),
                remedy=each.kind.remedy,
                sure=each.kind.sure,
            )
            for each in tree.junk
        ],
        "dive": _dive_row(tree),
    }


def _dive_row(tree: TreeFacts) -> DiveRow | None:
    if tree.dive is None:
        return None
    numbers, differences = tree.dive
    ratio = numbers.user_wasted_ratio
    return DiveRow(
        efficiency=numbers.efficiency,
        wasted_bytes=numbers.wasted_bytes,
        size_bytes=numbers.size_bytes,
        user_size_bytes=numbers.user_size_bytes,
        user_wasted_ratio=None if ratio == float("inf") else ratio,
        differences=[
            DiveDifference(
                code=each.code,
                measure=each.measure,
                bytes=each.bytes,
                count=each.count,
                text=each.text,
            )
            for each in differences
        ],
    )


def _base_row(facts: Facts) -> BaseRow | None:
    distro = distro_name(facts.tree.distro) if facts.tree and facts.tree.distro else None
    base = facts.base
    if base is None:
        return BaseRow(image=None, distro=distro, layers=0) if facts.tree else None
    return BaseRow(
        image=base.name,
        distro=distro,
        layers=base.layers or 0,
        how=base.how,
        digest=base.digest,
        likely=base.likely,
        root_filesystem=base.root_filesystem,
        evidence=base.evidence,
    )


def _runtime_row(runtime: Runtime) -> RuntimeRow:
    return RuntimeRow(
        known=runtime.known,
        user=runtime.user,
        workdir=runtime.workdir,
        argv=list(runtime.argv),
        runs=list(runtime.runs),
        how=runtime.how,
        entrypoint=list(runtime.entrypoint.words),
        cmd=list(runtime.cmd.words),
        env=[list(pair) for pair in runtime.env],
        exposed=list(runtime.exposed),
        volumes=list(runtime.volumes),
        stop_signal=runtime.stop_signal,
        traps=[TrapRow(code=trap.code, text=trap.text) for trap in runtime.traps],
    )


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
