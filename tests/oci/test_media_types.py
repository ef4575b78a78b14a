from __future__ import annotations

import pytest

from layerscope.oci import media_types

PREDICATES = (
    "is_index",
    "is_manifest",
    "is_image_config",
    "is_layer",
    "is_foreign_layer",
    "is_schema1",
    "is_in_toto",
)


def said(media_type: str | None) -> set[str]:
    return {name for name in PREDICATES if getattr(media_types, name)(media_type)}


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/vnd.oci.image.index.v1+json", {"is_index"}),
        ("application/vnd.docker.distribution.manifest.list.v2+json", {"is_index"}),
        ("application/vnd.oci.image.manifest.v1+json", {"is_manifest"}),
        ("application/vnd.docker.distribution.manifest.v2+json", {"is_manifest"}),
        ("application/vnd.docker.distribution.manifest.v1+json", {"is_schema1"}),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", {"is_schema1"}),
        ("application/vnd.oci.image.config.v1+json", {"is_image_config"}),
        ("application/vnd.docker.container.image.v1+json", {"is_image_config"}),
        ("application/vnd.docker.plugin.v1+json", set()),
        ("application/vnd.oci.image.layer.v1.tar", {"is_layer"}),
        ("application/vnd.oci.image.layer.v1.tar+gzip", {"is_layer"}),
        ("application/vnd.oci.image.layer.v1.tar+zstd", {"is_layer"}),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", {"is_layer"}),
        ("application/vnd.docker.image.rootfs.diff.tar", {"is_layer"}),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", {"is_layer"}),
        ("application/vnd.docker.image.rootfs.diff.tar.zstd", {"is_layer"}),
        (
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            {"is_layer", "is_foreign_layer"},
        ),
        (
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            {"is_layer", "is_foreign_layer"},
        ),
        ("application/vnd.in-toto+json", {"is_in_toto"}),
        ("application/vnd.oci.empty.v1+json", set()),
        ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", set()),
        ("Application/vnd.oci.image.manifest.v1+json", set()),
        ("application/x-evil", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_media_type_is_told_for_what_it_is(media_type: str | None, expected: set[str]) -> None:
    assert said(media_type) == expected
