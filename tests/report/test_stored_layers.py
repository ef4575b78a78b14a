from __future__ import annotations

import pytest

from layerscope.gate.measured import StoredLayer
from layerscope.report.stored_layers import are_registry_blobs, compressed_otherwise


def layer(diff_id: str | None, size: int | None, compression: str | None = "gzip") -> StoredLayer:
    return StoredLayer(None, diff_id, None, compression, size)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([layer("a", 5)], [layer("a", 5), layer("b", 7)], ""),
        ([layer("a", 5)], [layer("b", 7)], ""),
        ([layer(None, 5)], [layer(None, 7)], ""),
        ([], [layer("a", 5)], ""),
        ([layer("a", 5)], [layer("a", 6)], "a layer that both have was compressed anew"),
        ([layer("a", None)], [layer("a", 6)], "a layer that both have was compressed anew"),
        (
            [layer("a", 5), layer("b", 5, "none")],
            [layer("c", 6, None)],
            "layers are stored as gzip, none before, unknown after",
        ),
    ],
)
def test_stored_sizes_are_compared_where_layers_are_compressed_alike(
    old: list[StoredLayer], new: list[StoredLayer], expected: str
) -> None:
    assert compressed_otherwise(old, new) == expected


@pytest.mark.parametrize(
    ("compression", "source", "manifest", "expected"),
    [
        ("gzip", "oci-archive", "sha256:a", True),
        ("none", "oci-archive", "sha256:a", True),
        ("gzip", "docker-archive", "sha256:a", True),
        ("none", "docker-archive", "sha256:a", False),
        ("gzip", "docker-archive", None, False),
    ],
)
def test_registry_blobs_need_a_manifest_and_are_not_as_docker_save_stores_them(
    compression: str, source: str, manifest: str | None, expected: bool
) -> None:
    assert are_registry_blobs([layer("a", 5, compression)], source, manifest) is expected
