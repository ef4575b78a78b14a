from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from layerscope.errors import BadDocumentError
from layerscope.gate.report_checks import MOST, SUMS
from layerscope.gate.report_subject import subjects_of
from layerscope.report.document import DiveRow, DuplicateRow, WasteRow
from tests.gate.made import image_row, report_of

if TYPE_CHECKING:
    from layerscope.report.document import ImageRow


def layer_of(**fields: int) -> dict[str, Any]:
    return {"layers": [replace(image_row().layers[0], **fields)]}


def waste(amount: int) -> WasteRow:
    return WasteRow(path="/a", bytes=amount, cause="deleted", layer=0, hidden_by_layer=1)


def dive(amount: int) -> DiveRow:
    return DiveRow(
        efficiency=1.0,
        wasted_bytes=amount,
        size_bytes=1,
        user_size_bytes=1,
        user_wasted_ratio=0.0,
        differences=[],
    )


@pytest.mark.parametrize("amount", [-1, MOST + 1, 10**30])
@pytest.mark.parametrize("kind", ["image", "layer", "waste", "duplicates", "dive"])
def test_number_that_cannot_be_is_refused(kind: str, amount: int) -> None:
    fields: dict[str, dict[str, Any]] = {
        "image": {"visible_bytes": amount},
        "layer": layer_of(uncompressed_bytes=amount),
        "waste": {"waste": [waste(amount)]},
        "duplicates": {"duplicates": [DuplicateRow(content="blake3:a", bytes=amount, paths=[])]},
        "dive": {"dive": dive(amount)},
    }
    good: ImageRow = image_row()
    report = report_of(good)
    assert subjects_of(report)

    with pytest.raises(BadDocumentError, match=r"images\[0\]: a number is negative or too large"):
        subjects_of(replace(report, images=[replace(good, **fields[kind])]))


def test_number_of_the_run_that_cannot_be_is_refused() -> None:
    report = report_of(image_row())
    first, *others = report.metrics

    with pytest.raises(BadDocumentError, match="number of the run"):
        subjects_of(replace(report, metrics=[replace(first, value=-1), *others]))


def test_largest_number_is_taken() -> None:
    row = image_row([("FROM base", MOST, 300, 0)])

    assert subjects_of(report_of(row))


@pytest.mark.parametrize("name", SUMS)
def test_total_that_is_not_the_sum_of_the_layers_is_refused(name: str) -> None:
    row = image_row()
    smaller = replace(row, **{name: getattr(row, name) - 1})

    with pytest.raises(BadDocumentError, match=f"{name} is not the sum"):
        subjects_of(report_of(smaller))
