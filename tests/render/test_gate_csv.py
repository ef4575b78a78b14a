from __future__ import annotations

import csv
from io import StringIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.render.csv_cells import safe_cell
from layerscope.render.gate_csv import COLUMNS, gate_csv
from tests.render import verdicts

NUMBERS = {"layer", "value", "baseline", "delta"}


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_csv_has_a_row_for_each_check_in_the_order_of_the_document() -> None:
    verdict = verdicts.two_images()

    rows = rows_of(gate_csv(verdict))

    assert [row["budget"] for row in rows] == [row.budget for row in verdict.checks]
    assert [row["outcome"] for row in rows] == [row.outcome for row in verdict.checks]
    assert rows[3] == {
        "budget": "own growth",
        "image": "app:2",
        "platform": "linux/amd64",
        "scope": "image",
        "pattern": "",
        "part": "own",
        "layer": "",
        "metric": "compressed_bytes",
        "unit": "bytes",
        "value": "81200000",
        "baseline": "60000000",
        "delta": "21200000",
        "outcome": "fail",
        "counts_as": "fail",
        "severity": "fail",
        "limits": "max-increase 10000000",
        "reason": "the own layers grew by 21.2 MB; at most 10.0 MB are allowed",
        "culprit": (
            "RUN pip install --no-cache-dir -r requirements.… +18.3 MB, line 7; "
            "package torch 2.1.0 to 2.2.1 +31.0 MB; "
            "/usr/lib/python…ckages/torch/lib/libtorch_cpu.so +9.0 MB"
        ),
    }


def test_csv_of_what_is_not_known_has_empty_cells() -> None:
    verdict = verdicts.two_images()

    rows = {row["budget"]: row for row in rows_of(gate_csv(verdict))}

    assert (rows["packages"]["value"], rows["packages"]["outcome"]) == ("", "not-measured")
    assert (rows["stored once"]["image"], rows["stored once"]["platform"]) == ("", "")
    assert rows["any layer"]["layer"] == "6"


def test_csv_has_a_header_and_ends_lines_as_the_standard_says() -> None:
    data = gate_csv(verdicts.all_passed())

    lines = data.decode().split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[-1] == ""
    assert len(lines) == 1 + 3 + 1
    assert "\n" not in "".join(lines)


def test_csv_numbers_are_numbers_even_below_zero() -> None:
    bound = [verdicts.limit("max-increase", 0, holds=True)]
    row = verdicts.check("b", "files", 5, bound, baseline=12)

    assert rows_of(gate_csv(verdicts.verdict([row])))[0]["delta"] == "-7"


def test_csv_tells_images_of_one_name_apart() -> None:
    images = [verdicts.judged(), verdicts.judged()]
    images[1] = msgspec.structs.replace(images[1], name=verdicts.image_name(source="x/b.tar"))
    checks = [msgspec.structs.replace(verdicts.waste_check(), image=at) for at in (0, 1)]

    rows = rows_of(gate_csv(verdicts.verdict(checks, images)))

    assert [row["image"] for row in rows] == ["app.tar: app:2", "b.tar: app:2"]


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_csv_of_hostile_names_computes_nothing_and_is_printable(text: str) -> None:
    verdict = verdicts.hostile(text)

    rows = rows_of(gate_csv(verdict))

    assert len(rows) == len(verdict.checks)
    for row in rows:
        assert set(row) == set(COLUMNS)
        for column, cell in row.items():
            assert cell.isprintable()
            if column not in NUMBERS:
                assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@given(st.text(max_size=40))
def test_cell_never_begins_like_a_formula_nor_after_a_semicolon(text: str) -> None:
    cell = safe_cell(text)

    assert cell.isprintable()
    for part in cell.split(";"):
        assert not part.lstrip(" ").startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("@a", "'@a"),
        (" +1", "' +1"),
        ("\t=1", "'\\x09=1"),
        ("\r", "'\\x0d"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("x; =1", "x; '=1"),
        ("a\x00\x1b[m", "a\\x00\\x1b[m"),
        ("\udcff", "\\xff"),
        ("", ""),
    ],
)
def test_cell_of_a_formula_begins_with_an_apostrophe(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
