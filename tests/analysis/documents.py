"""Images that are documents alone: a config with history, and layers that nobody reads."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import DiffID, Digest, chain_ids
from layerscope.oci.history import layer_of_each
from layerscope.sources.image import Image, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Record = dict[str, Any]


def step(line: str | None, comment: str | None = None, **more: object) -> Record:
    """A history record that made a layer."""
    fields = {"created_by": line, "comment": comment, **more}
    return {key: value for key, value in fields.items() if value is not None}


def setting(line: str, comment: str | None = None, **more: object) -> Record:
    """A history record that made no layer."""
    return step(line, comment, empty_layer=True, **more)


def config_of(
    settings: Mapping[str, object] | None = None,
    records: Sequence[Record] = (),
    diff_ids: Sequence[str] = (),
    os: str = "linux",
    top: Mapping[str, object] | None = None,
) -> ImageConfig:
    """A config with these settings and this history; `top` are further fields beside them."""
    document = {
        "os": os,
        "architecture": "amd64",
        "config": dict(settings or {}),
        "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
        "history": list(records),
        **(top or {}),
    }
    return ImageConfig.parse(json.dumps(document).encode(), "config")


def image_of(
    records: Sequence[Record] = (),
    contents: str | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    names: tuple[str, ...] = (),
    annotations: Mapping[str, str] | None = None,
    config_name: str | None = None,
    top: Mapping[str, object] | None = None,
) -> Image:
    """An image with a layer for each letter of `contents`: the same letter, the same DiffID.

    Without `contents` there is one layer for each record that made one.
    """
    if contents is None:
        made = sum(not record.get("empty_layer") for record in records)
        contents = "abcdefghijklmnopqrstuvwxyz"[:made]
    digests = [Digest("sha256", sha256(letter.encode()).hexdigest()) for letter in contents]
    config = config_of(settings, records, [str(digest) for digest in digests], top=top)
    chain = chain_ids([DiffID(digest) for digest in digests])
    layers = tuple(
        Layer(index, None, None, None, DiffID(digest), chain[index], None, f"layer {index}")
        for index, digest in enumerate(digests)
    )
    owners = layer_of_each(config.history, len(layers))
    return Image(
        input="made",
        source="oci",
        index=0,
        names=names,
        platform=config.platform,
        manifest=None,
        manifest_digest=None,
        config=config,
        config_digest=config.digest,
        layers=layers,
        annotations=dict(annotations or {}),
        history=tuple(zip(config.history, owners, strict=True)),
        config_name=config_name,
    )
