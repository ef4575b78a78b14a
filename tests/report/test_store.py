from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError
from layerscope.report.from_results import build
from layerscope.report.store import dump, load
from tests.report.made import image, layer, opened, outcomes, record

if TYPE_CHECKING:
    from layerscope.report.document import Report


def report(name: str = "app:1", created_by: str | None = "COPY a /") -> Report:
    history = ((record(created_by), 0),)
    inputs = [opened(image(name, layer(0, "base", created_by=created_by), history=history))]
    return build(inputs, outcomes(inputs, {"base": (100, 1000, 900)}))


def test_dump_is_ascii_with_sorted_keys_and_a_final_newline() -> None:
    data = dump(report("ünï日:1"))

    assert data.isascii()
    assert data.endswith(b"}\n")
    keys = list(json.loads(data))
    assert keys == sorted(keys)


@given(st.text(alphabet=st.characters(), min_size=1))
def test_load_after_dump_is_the_identity(text: str) -> None:
    document = report(text, text)

    assert load(dump(document)) == document


def test_name_with_a_lone_surrogate_is_escaped_and_comes_back() -> None:
    document = report("caf\udce9:1")

    assert rb'"caf\udce9:1"' in dump(document)
    assert load(dump(document)).images[0].names == ["caf\udce9:1"]


def test_load_leaves_unknown_fields_out() -> None:
    document = report()
    values = json.loads(dump(document))
    values["invented"] = values["images"][0]["invented"] = {"deep": [1]}

    assert load(json.dumps(values).encode()) == document


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "expected a report in JSON"),
        (b"[" * 100_000, "expected a report in JSON"),
        (b"[]", "found 'None'"),
        (b'{"schema": "layerscope.report/9"}', "found 'layerscope.report/9'"),
        (b'{"schema": "layerscope.report/1"}', "missing required field"),
        (b"\xff\xfe", "expected a report in JSON"),
    ],
)
def test_load_of_what_is_no_report_is_a_bad_document(data: bytes, says: str) -> None:
    with pytest.raises(BadDocumentError, match=says) as caught:
        load(data, "old.json")

    assert str(caught.value).startswith("old.json: ")
    assert str(caught.value).isprintable()


def test_load_names_the_field_of_a_wrong_type() -> None:
    values = json.loads(dump(report()))
    values["images"][0]["compressed_bytes"] = "many"

    with pytest.raises(BadDocumentError, match="compressed_bytes"):
        load(json.dumps(values).encode())


def test_load_refuses_half_a_character_where_a_number_is_expected() -> None:
    values = json.loads(dump(report()))
    values["images"][0]["history"][0]["empty_layer"] = "\ud800"

    with pytest.raises(BadDocumentError, match="found a text"):
        load(json.dumps(values).encode())
