from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError, InputError, OverLimitError
from layerscope.oci import document
from layerscope.oci.document import (
    MAX_DEPTH,
    HugeNumber,
    optional_bool,
    optional_int,
    optional_str,
    others,
    parse_array,
    parse_object,
    size,
    str_map,
    string_list,
)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=5), st.booleans())
def test_object_that_json_wrote_is_read_equal(value: dict[str, object], as_ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=as_ascii).encode()

    assert parse_object(data, "config") == value


@given(st.binary() | st.text('{}[]",:\\ud8001eE.+-nulltrue ').map(str.encode))
def test_any_bytes_are_an_object_or_an_input_error(data: bytes) -> None:
    value: dict[str, object] = {}
    said = "config: "
    try:
        value = parse_object(data, "config")
    except InputError as error:
        said = str(error)

    assert said.startswith("config: ")
    assert said.isprintable()
    assert json.dumps(value, allow_nan=False).isascii()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty document"),
        (b" ", "ends early"),
        (b"null", "expected an object, found nothing"),
        (b"[]", "expected an object, found a list"),
        (b'"x"', 'found the text "x"'),
        (b"true", "found true"),
        (b"1", "found the number 1"),
        (b'{"a":', "ends early"),
        (b"{}{}", "found more at character 2"),
        (b"{},", "found more at character 2"),
        (b"// c\n{}", "expecting value"),
        (b"\xef\xbb\xbf{}", "a byte order mark"),
        ("{}".encode("utf-16"), "a byte order mark"),
        ("{}".encode("utf-16-le"), "expected JSON"),
        ("{}".encode("utf-32-be"), "expected JSON"),
        (b'{"a":NaN}', "found NaN"),
        (b'{"a":-Infinity}', "found -Infinity"),
        (b'{"a":01}', "expected JSON"),
        (b'{"a":"\n"}', "expected JSON"),
        (b"{'a':1}", "expected JSON"),
        (b'{"a":1,}', "expected JSON"),
    ],
)
def test_object_of_bad_bytes_says_what_was_found(data: bytes, says: str) -> None:
    with pytest.raises(BadDocumentError, match=says):
        parse_object(data, "config")


def test_array_of_an_object_is_refused() -> None:
    with pytest.raises(BadDocumentError, match="expected a list, found an object"):
        parse_array(b"{}", "manifest.json")


def test_array_is_read() -> None:
    assert parse_array(b'[{"Layers":null}]', "manifest.json") == [{"Layers": None}]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"a":"\xff\xfe"}', "\ufffd\ufffd"),
        (b'{"a":"\xed\xa0\x80"}', "\ufffd\ufffd\ufffd"),
        (rb'{"a":"\ud800"}', "\ufffd"),
        (rb'{"a":"\uDC80\uD800x"}', "\ufffd\ufffdx"),
        (rb'{"a":"\ud83d\ude00"}', "\U0001f600"),
        (rb'{"a":"\ud800\ud83d\ude00"}', "\ufffd\U0001f600"),
        (rb'{"a":"\\ud800"}', "\\ud800"),
        (rb'{"a":"\\\ud800"}', "\\\ufffd"),
    ],
)
def test_text_that_is_no_unicode_becomes_replacement_characters(data: bytes, text: str) -> None:
    assert parse_object(data, "config") == {"a": text}


def test_key_that_stands_twice_has_its_last_value() -> None:
    data = b'{"rootfs":{"type":"layers","x":1},"rootfs":{"type":"other"}}'

    assert parse_object(data, "config") == {"rootfs": {"type": "other"}}


def test_key_of_python_internals_is_plain_data() -> None:
    value = parse_object(b'{"__proto__":{"x":1},"__class__":"x","":1}', "config")

    assert value == {"__proto__": {"x": 1}, "__class__": "x", "": 1}


@pytest.mark.parametrize("text", ["9" * 100_000, "-" + "9" * 41, "1e999999999", "-1E+400"])
def test_number_that_no_machine_number_holds_stays_text(text: str) -> None:
    value = parse_object(f'{{"n":{text}}}'.encode(), "config")["n"]

    assert isinstance(value, HugeNumber)
    assert value == text
    assert math.isfinite(len(json.dumps(value)))


def test_number_of_ten_million_digits_is_never_turned_into_an_integer() -> None:
    # That would take minutes, or be refused by Python, whose own bound is 4300 digits.
    digits = "9" * 10_000_000

    value = parse_object(f'{{"n":{digits},"m":0.{digits}}}'.encode(), "config")

    assert value == {"n": digits, "m": f"0.{digits}"}


def nested(depth: int, opening: bytes, closing: bytes) -> bytes:
    """An object that holds `depth` - 1 more levels."""
    return b'{"n":' + opening * (depth - 1) + b"0" + closing * (depth - 1) + b"}"


@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_at_the_limit_is_read_and_beyond_it_refused(brackets: tuple[bytes, bytes]) -> None:
    assert parse_object(nested(MAX_DEPTH, *brackets), "config")

    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(BadDocumentError, match="nested deeper than 200"):
            parse_object(nested(depth, *brackets), "config")


def test_depth_of_wide_documents_is_not_their_width() -> None:
    assert len(parse_array(b"[" + b"[],{}," * 1000 + b"0]", "manifest.json")) == 2001


def test_containers_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_CONTAINERS", 3)

    assert parse_object(b'{"a":[{}]}', "config") == {"a": [{}]}
    with pytest.raises(OverLimitError, match="more than 3 JSON objects"):
        parse_object(b'{"a":[{},{}]}', "config")


@pytest.mark.parametrize(
    "value", [None, True, -1, 1.0, 1e300, 10**30, 2**63, "12", [], {}, HugeNumber("9" * 50)]
)
def test_size_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(BadDocumentError, match="size: expected a number of bytes, found"):
        size({"size": value}, "size", "layer")


def test_size_that_is_missing_is_refused() -> None:
    with pytest.raises(BadDocumentError, match=r"layer: size: expected .*, found nothing"):
        size({}, "size", "layer")


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1])
def test_size_in_range_is_kept(value: int) -> None:
    assert size({"size": value}, "size", "layer") == value


def test_optional_fields_that_are_null_or_missing_are_empty() -> None:
    empty: list[dict[str, object]] = [{}, {"a": None}]

    for obj in empty:
        assert optional_str(obj, "a", "x") is None
        assert optional_int(obj, "a", "x") is None
        assert optional_bool(obj, "a", "x") is False
        assert string_list(obj, "a", "x") == ()
        assert str_map(obj, "a", "x") == {}


def test_null_inside_lists_and_maps_of_texts_is_an_empty_text() -> None:
    assert string_list({"a": ["b", None]}, "a", "x") == ("b", "")
    assert str_map({"a": {"b": None, "c": "d"}}, "a", "x") == {"b": "", "c": "d"}


def test_wrong_type_inside_a_map_names_the_key_escaped() -> None:
    with pytest.raises(BadDocumentError) as caught:
        str_map({"labels": {"a\x1b": 1}}, "labels", "config")

    expected = r"config: labels.a\x1b: expected a text, found the number 1 (bad-document)"
    assert str(caught.value) == expected


def test_wrong_type_inside_a_list_names_the_position() -> None:
    with pytest.raises(BadDocumentError, match=r"Env\[1\]: expected a text, found an object"):
        string_list({"Env": ["a", {}]}, "Env", "config")


def test_others_are_the_fields_not_known() -> None:
    assert others({"a": 1, "b": 2}, frozenset({"a"})) == {"b": 2}
