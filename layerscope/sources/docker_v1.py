"""The oldest form of `docker save`: `repositories` and a folder for each layer, no manifest.

`repositories` names top layers: `{"name": {"tag": "<id>"}}`; `<id>/json` describes a layer and
names its `parent`; `<id>/layer.tar` holds it. There are no digests: they are measured on reading.

Source: Docker image specification v1.0, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import (
    BadDocumentError,
    InputError,
    MissingBlobError,
    OverLimitError,
    shown,
)
from layerscope.oci import document
from layerscope.oci.history import History
from layerscope.oci.platform import Platform
from layerscope.sources.assembly import check_layer_count
from layerscope.sources.blobs import read_named
from layerscope.sources.image import Fault, Image, Layer
from layerscope.sources.listed import Listing, Origin, Row

if TYPE_CHECKING:
    from layerscope.sources.outer_archive import OuterArchive
    from layerscope.sources.region import Region

REPOSITORIES = "repositories"

_ID = re.compile(r"[0-9a-f]{1,128}")


def read_v1_archive(origin: Origin, archive: OuterArchive) -> Listing:
    """What an archive with `repositories` and no manifest lists: one image for each top layer.

    Raises: the errors of the store and of JSON for `repositories`; `OverLimitError`.
    """
    where = REPOSITORIES
    fields = document.parse_object(read_named(archive, REPOSITORIES, origin.limits), where)
    names_of: dict[str, list[str]] = {}
    count = 0
    for name in fields:
        for tag, top in document.str_map(fields, name, where).items():
            count += 1
            if count > origin.limits.images:
                raise OverLimitError(f"more than {origin.limits.images} images", where)
            names_of.setdefault(top, []).append(f"{name}:{tag}")
    rows = []
    for top, names in names_of.items():
        try:
            rows.append(_row(origin, archive, top, tuple(names)))
        except InputError as error:
            rows.append(Row(tuple(names), faults=(Fault.of(origin.input, error),)))
    return Listing(origin.source, tuple(rows))


def _row(origin: Origin, archive: OuterArchive, top: str, names: tuple[str, ...]) -> Row:
    chain = _chain(origin, archive, top)
    layers = []
    faults = []
    history = []
    for index, (layer_id, fields) in enumerate(chain):
        record = _record(fields, f"{layer_id}/json")
        history.append((record, index))
        region: Region | None = None
        name = f"{layer_id}/layer.tar"
        try:
            region = archive.region_of(name)
        except InputError as error:
            faults.append(Fault.of(origin.input, error.within(f"layer {index}"), index))
        layers.append(
            Layer(
                index=index,
                media_type=None,
                digest=None,
                size=None,
                diff_id=None,
                chain_id=None,
                region=region,
                stored_as=name,
                missing=None if region else "missing-blob",
                created_by=record.created_by,
            )
        )
    # The spec of v1 asks for a platform and old engines left it out; they ran on Linux only.
    platform = Platform.from_json(chain[-1][1], f"{top}/json").completed(Platform("linux", "amd64"))
    image = Image(
        input=origin.input,
        source=origin.source,
        index=0,
        names=names,
        platform=platform,
        manifest=None,
        manifest_digest=None,
        config=None,
        config_digest=None,
        layers=tuple(layers),
        history=tuple(history),
    )
    return Row(names, frozenset(names), platform, image, tuple(faults))


def _chain(origin: Origin, archive: OuterArchive, top: str) -> list[tuple[str, dict[str, object]]]:
    """Each layer's id and `json` from the base up.

    Raises: `BadDocumentError` for a circle or an id that is none; `OverLimitError`;
        `MissingBlobError`.
    """
    chain: list[tuple[str, dict[str, object]]] = []
    seen = set()
    layer_id: str | None = top
    while layer_id:
        if not _ID.fullmatch(layer_id):
            raise BadDocumentError(f'expected a layer id, found "{shown(layer_id)}"', REPOSITORIES)
        where = f"{layer_id}/json"
        if layer_id in seen:
            raise BadDocumentError("parent: the layers form a circle", where)
        seen.add(layer_id)
        check_layer_count(len(chain) + 1, origin.limits.layers)
        try:
            raw = read_named(archive, where, origin.limits)
        except MissingBlobError as error:
            raise MissingBlobError(error.problem, f"layer {layer_id}") from None
        fields = document.parse_object(raw, where)
        chain.append((layer_id, fields))
        layer_id = document.optional_str(fields, "parent", where)
    chain.reverse()
    return chain


def _record(fields: dict[str, object], where: str) -> History:
    """The history row of one layer, as engines make it when they load such an archive."""
    made_by = document.optional_object(fields, "container_config", where)
    created_by = None if made_by is None else " ".join(document.string_list(made_by, "Cmd", where))
    return History(
        created=document.optional_str(fields, "created", where),
        created_by=created_by,
        author=document.optional_str(fields, "author", where),
        comment=document.optional_str(fields, "comment", where),
        empty_layer=False,
        extra={},
    )
