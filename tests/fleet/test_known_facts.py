"""Figures that others published, or counted for this project, and that the code must give again."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from layerscope.fleet.dedup import distinct_layers, ladder, object_level
from layerscope.fleet.frames import frames_of_columns
from layerscope.fleet.sharing import reuse, totals
from layerscope.synth.registry_files import digests, file_table
from layerscope.synth.registry_model import registry
from tests.surroundings import require_conformance

if TYPE_CHECKING:
    from layerscope.fleet.frames import Frames


def ten_gradle_images() -> dict[str, Any]:
    path = require_conformance("ten-gradle-images.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def frames_of_listing(listing: dict[str, Any]) -> Frames:
    """Ten images, each blob in as many of them as the listing says.

    The listing does not say which ones; one image after the other takes turns. No total depends on
    it.
    """
    count = listing["images"]
    references = [layer["references"] for layer in listing["layers"]]
    before = [0, *accumulate(references)]
    pairs = sorted(
        ((first + turn) % count, layer)
        for layer, first in enumerate(before[:-1])
        for turn in range(references[layer])
    )
    images = [image for image, _ in pairs]
    starts = {image: images.index(image) for image in set(images)}
    blobs = [listing["layers"][layer] for _, layer in pairs]
    columns = {
        "image": images,
        "position": [row - starts[image] for row, image in enumerate(images)],
        "digest": [blob["digest"] for blob in blobs],
        "compressed_bytes": [blob["compressed_bytes"] for blob in blobs],
    }
    return frames_of_columns({"input": ["gradle"] * count}, columns)


@pytest.mark.conformance
def test_ten_gradle_images_store_their_layers_5_79_times_less_than_they_refer_to_them() -> None:
    frames = frames_of_listing(ten_gradle_images())

    blobs = totals(frames).loc["blob"]

    assert len(frames.images) == 10
    assert blobs["layers"] == 110
    assert blobs["distinct"] == 29
    assert round(blobs["referenced_bytes"] / 1e6) == 2788
    assert round(blobs["stored_bytes"] / 1e6) == 482
    assert round(blobs["referenced_bytes"] / blobs["stored_bytes"], 2) == 5.79


@pytest.mark.conformance
def test_reuse_of_ten_gradle_images_closes_over_all_references() -> None:
    found = reuse(frames_of_listing(ten_gradle_images()), "blob")

    assert (found["images"] * found["layers"]).sum() == 110
    assert found["layers"].sum() == 29
    assert found["images"].max() <= 10


def test_whole_files_save_far_more_than_layers_in_the_synthetic_registry() -> None:
    # Zhao et al. (CLUSTER'19) find 1.8x for layers and 6.9x for whole files of distinct layers in
    # all of a hub; smaller registries lie between. `synth.test_registry_model` has the figures of
    # a calibrated one, and this says that the ladder finds the same bytes.
    model = registry(150)
    frames = model.frames()
    blob_of = dict(zip(frames.image_layers["diff_id"], model.blob[model.nodes], strict=True))
    names = distinct_layers(frames)
    tables = [file_table(model, int(blob_of[name])) for name in names]
    objects = (
        (np.ascontiguousarray(digests(contents)[:, :16]).view("<u8"), sizes)
        for contents, sizes in tables
    )

    levels = ladder(frames, [object_level(frames, "file", objects)]).levels.set_index("level")

    layers = sum(int(sizes.sum()) for _, sizes in tables)
    files = levels["content_bytes"].tolist()[-1]
    _, first = np.unique(np.concatenate([each.contents for each in tables]), return_index=True)
    assert files == np.concatenate([each.size_bytes for each in tables])[first].sum()
    blobs = totals(frames).loc["blob"]
    assert 1.0 < blobs["referenced_bytes"] / blobs["stored_bytes"] < layers / files <= 6.9


def test_gzip_blobs_that_differ_share_no_blocks_though_their_files_are_nearly_the_same() -> None:
    # DupHunter (Zhao et al., ATC'20): beyond identical blobs a registry gains 1.0x from blocks of
    # its gzip layers. Six layers hold the same 200 texts of 4 kB; each begins with one of its own.
    random = Random(1)
    words = [random.randbytes(3).hex().encode() for _ in range(400)]
    files = [b" ".join(random.choices(words, k=585))[:4096] for _ in range(200)]
    layers = [[random.randbytes(2048), *files] for _ in range(6)]
    blobs = [gzip.compress(b"".join(layer), mtime=0) for layer in layers]

    def gain(parts: list[bytes]) -> float:
        distinct = {sha256(part).digest(): len(part) for part in parts}
        return sum(map(len, parts)) / sum(distinct.values())

    blocks = [blob[at : at + 4096] for blob in blobs for at in range(0, len(blob), 4096)]

    assert len(set(blobs)) == 6
    assert len(blocks) > 300
    assert round(gain(blocks), 1) == 1.0
    assert gain([part for layer in layers for part in layer]) > 5
