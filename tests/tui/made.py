"""Models of small images, and the screen of an explorer as plain text."""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.analysis.waste import waste
from layerscope.files.squash import squash
from layerscope.files.walk import Walk
from layerscope.report.document import ImageRow, LayerRow, PlatformRow
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth import tree_language
from layerscope.synth.tree import Tree, TreeMember
from layerscope.tui.model import Model
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.tui.app import Explorer
    from layerscope.tui.outline import Outline
    from layerscope.tui.view import View

GOLDEN = REPOSITORY / "tests" / "tui" / "golden"
UPDATE = "LAYERSCOPE_UPDATE_GOLDEN"


def table(tree: Tree) -> FileColumns:
    stream = BytesIO()
    tree.write_tar(stream)
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(stream.getvalue())
    walk.finish()
    return walk.columns


def model_of(
    layers: Sequence[FileColumns], instructions: Sequence[str] = (), name: str = "app:1"
) -> Model:
    """The model of an image of these file tables; what was not measured here is unknown."""
    squashed = squash(layers)
    wasted = waste(squashed, [None] * len(layers))
    hidden = [
        sum(each.size_bytes for each in wasted if each.layer == at) for at in range(len(layers))
    ]
    content = [sum(one.size_bytes) for one in layers]
    rows = [
        LayerRow(
            index=at,
            digest=None,
            diff_id=f"sha256:{at:064x}",
            chain_id=None,
            media_type=None,
            compression=None,
            verified="read",
            compressed_bytes=None,
            uncompressed_bytes=None,
            content_bytes=content[at],
            entries=len(one),
            files=None,
            created_by=instructions[at] if instructions else None,
            hidden_bytes=hidden[at],
        )
        for at, one in enumerate(layers)
    ]
    image = ImageRow(
        input="app.tar",
        source="docker-archive",
        index=0,
        names=[name],
        platform=PlatformRow(os="linux", architecture="amd64"),
        manifest_digest=None,
        config_digest=None,
        created=None,
        compressed_bytes=None,
        uncompressed_bytes=None,
        content_bytes=sum(content),
        layers=rows,
        history=[],
        visible_bytes=sum(content) - sum(hidden),
        wasted_bytes=sum(hidden),
    )
    return Model(image, squashed, wasted)


def model_of_members(*layers: Sequence[TreeMember]) -> Model:
    return model_of([table(Tree(tuple(members))) for members in layers])


def model_of_text(text: str) -> Model:
    """The model of an image in the language of `synth.tree_language`."""
    image = tree_language.image(text)
    tables = []
    for layer in image.layers:
        walk = Walk(DEFAULT_LIMITS, blake3)
        walk.feed(layer.tar)
        walk.finish()
        tables.append(walk.columns)
    return model_of(tables, [record["created_by"] for record in image.history or ()])


def shown(outline: Outline, view: View) -> list[str]:
    """The paths of an outline's lines."""
    return [view.index.paths[line.node].decode() for line in outline.lines(view)]


def screen(app: Explorer) -> str:
    """What the terminal shows, without colours."""
    strips = app.screen._compositor.render_strips()  # Textual has no public name for it.
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines) + "\n"


def check_golden(name: str, text: str) -> None:
    """Compare with `golden/NAME.txt`, which a person has looked at."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
