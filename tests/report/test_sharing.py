from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.report.document import ImageSharing, Sharing, SharingTotal
from layerscope.report.from_results import build
from tests.report.made import image, layer, opened, outcomes

if TYPE_CHECKING:
    from layerscope.sources.image import OpenedInput

# Stored, uncompressed, content.
SIZES = {
    "base": (100, 1000, 900),
    "app": (20, 200, 50),
    "web": (7, 70, 60),
    "zbase": (80, 1000, 900),
}


def sharing(*inputs: OpenedInput) -> Sharing:
    return build(inputs, outcomes(inputs, SIZES)).sharing


def numbers(rows: list[ImageSharing]) -> list[tuple[int | None, int | None]]:
    return [(row.unique_bytes, row.shared_bytes) for row in rows]


def test_two_images_on_one_base_share_it_by_every_identity() -> None:
    found = sharing(
        opened(
            image("a", layer(0, "base"), layer(1, "app")),
            image("b", layer(0, "base"), layer(1, "web"), index=1),
        )
    )

    assert found.blob_bytes == SharingTotal(referenced=100 + 20 + 100 + 7, unique=127)
    assert found.diff_id_bytes == SharingTotal(referenced=1000 + 200 + 1000 + 70, unique=1270)
    assert found.chain_id_bytes == SharingTotal(referenced=2270, unique=1270)
    assert numbers(found.images) == [(20, 100), (7, 100)]


def test_one_manifest_under_three_names_counts_once() -> None:
    parts = layer(0, "base"), layer(1, "app")
    found = sharing(opened(*(image(f"a:{n}", *parts, index=n, manifest="one") for n in range(3))))

    assert found.blob_bytes == SharingTotal(referenced=120, unique=120)
    assert numbers(found.images) == [(120, 0)] * 3


def test_one_manifest_in_two_inputs_is_there_twice() -> None:
    found = sharing(
        opened(image("a", layer(0, "base"))),
        opened(image("a", layer(0, "base"), opened="b.tar"), name="b.tar"),
    )

    assert found.blob_bytes == SharingTotal(referenced=200, unique=100)
    assert numbers(found.images) == [(0, 100), (0, 100)]


def test_base_compressed_in_two_ways_is_shared_by_diff_id_alone() -> None:
    found = sharing(
        opened(image("a", layer(0, "base"))),
        opened(image("b", layer(0, "zbase", diff="base"), opened="b.tar"), name="b.tar"),
    )

    assert found.blob_bytes == SharingTotal(referenced=180, unique=180)
    assert found.diff_id_bytes == SharingTotal(referenced=2000, unique=1000)
    assert found.chain_id_bytes == SharingTotal(referenced=2000, unique=1000)
    assert numbers(found.images) == [(100, 0), (80, 0)]


def test_equal_layer_on_another_base_is_not_shared_by_chain() -> None:
    found = sharing(
        opened(
            image("a", layer(0, "base"), layer(1, "app", chain="base app")),
            image("b", layer(0, "web"), layer(1, "app", chain="web app"), index=1),
        )
    )

    assert found.diff_id_bytes == SharingTotal(referenced=1470, unique=1270)
    assert found.chain_id_bytes == SharingTotal(referenced=1470, unique=1470)


def test_layer_twice_in_one_image_is_referenced_twice_and_its_own_once() -> None:
    found = sharing(opened(image("a", layer(0, "app"), layer(1, "app", chain="app app"))))

    assert found.blob_bytes == SharingTotal(referenced=40, unique=20)
    assert found.chain_id_bytes == SharingTotal(referenced=400, unique=400)
    assert numbers(found.images) == [(20, 0)]


def test_nothing_has_nothing_to_share() -> None:
    found = sharing()

    assert found.blob_bytes == SharingTotal(referenced=0, unique=0)
    assert found.images == []
