from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from layerscope.oci.digest import Digest
from layerscope.report.from_results import build
from layerscope.sources.image import Fault, OpenedInput, Skipped
from tests.report.made import digest, image, layer, opened, outcomes, record

if TYPE_CHECKING:
    from layerscope.oci.history import History
    from layerscope.report.document import MetricRow

SIZES = {"base": (100, 1000, 900), "app": (20, 200, 50), "other": (3, 30, 7)}


def value(metrics: list[MetricRow], scope: str, name: str) -> int | float | None:
    (found,) = [row.value for row in metrics if (row.scope, row.name) == (scope, name)]
    return found


def test_image_totals_are_sums_over_layers_with_repeats() -> None:
    inputs = [opened(image("a", layer(0, "base"), layer(1, "app"), layer(2, "app")))]

    row = build(inputs, outcomes(inputs, SIZES)).images[0]

    assert row.compressed_bytes == 100 + 20 + 20
    assert row.uncompressed_bytes == 1000 + 200 + 200
    assert row.content_bytes == 900 + 50 + 50


def test_damaged_layer_leaves_its_numbers_and_the_totals_unmeasured() -> None:
    inputs = [
        opened(
            image("a", layer(0, "base"), layer(1, "broken")),
            image("b", layer(0, "base"), index=1),
        )
    ]

    report = build(inputs, outcomes(inputs, SIZES))

    damaged = report.images[0].layers[1]
    assert damaged.verified == "failed"
    assert damaged.digest == str(digest("broken"))
    assert (damaged.compressed_bytes, damaged.entries, damaged.compression) == (None, None, None)
    assert report.images[0].compressed_bytes is None
    assert report.images[0].layers[0].verified == "read"
    assert report.images[1].compressed_bytes == 100
    assert [(fault.code, fault.image, fault.layer) for fault in report.faults] == [
        ("digest-mismatch", 0, 1)
    ]
    assert report.sharing.blob_bytes.referenced is None
    assert report.sharing.images[0].unique_bytes is None
    assert report.sharing.images[1].shared_bytes == 100


def test_missing_layer_has_no_fault_of_its_own_and_says_why() -> None:
    inputs = [opened(image("a", layer(0, "base"), layer(1, "windows", missing="foreign-layer")))]

    report = build(inputs, outcomes(inputs, SIZES))

    assert report.images[0].layers[1].missing == "foreign-layer"
    assert report.images[0].layers[1].verified == "failed"
    assert report.images[0].content_bytes is None
    assert report.faults == []


def test_digests_that_no_document_claims_are_the_measured_ones() -> None:
    none: dict[str, Any] = {"digest": None, "diff_id": None, "chain_id": None}
    unclaimed = [
        opened(image("a", replace(layer(0, "base"), **none), replace(layer(1, "app"), **none)))
    ]
    scans = outcomes([opened(image("a", layer(0, "base"), layer(1, "app")))], SIZES)

    rows = build(unclaimed, scans).images[0].layers

    assert [row.digest for row in rows] == [str(digest("base")), str(digest("app"))]
    assert rows[0].chain_id == rows[0].diff_id == str(digest("base"))
    both = f"{digest('base')} {digest('app')}"
    assert rows[1].chain_id == str(Digest.of(both.encode()))


def test_history_rows_name_the_layer_they_made() -> None:
    history: tuple[tuple[History, int | Literal["beyond"] | None], ...] = (
        (record("ADD rootfs"), 0),
        (record("ENV A=1", empty=True), None),
        (record("COPY app"), 1),
        (record("COPY more"), "beyond"),
    )
    inputs = [opened(image("a", layer(0, "base"), layer(1, "app"), history=history))]

    rows = build(inputs, outcomes(inputs, SIZES)).images[0].history

    assert [row.layer for row in rows] == [0, None, 1, None]
    assert [row.empty_layer for row in rows] == [False, True, False, False]


def test_questions_of_later_releases_are_not_measured() -> None:
    inputs = [opened(image("a", layer(0, "base")))]

    row = build(inputs, outcomes(inputs, SIZES)).images[0]

    assert (row.visible_bytes, row.wasted_bytes, row.efficiency) == (None, None, None)
    assert (row.waste, row.duplicates, row.engine_differs, row.base) == (None, None, None, None)


def test_metrics_are_sorted_and_count_images_over_all_inputs() -> None:
    inputs = [
        opened(image("a", layer(0, "base"))),
        opened(image("b", layer(0, "base"), layer(1, "app"), opened="b.tar"), name="b.tar"),
    ]

    metrics = build(inputs, outcomes(inputs, SIZES)).metrics

    scopes = [row.scope for row in metrics]
    assert scopes == sorted(scopes, key=["run", "image:0", "image:1"].index)
    for scope in set(scopes):
        names = [row.name for row in metrics if row.scope == scope]
        assert names == sorted(names)
    assert value(metrics, "run", "images") == 2
    assert value(metrics, "run", "blob_bytes_referenced") == 220
    assert value(metrics, "run", "blob_bytes_unique") == 120
    assert value(metrics, "image:1", "files") == 4
    assert value(metrics, "image:1", "unique_bytes") == 20


def test_faults_come_by_input_and_each_once() -> None:
    twice = Fault("app.tar", "bad-document", "manifest: expected one")
    inputs = [
        opened(image("a", layer(0, "broken")), faults=[twice, twice]),
        OpenedInput("b.tar", "", (), faults=(Fault("b.tar", "unreadable", "no such file"),)),
    ]

    faults = build(inputs, outcomes(inputs, SIZES)).faults

    assert [(fault.input, fault.code) for fault in faults] == [
        ("app.tar", "bad-document"),
        ("app.tar", "digest-mismatch"),
        ("b.tar", "unreadable"),
    ]


def test_skipped_rows_keep_what_and_digest() -> None:
    item = Skipped("app.tar", "attestation-manifest", digest("x"), "of image 0")
    inputs = [OpenedInput("app.tar", "oci-archive", (), skipped=(item,))]

    (row,) = build(inputs, {}).skipped

    assert (row.input, row.what, row.digest) == (
        "app.tar",
        "attestation-manifest",
        str(digest("x")),
    )
