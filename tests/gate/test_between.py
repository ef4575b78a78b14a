"""What is new in an image and what a pull of it moves, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from layerscope.gate.between import new_bytes, pull_delta_bytes
from layerscope.gate.measured import Measured, StoredLayer
from layerscope.gate.report_subject import ReportSubject, subjects_of
from layerscope.report.answers import image_name
from tests.gate.made import files_table, image_row, layer_row, report_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.gate.measured import Part
    from layerscope.gate.policy import Scope
    from layerscope.report.answers import ImageName
    from layerscope.report.document import ImageRow
    from tests.gate.made import Cell

    Files = Mapping[str, tuple[str, int]]

BASE = ("FROM base", 100, 300, 0)
OLD = ("COPY app /app", 50, 120, 0)
NEW = ("COPY app /app", 60, 130, 0)


class Kept:
    """What a baseline file knows of an image of which it keeps no layers."""

    name: ImageName = image_name(image_row())
    created: str | None = None
    layers: Sequence[StoredLayer] = ()
    base_layers: int | None = None
    base_is_guess: bool = False

    def __init__(self, **sizes: int | None) -> None:
        self._sizes = sizes

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        raise AssertionError((metric, scope, part))

    def contents(self) -> None:
        return None

    def sizes(self) -> dict[str, int | float | None]:
        return dict(self._sizes)


def subject(row: ImageRow) -> ReportSubject:
    return subjects_of(report_of(row))[0]


def image(*layers: Any, **fields: Any) -> ReportSubject:  # noqa: ANN401 - as of `image_row`
    return subject(image_row(layers, **fields))


def filled(files: Files) -> ReportSubject:
    """An image of one layer that holds files: their contents and sizes."""
    rows: list[dict[str, Cell]] = [
        {"path": path, "size_bytes": size, "content": f"blake3:{content}"}
        for path, (content, size) in files.items()
    ]
    row = image_row([("COPY . /", 1, sum(size for _, size in files.values()), 0)])
    return subjects_of(report_of(row, tables={"files": files_table(*rows)}))[0]


def test_new_bytes_are_contents_that_the_baseline_has_nowhere_each_once() -> None:
    old = filled({"/a": ("1", 5), "/b": ("2", 6)})
    new = filled({"/moved": ("1", 5), "/z": ("3", 7), "/c": ("3", 7), "/d": ("4", 8)})

    found = new_bytes(new, old)

    assert found.value == 15
    assert [(split.by, split.metric, split.total) for split in found.splits] == [
        ("path", "new_bytes", 15)
    ]
    assert [(piece.label, piece.amount, piece.layer) for piece in found.splits[0].pieces] == [
        ("/c", 7, 0),
        ("/d", 8, 0),
    ]


def test_image_has_no_new_bytes_over_itself() -> None:
    one = filled({"/a": ("1", 5)})

    assert new_bytes(one, one).value == 0


def test_new_bytes_are_not_known_if_either_image_has_no_table_of_files() -> None:
    told, untold = filled({"/a": ("1", 5)}), subject(image_row())

    for pair, which in (((told, untold), "baseline"), ((untold, told), "image")):
        found = new_bytes(*pair)
        assert found.value is None
        assert found.reason.startswith(f"the contents of the {which} are not known")
    assert new_bytes(told, Kept()).value is None


def test_pull_moves_the_blobs_that_the_baseline_does_not_have() -> None:
    found = pull_delta_bytes(image(BASE, NEW), image(BASE, OLD))

    assert found.value == 60
    assert [(piece.label, piece.amount, piece.layer) for piece in found.splits[0].pieces] == [
        ("FROM base", 0, 0),
        ("COPY app /app", 60, 1),
    ]


def test_pull_moves_a_blob_that_an_image_has_twice_once() -> None:
    found = pull_delta_bytes(image(BASE, NEW, NEW), image(BASE))

    assert found.value == 60
    assert [piece.amount for piece in found.splits[0].pieces] == [0, 60, 0]


def test_pull_of_what_is_there_moves_nothing() -> None:
    one = image(BASE, OLD)

    assert pull_delta_bytes(one, one).value == 0
    assert pull_delta_bytes(image(), one).value == 0


def test_pull_over_an_image_of_no_layers_moves_all() -> None:
    assert pull_delta_bytes(image(BASE, NEW), image()).value == 160
    assert pull_delta_bytes(image(BASE, NEW), Kept(layers=0)).value == 160


def test_pull_over_a_baseline_without_its_layers_is_not_known() -> None:
    for kept in (Kept(), Kept(layers=2), Kept(layers=None)):
        assert pull_delta_bytes(image(BASE), kept) == Measured(
            None, "the layers of the baseline are not known"
        )


@pytest.mark.parametrize(
    ("which", "source", "manifest"),
    [
        ("image", "docker-archive", "sha256:1"),
        ("baseline", "docker-archive", "sha256:1"),
        ("image", "oci-archive", None),
        ("baseline", "docker-archive", None),
    ],
)
def test_pull_of_what_docker_save_wrote_is_not_known(
    which: str, source: str, manifest: str | None
) -> None:
    plain = image(
        layer_row(0, "FROM base", 300, 300, compression="none"),
        source=source,
        manifest_digest=manifest,
    )
    other = image(BASE, OLD)

    found = pull_delta_bytes(plain, other) if which == "image" else pull_delta_bytes(other, plain)

    assert found == Measured(None, f"the {which} is not stored as a registry stores it")


def test_pull_of_an_uncompressed_layout_moves_what_it_stores() -> None:
    plain = image(layer_row(0, "FROM base", 300, 300, compression="none"), source="oci")

    assert pull_delta_bytes(plain, image(BASE)).value == 300


def test_pull_of_a_layer_of_unknown_size_is_not_known_unless_it_is_there() -> None:
    broken = layer_row(0, "FROM base", None, None)

    assert pull_delta_bytes(image(broken), image(BASE)) == Measured(
        None, "the size of layer 0 is not known"
    )
    assert pull_delta_bytes(image(broken), image(broken)).value == 0


def test_pull_of_a_layer_without_a_digest_is_not_known() -> None:
    nameless = layer_row(0, "FROM base", 100, 300, digest=None)

    for pair, which in (
        ((image(nameless), image(BASE)), "image"),
        ((image(BASE), image(nameless)), "baseline"),
    ):
        assert pull_delta_bytes(*pair) == Measured(
            None, f"the digest of a layer of the {which} is not known"
        )
