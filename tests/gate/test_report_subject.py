"""Numbers of whole images and of their layers, worked out by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from layerscope.gate.measured import INFINITE, Measured
from layerscope.gate.metrics import METRICS
from layerscope.gate.policy import Scope
from layerscope.gate.report_numbers import run_numbers
from layerscope.gate.report_subject import ReportSubject, subjects_of
from layerscope.report.document import (
    BaseRow,
    DiveRow,
    DuplicateRow,
    ImageRow,
    JunkRow,
    MetricRow,
    WasteRow,
)
from tests.gate.made import (
    digest,
    files_table,
    image_row,
    layer_row,
    packages_table,
    report_of,
)

IMAGE = Scope()
LAYERS = [
    ("FROM debian", 100, 300, 0),
    ("RUN /bin/sh -c apt-get update # buildkit", 50, 120, 20),
    (None, 7, 10, 0),
]


def subject(row: ImageRow, **fields: Any) -> ReportSubject:  # noqa: ANN401 - of `report_of`
    return subjects_of(report_of(row, **fields))[0]


def value(row: ImageRow, metric: str, scope: Scope = IMAGE) -> int | float | None:
    return subject(row).measure(metric, scope).value


def pieces(measured: Measured, by: str) -> list[tuple[str, str, int, int | None]]:
    found = [split for split in measured.splits if split.by == by]
    assert len(found) == 1
    return [(piece.label, piece.kind, piece.amount, piece.layer) for piece in found[0].pieces]


def junk(name: str, visible: int, hidden: int, *layers: int) -> JunkRow:
    return JunkRow(
        name=name,
        title=name,
        files=1,
        visible_bytes=visible,
        hidden_bytes=hidden,
        layers=list(layers),
        remedy="",
        sure=True,
    )


def dive(wasted: int, user: int, ratio: float | None) -> DiveRow:
    return DiveRow(
        efficiency=0.75,
        wasted_bytes=wasted,
        size_bytes=500,
        user_size_bytes=user,
        user_wasted_ratio=ratio,
        differences=[],
    )


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("compressed_bytes", 157),
        ("uncompressed_bytes", 3430),
        ("content_bytes", 430),
        ("visible_bytes", 410),
        ("wasted_bytes", 20),
        ("efficiency", 410 / 430),
        ("files", 6),
        ("entries", 9),
        ("layers", 3),
        ("unique_bytes", 157),
        ("shared_bytes", 0),
        ("shared_ratio", 0.0),
        ("duplicate_bytes", 0),
        ("junk_bytes", 0),
    ],
)
def test_number_of_an_image_is_that_of_its_row(metric: str, expected: float) -> None:
    assert value(image_row(LAYERS), metric) == expected


def test_numbers_of_images_are_those_of_the_metrics_of_the_report() -> None:
    report = report_of(
        image_row(LAYERS), image_row(LAYERS[:1], input="b.tar", names=["b:1"], base_layers=1)
    )

    subjects = subjects_of(report)
    told = {(row.scope, row.name): row.value for row in report.metrics if row.scope != "run"}

    assert told
    assert told == {
        (scope, name): subjects[int(scope.removeprefix("image:"))].measure(name, IMAGE).value
        for scope, name in told
    }


def test_shared_ratio_is_shared_of_all_stored_bytes() -> None:
    both = [image_row(LAYERS), image_row(LAYERS[:1], input="b.tar")]

    first, second = (one.measure("shared_ratio", IMAGE) for one in subjects_of(report_of(*both)))

    assert first.value == 100 / 157
    assert second.value == 1.0


def test_shared_ratio_of_nothing_is_not_measured() -> None:
    found = subject(image_row([])).measure("shared_ratio", IMAGE)

    assert found == Measured(None, "the image stores nothing that could be shared")


def test_duplicates_are_all_copies_but_one_under_the_first_path() -> None:
    groups = [
        DuplicateRow(content="blake3:1", bytes=10, paths=["/a", "/b", "/c"]),
        DuplicateRow(content="blake3:2", bytes=5, paths=["/d", "/e"]),
    ]

    found = subject(image_row(duplicates=groups)).measure("duplicate_bytes", IMAGE)

    assert found.value == 25
    assert pieces(found, "path") == [("/a", "", 20, None), ("/d", "", 5, None)]


def test_junk_is_what_is_visible_and_what_is_hidden_by_class() -> None:
    rows = [junk("apt-lists", 10, 5, 1), junk("logs", 3, 0, 0, 1)]

    found = subject(image_row(junk=rows)).measure("junk_bytes", IMAGE)

    assert found.value == 18
    assert pieces(found, "cause") == [("apt-lists", "", 15, 1), ("logs", "", 3, None)]


def test_dive_numbers_are_those_of_the_report() -> None:
    told = subject(image_row(dive=dive(30, 120, 0.25)))

    assert told.measure("dive_efficiency", IMAGE).value == 0.75
    assert told.measure("dive_wasted_bytes", IMAGE).value == 30
    assert told.measure("dive_user_wasted_ratio", IMAGE).value == 0.25


def test_dive_ratio_of_waste_to_nothing_is_infinite() -> None:
    found = subject(image_row(dive=dive(30, 0, None))).measure("dive_user_wasted_ratio", IMAGE)

    assert found == Measured(None, INFINITE)


def test_dive_ratio_of_nothing_to_nothing_is_no_number() -> None:
    found = subject(image_row(dive=dive(0, 0, None))).measure("dive_user_wasted_ratio", IMAGE)

    assert found.value is None
    assert found.reason.startswith("NaN")


def test_dive_numbers_that_nobody_asked_for_say_how_to_have_them() -> None:
    found = subject(image_row()).measure("dive_efficiency", IMAGE)

    assert found.value is None
    assert "analyze --dive" in found.reason


def test_layer_that_could_not_be_read_is_named_as_the_reason() -> None:
    row = image_row([LAYERS[0], ("RUN a", None, None, None)])

    for metric in ("compressed_bytes", "content_bytes", "wasted_bytes", "files", "junk_bytes"):
        assert subject(row).measure(metric, IMAGE) == Measured(None, "layer 1 could not be read")
    assert value(row, "layers") == 2


def test_layers_that_are_not_in_the_input_are_named_as_the_reason() -> None:
    gone = [layer_row(at, "RUN", None, None, missing="foreign-layer") for at in range(5)]

    found = subject(image_row(gone)).measure("compressed_bytes", IMAGE)

    assert found.reason == "layers 0, 1, 2 and 2 more are not in the input"


def test_sound_layer_of_a_damaged_image_has_its_own_stored_size() -> None:
    row = image_row([LAYERS[0], ("RUN a", None, None, None)])

    assert value(row, "compressed_bytes", Scope("layer", "0")) == 100
    assert value(row, "compressed_bytes", Scope("layer", "1")) is None


def test_report_without_analyses_says_that_it_does_not_tell() -> None:
    row = image_row(runtime=None, visible_bytes=None, wasted_bytes=None, efficiency=None)

    found = subject(row).measure("wasted_bytes", IMAGE)

    assert found == Measured(None, "the report does not say; analyze the image again to have it")


def test_number_that_is_none_by_json_is_not_measured() -> None:
    found = subject(image_row(efficiency=float("nan"))).measure("efficiency", IMAGE)

    assert found == Measured(None, "what the report has is no number")


def test_numbers_of_two_images_are_not_those_of_one() -> None:
    assert value(image_row(), "new_bytes") is None
    assert value(image_row(), "pull_delta_bytes") is None


@pytest.mark.parametrize("kind", ["layer", "path", "package", "instruction"])
def test_number_that_is_not_known_of_a_part_says_so(kind: Any) -> None:  # noqa: ANN401 - a ScopeKind
    found = subject(image_row()).measure("efficiency", Scope(kind, "*"))

    assert found == Measured(None, "efficiency is not known of this part of an image")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("0", 100),
        ("2", 7),
        ("-1", 7),
        ("-3", 100),
        ("own", 57),
        ("base", 100),
        (digest("blob", *LAYERS[0][:3])[:19], 100),
        (digest("blob", *LAYERS[0][:3]).removeprefix("sha256:")[:12], 100),
        (digest("tar", LAYERS[1][0], LAYERS[1][2]), 50),
    ],
)
def test_layer_is_found_by_index_word_and_digest(pattern: str, expected: int) -> None:
    row = image_row(LAYERS, base_layers=1)

    assert value(row, "compressed_bytes", Scope("layer", pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("3", "the image has 3 layers"),
        ("-4", "the image has 3 layers"),
        ("sha256:0123456789ab", "no layer has the digest"),
        ("top", "expected an index or 6 digits of a digest to name a layer"),
        ("sha256:12", "expected an index or 6 digits of a digest to name a layer"),
        ("own", "nothing tells which layers are those of the base image"),
    ],
)
def test_layer_that_is_not_there_is_no_number(pattern: str, reason: str) -> None:
    found = subject(image_row(LAYERS)).measure("compressed_bytes", Scope("layer", pattern))

    assert found == Measured(None, reason)


def test_digest_that_two_layers_have_names_neither() -> None:
    row = image_row([LAYERS[0], LAYERS[0]])
    pattern = row.layers[0].digest or ""

    found = subject(row).measure("compressed_bytes", Scope("layer", pattern))

    assert found == Measured(None, "2 layers have the digest")


@pytest.mark.parametrize("metric", sorted(name for name, one in METRICS.items() if one.additive))
def test_own_and_base_layers_sum_to_the_image(metric: str) -> None:
    one = subject(image_row(LAYERS, base_layers=2))

    own, base = (one.measure(metric, IMAGE, part).value for part in ("own", "base"))

    assert own is not None
    assert base is not None
    assert own + base == one.measure(metric, IMAGE).value


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (None, None),
        (BaseRow(image=None, distro="debian 12", layers=0), None),
        (BaseRow(image="debian", distro=None, layers=0, how="label"), None),
        (BaseRow(image="debian", distro=None, layers=1, how="label"), 1),
        (BaseRow(image=None, distro=None, layers=2, how="history", likely=True), 2),
        (BaseRow(image=None, distro=None, layers=9, how="history"), 3),
        # Own layers from the build cache are as old as those of a base.
        (
            BaseRow(
                image=None,
                distro=None,
                layers=2,
                how="history",
                likely=True,
                evidence="a day or more passed between two steps",
            ),
            None,
        ),
    ],
)
def test_base_layers_are_known_only_if_something_tells(
    base: BaseRow | None, expected: int | None
) -> None:
    assert subject(image_row(LAYERS, base=base)).base_layers == expected


def test_parts_of_a_number_of_no_layer_are_not_measured() -> None:
    found = subject(image_row(LAYERS, base_layers=1)).measure("efficiency", IMAGE, "own")

    assert found == Measured(None, "efficiency is known of the whole image only")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("RUN apt-get update", 50),
        ("*apt-get*", 50),
        ("F* deb?an", 100),
        ("<missing>", 7),
        ("*", 157),
        (r"RUN apt-get \*", None),
        ("run *", None),
        ("apt-get", None),
    ],
)
def test_instruction_is_found_as_it_is_printed(pattern: str, expected: int | None) -> None:
    found = subject(image_row(LAYERS)).measure("compressed_bytes", Scope("instruction", pattern))

    assert found.value == expected
    assert (found.reason == "") == (expected is not None)


def test_instruction_of_the_base_is_0_of_the_own_layers() -> None:
    one = subject(image_row(LAYERS, base_layers=1))
    scope = Scope("instruction", "FROM *")

    assert one.measure("content_bytes", scope, "own").value == 0
    assert one.measure("content_bytes", scope, "base").value == 300


def test_split_by_instruction_has_a_piece_for_each_layer_with_its_diff_id() -> None:
    row = image_row(LAYERS)

    found = subject(row).measure("visible_bytes", IMAGE)

    assert pieces(found, "instruction") == [
        ("FROM debian", "", 300, 0),
        ("RUN /bin/sh -c apt-get update # buildkit", "", 100, 1),
        ("", "", 10, 2),
    ]
    assert [piece.diff_id for piece in found.splits[0].pieces] == [
        layer.diff_id for layer in row.layers
    ]


def test_split_of_own_layers_has_no_piece_of_the_base() -> None:
    found = subject(image_row(LAYERS, base_layers=1)).measure("files", IMAGE, "own")

    assert [(label, amount) for label, _, amount, _ in pieces(found, "instruction")] == [
        ("RUN /bin/sh -c apt-get update # buildkit", 2),
        ("", 2),
    ]


def test_wasted_bytes_split_by_cause_and_path_without_any_table() -> None:
    rows = [
        WasteRow(path="/a", bytes=5, cause="deleted", layer=0, hidden_by_layer=1),
        WasteRow(path="/a", bytes=6, cause="deleted", layer=1, hidden_by_layer=2),
        WasteRow(path="/a", bytes=2, cause="overwritten", layer=1, hidden_by_layer=2),
        WasteRow(path="/b", bytes=7, cause="overwritten", layer=1, hidden_by_layer=2),
    ]
    row = image_row([("A", 1, 9, 5), ("B", 1, 20, 15), ("C", 1, 1, 0)], waste=rows, base_layers=1)

    whole = subject(row).measure("wasted_bytes", IMAGE)
    own = subject(row).measure("wasted_bytes", IMAGE, "own")

    assert pieces(whole, "cause") == [("deleted", "", 11, None), ("overwritten", "", 9, 1)]
    assert pieces(whole, "path") == [
        ("/a", "deleted", 11, None),
        ("/a", "overwritten", 2, 1),
        ("/b", "overwritten", 7, 1),
    ]
    assert own.value == 15
    assert pieces(own, "cause") == [("deleted", "", 6, 1), ("overwritten", "", 9, 1)]


def test_efficiency_is_explained_by_what_is_wasted() -> None:
    found = subject(image_row(LAYERS)).measure("efficiency", IMAGE)

    assert [(split.by, split.metric, split.total) for split in found.splits] == [
        ("cause", "wasted_bytes", 20),
        ("path", "wasted_bytes", 20),
    ]


def test_split_that_does_not_sum_to_the_number_is_left_out() -> None:
    row = msgspec.structs.replace(image_row(LAYERS), wasted_bytes=1)

    assert list(subject(row).measure("wasted_bytes", IMAGE).splits) == []


def test_tables_split_stored_sizes_by_what_the_layers_hold() -> None:
    row = image_row([("A", 10, 30, 0), ("B", 20, 50, 4)])
    files = files_table(
        {"path": "/a", "size_bytes": 30},
        {"path": "/b", "size_bytes": 46, "layer": 1},
        {"path": "/empty", "layer": 1},
        {"path": "/link", "size_bytes": 46, "layer": 1, "linked_to": "/b"},
    )
    packages = packages_table(
        {"name": "bash", "visible_bytes": 30, "hidden_bytes": 1},
        {"name": "", "kind": "unowned", "version": "", "visible_bytes": 46, "hidden_bytes": 3},
    )

    found = subject(row, tables={"files": files, "packages": packages}).measure(
        "compressed_bytes", IMAGE
    )

    assert found.value == 30
    assert {split.by: (split.metric, split.total) for split in found.splits} == {
        "instruction": ("compressed_bytes", 30),
        "package": ("content_bytes", 80),
        "path": ("content_bytes", 80),
    }
    assert pieces(found, "package") == [("bash", "deb", 31, None), ("", "unowned", 49, None)]
    assert pieces(found, "path") == [
        ("/hidden/1", "deleted", 4, 1),
        ("/a", "", 30, 0),
        ("/b", "", 46, 1),
    ]


def test_sizes_are_those_of_the_image_and_packages_if_they_are_known() -> None:
    row = image_row(LAYERS)
    packages = packages_table(
        {"name": "bash", "visible_bytes": 410},
        {"name": "old", "state": "hidden", "hidden_bytes": 20},
    )

    plain = subject(row).sizes()
    told = subject(row, tables={"packages": packages}).sizes()

    assert plain == {
        "compressed_bytes": 157,
        "uncompressed_bytes": 3430,
        "content_bytes": 430,
        "visible_bytes": 410,
        "wasted_bytes": 20,
        "efficiency": 410 / 430,
        "files": 6,
        "layers": 3,
    }
    assert told == {**plain, "packages": 1}


def test_subject_tells_its_name_its_age_and_its_layers() -> None:
    row = image_row(LAYERS, created="2026-01-02T03:04:05Z", names=["app:1", "app:2"])

    one = subject(row)

    assert one.name.names == ["app:1", "app:2"]
    assert one.created == "2026-01-02T03:04:05Z"
    assert [
        (each.digest, each.diff_id, each.created_by, each.compression, each.compressed_bytes)
        for each in one.layers
    ] == [
        (each.digest, each.diff_id, each.created_by, "gzip", each.compressed_bytes)
        for each in row.layers
    ]


def test_run_numbers_are_those_of_all_images_together() -> None:
    report = report_of(image_row(LAYERS), image_row(LAYERS[:1], input="b.tar"))

    found = run_numbers(report)

    assert found["images"] == 2
    assert found["blob_bytes_referenced"] == 257
    assert found["blob_bytes_unique"] == 157
    assert "compressed_bytes" not in found
    assert set(found) <= set(METRICS)


def test_run_number_that_is_no_number_is_none() -> None:
    row = MetricRow(name="images", scope="run", value=float("inf"), unit="count")
    report = msgspec.structs.replace(report_of(image_row()), metrics=[row])

    assert run_numbers(report) == {"images": None}
