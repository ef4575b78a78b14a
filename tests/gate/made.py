"""Reports made by hand, with numbers that are easy to add up: no image is read for them.

A layer is `(created_by, compressed, content, hidden)`; a size of None is a layer that could not be
read. Equal layers have equal digests, so two rows that begin with the same tuples share a base.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from layerscope.report.document import (
    BaseRow,
    FaultRow,
    ImageRow,
    LayerRow,
    PlatformRow,
    Report,
    RuntimeRow,
    SkippedRow,
    Tool,
    WasteRow,
)
from layerscope.report.metrics import metric_rows, total
from layerscope.report.sharing import sharing_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Cell = int | float | str | None
    Table = dict[str, list[Cell]]
    Layer = tuple[str | None, int | None, int | None, int | None]

OVERHEAD = 1000
"""How much longer the tar of a layer is than its files."""
ENTRIES, FILES = 3, 2
"""Of every layer that was read."""
RUNTIME = RuntimeRow(
    known=True,
    user="",
    workdir="/",
    argv=[],
    runs=[],
    how="none",
    entrypoint=[],
    cmd=[],
    env=[],
    exposed=[],
    volumes=[],
    stop_signal=None,
    traps=[],
)


def digest(*words: object) -> str:
    """The sha256 of some words: equal words, equal digests."""
    text = " ".join(map(str, words))
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def layer_row(
    index: int,
    created_by: str | None,
    compressed: int | None,
    content: int | None,
    hidden: int | None = 0,
    **fields: Any,  # noqa: ANN401 - any field of the row
) -> LayerRow:
    """One layer; `fields` are any of `LayerRow`."""
    read = compressed is not None and content is not None
    values: dict[str, Any] = {
        "index": index,
        "digest": digest("blob", created_by, compressed, content),
        "diff_id": digest("tar", created_by, content),
        "chain_id": digest("chain", index, created_by, content),
        "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
        "compression": "gzip" if read else None,
        "verified": "read" if read else "failed",
        "compressed_bytes": compressed if read else None,
        "uncompressed_bytes": content + OVERHEAD if read and content is not None else None,
        "content_bytes": content if read else None,
        "entries": ENTRIES if read else None,
        "files": FILES if read else None,
        "created_by": created_by,
        "hidden_bytes": hidden if read else None,
        "snapshot_bytes": content if read else None,
    }
    return LayerRow(**{**values, **fields})


def image_row(
    layers: Sequence[Layer | LayerRow] = (("FROM base", 100, 300, 0), ("COPY . /app", 50, 120, 0)),
    *,
    names: Sequence[str] = ("app:1",),
    base_layers: int | None = None,
    input: str = "app.tar",  # noqa: A002 - what the document calls it
    **fields: Any,  # noqa: ANN401 - any field of the row
) -> ImageRow:
    """One image; sizes are summed over the layers, and hidden bytes are one deleted file a layer.

    `fields` are any of `ImageRow`.
    """
    rows = [
        each if isinstance(each, LayerRow) else layer_row(index, *each)
        for index, each in enumerate(layers)
    ]
    content, hidden = total(rows, "content_bytes"), total(rows, "hidden_bytes")
    visible = None if content is None or hidden is None else content - hidden
    base = BaseRow(image=None, distro=None, layers=0)
    if base_layers is not None:
        base = BaseRow(image="base:1", distro=None, layers=base_layers, how="annotation")
    values: dict[str, Any] = {
        "input": input,
        "source": "oci-archive",
        "index": 0,
        "names": list(names),
        "platform": PlatformRow(os="linux", architecture="amd64"),
        "manifest_digest": digest("manifest", *names, *(row.digest for row in rows)),
        "config_digest": digest("config", *names, *(row.diff_id for row in rows)),
        "created": None,
        "compressed_bytes": total(rows, "compressed_bytes"),
        "uncompressed_bytes": total(rows, "uncompressed_bytes"),
        "content_bytes": content,
        "layers": rows,
        "history": [],
        "visible_bytes": visible,
        "wasted_bytes": hidden,
        "efficiency": None if visible is None else (visible / content if content else 1.0),
        "waste": None if visible is None else _waste(rows),
        "duplicates": None if visible is None else [],
        "engine_differs": None if visible is None else [],
        "base": base,
        "junk": None if visible is None else [],
        "runtime": RUNTIME,
    }
    return ImageRow(**{**values, **fields})


def _waste(rows: Sequence[LayerRow]) -> list[WasteRow]:
    return [
        WasteRow(
            path=f"/hidden/{row.index}",
            bytes=row.hidden_bytes,
            cause="deleted",
            layer=row.index,
            hidden_by_layer=row.index + 1 if row.index + 1 < len(rows) else None,
        )
        for row in rows
        if row.hidden_bytes
    ]


def report_of(
    *images: ImageRow,
    tables: Mapping[str, Table] | None = None,
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> Report:
    """A report on some images, with the sharing and the metrics that belong to them.

    Images of one input must stand together.
    """
    inputs: dict[str, list[ImageRow]] = {}
    for image in images:
        inputs.setdefault(image.input, []).append(image)
    sharing = sharing_of(list(inputs.values()))
    return Report(
        tool=Tool(version="0"),
        images=list(images),
        sharing=sharing,
        metrics=metric_rows(images, sharing, skipped, faults),
        skipped=list(skipped),
        faults=list(faults),
        tables=dict(tables or {}),
    )


def files_table(*rows: Mapping[str, Cell]) -> Table:
    """The table `files`: each row needs a `path`; else a file of 0 bytes of image 0, layer 0."""
    made: list[dict[str, Cell]] = []
    for row in rows:
        values: dict[str, Cell] = {
            "image": 0,
            "kind": "file",
            "size_bytes": 0,
            "mode": 0o644,
            "uid": 0,
            "gid": 0,
            "mtime_ns": 0,
            "link_target": None,
            "content": None,
            "xattrs": None,
            "linked_to": None,
            "layer": 0,
            **row,
        }
        if values["kind"] == "file" and "content" not in row:
            values["content"] = digest(values["path"], values["size_bytes"]).replace(
                "sha256:", "blake3:"
            )
        made.append(values)
    names = ["image", "path", "kind", "size_bytes", "mode", "uid", "gid", "mtime_ns"]
    names += ["link_target", "content", "xattrs", "linked_to", "layer"]
    return {name: [row[name] for row in made] for name in names}


def packages_table(*rows: Mapping[str, Cell]) -> Table:
    """The table `packages`: each row needs a `name`; else a visible Debian package of image 0."""
    made: list[dict[str, Cell]] = []
    for row in rows:
        values: dict[str, Cell] = {
            "image": 0,
            "kind": "deb",
            "version": "1.0",
            "arch": "amd64",
            "source": "/var/lib/dpkg/status",
            "state": "visible",
            "files": 1,
            "visible_bytes": 0,
            "hidden_bytes": 0,
            **row,
        }
        if "purl" not in row:
            owner = values["kind"] not in {"unowned", "unknown"}
            purl = f"pkg:{values['kind']}/debian/{values['name']}@{values['version']}?arch=amd64"
            values["purl"] = purl if owner else None
        made.append(values)
    names = ["image", "kind", "name", "version", "arch", "purl", "source", "state", "files"]
    names += ["visible_bytes", "hidden_bytes"]
    return {name: [row[name] for row in made] for name in names}
