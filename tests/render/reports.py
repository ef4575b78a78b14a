"""Reports to render: of real images, and the same with hostile texts wherever a text may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from layerscope.journeys.analyze import analyze
from layerscope.report.document import Report
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("base:1",)).layer(
    Tree().file("var/cache/apt/archives/x.deb", b"d" * 100_000).file("keep", b"k" * 500),
    "RUN apt-get install x",
)
APP = (
    BASE.named("app:1")
    .layer(Tree().whiteout("var/cache/apt/archives/x.deb"), "RUN apt-get clean")
    .layer(Tree().file("srv/caf\udce9", b"b" * 2000).file("srv/=1+1", b"c"), "COPY srv /srv")
)
OURS = {
    "schema", "cause", "verified", "compression", "confidence", "scope", "unit", "kind", "state",
}  # fmt: skip
"""Fields that hold a word of ours, which no image chooses."""


def report_on(folder: Path, *images: ImageBuilder, tables: tuple[str, ...] = ()) -> Report:
    """The report on one archive of the images."""
    path = docker_archive(folder / "app.tar", *images)
    return analyze([str(path)], jobs=1, tables=tables).report


def hostile(report: Report, text: str) -> Report:
    """The report with `text` in place of every text that comes from an image or a file's name."""
    return msgspec.convert(_replaced(msgspec.to_builtins(report), text), Report)


def _replaced(value: Any, text: str, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _replaced(part, text, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, text, name) for part in value]
    return text if isinstance(value, str) and name not in OURS else value
