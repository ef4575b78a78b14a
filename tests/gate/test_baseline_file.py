"""A baseline file is read as it was written, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError
from layerscope.gate.baseline import (
    baseline_bytes,
    baseline_of,
    checksum_of,
    is_baseline,
    load_baseline,
    subjects_kept,
)
from layerscope.gate.measured import Measured
from layerscope.gate.policy import Budget, Policy
from tests.gate.baseline_subjects import TableSubject, by_layer, by_package, image_name, layer
from tests.gate.made import image_row, report_of

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS = (layer("FROM base", 100), layer("RUN make", 43))
ANSWERS = {
    ("compressed_bytes", "image", "", "all"): Measured(
        143,
        splits=(
            by_layer("compressed_bytes", LAYERS, {0: 100, 1: 43}),
            by_package("content_bytes", {"bash": 200, "libc6": 90}),
        ),
    ),
    ("efficiency", "image", "", "all"): Measured(0.5),
}
POLICY = Policy((Budget("size", "compressed_bytes"), Budget("waste", "efficiency")))
DOCUMENT = baseline_of(
    POLICY,
    [TableSubject(image_name(name), ANSWERS, LAYERS) for name in ("app:1", "db:1")],
)
DATA = baseline_bytes(DOCUMENT)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The file with a change in its first image, and a checksum that fits it."""
    values = json.loads(DATA)
    change(values["images"][0])
    values["checksum"] = checksum_of(values)
    return json.dumps(values).encode()


def size(image: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = image["numbers"][0]
    assert row["metric"] == "compressed_bytes"
    return row


def read_or_refused(data: bytes) -> bool:
    """Whether the bytes are refused, or else mean just what was written."""
    try:
        return load_baseline(data) == DOCUMENT
    except BadDocumentError:
        return True


def test_baseline_cut_anywhere_is_refused() -> None:
    for length in range(len(DATA) - 1):  # What is cut last is the line break at the end.
        with pytest.raises(BadDocumentError):
            load_baseline(DATA[:length])


def test_baseline_with_any_byte_changed_is_refused_or_says_the_same() -> None:
    refused = 0
    for position, byte in enumerate(DATA):
        flipped = bytearray(DATA)
        flipped[position] = byte ^ 1
        assert read_or_refused(bytes(flipped)), position
        try:
            load_baseline(bytes(flipped))
        except BadDocumentError:
            refused += 1

    # Only a blank that becomes another byte could be harmless, and "!" is not.
    assert refused == len(DATA)


@given(
    st.integers(0, len(DATA)), st.integers(0, 40), st.binary(max_size=8) | st.sampled_from([b"9"])
)
def test_baseline_with_any_bytes_replaced_is_refused_or_says_the_same(
    start: int, length: int, other: bytes
) -> None:
    assert read_or_refused(DATA[:start] + other + DATA[start + length :])


@given(st.data())
def test_baseline_with_any_line_gone_or_twice_is_refused(data: st.DataObject) -> None:
    lines = DATA.splitlines(keepends=True)
    position = data.draw(st.integers(0, len(lines) - 1))
    times = data.draw(st.sampled_from([0, 2]))

    broken = lines[:position] + lines[position : position + 1] * times + lines[position + 1 :]

    with pytest.raises(BadDocumentError):
        load_baseline(b"".join(broken))


def test_baseline_with_a_key_twice_is_refused_though_the_last_is_right() -> None:
    doubled = DATA.replace(b'"value": 143', b'"value": 999, "value": 143', 1)

    with pytest.raises(BadDocumentError, match="twice"):
        load_baseline(doubled)


def test_baseline_with_an_edited_number_is_refused_with_the_way_out() -> None:
    with pytest.raises(BadDocumentError, match="damaged, edited or merged") as caught:
        load_baseline(DATA.replace(b'"value": 0.5', b'"value": 0.6', 1), "b.json")

    assert caught.value.exit_status == 3
    assert caught.value.reading == "b.json"
    assert "gate --update-baseline" in caught.value.hint


def test_baseline_in_another_layout_says_the_same() -> None:
    values = json.loads(DATA)
    reversed_keys = dict(reversed(values.items()))

    assert load_baseline(json.dumps(reversed_keys, indent=4).encode()) == DOCUMENT
    assert load_baseline(json.dumps(values, separators=(",", ":")).encode("utf-16")) == DOCUMENT


def test_baseline_with_a_field_of_a_later_release_is_read() -> None:
    data = changed(lambda image: image.update(later=[1, {"x": None}]))

    assert load_baseline(data).images == DOCUMENT.images


def test_baseline_with_a_metric_of_a_later_release_is_read() -> None:
    data = changed(lambda image: size(image).update(metric="later_bytes", split_by_instruction=[]))

    assert load_baseline(data).images[0].numbers[0].metric == "later_bytes"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda image: size(image).update(value=-1), "negative"),
        (lambda image: size(image).update(value=2**63), "too large"),
        (lambda image: size(image).update(value=142), "another number"),
        (lambda image: size(image).update(value=None), "another number"),
        (lambda image: size(image).update(value=143.5), "whole number"),
        (lambda image: size(image).update(value="143"), "Expected"),
        (lambda image: size(image).update(value=True), "Expected"),
        (lambda image: size(image).update(unit="count"), "unit"),
        (lambda image: size(image).update(part="most"), "Invalid enum"),
        (lambda image: size(image).update(scope="run"), "Invalid enum"),
        (lambda image: size(image).pop("pattern"), "missing"),
        (lambda image: image["numbers"][1].update(value=-0.5), "negative"),
        (lambda image: image["numbers"].append(size(image)), "twice"),
        (lambda image: size(image)["split_by_instruction"][0].update(amounts=[100, 42]), "142"),
        (lambda image: size(image)["split_by_instruction"][0].update(amounts=[143]), "1 amounts"),
        (lambda image: size(image)["split_by_instruction"][0].update(amounts=[150, -7]), "negat"),
        (lambda image: size(image)["split_by_package"][0].update(rest=1), "sum to 291, not to 290"),
        (lambda image: size(image)["split_by_package"][0].update(rest=-1), "negative"),
        (lambda image: size(image)["split_by_package"][0].update(total=289), "not to 289"),
        (
            lambda image: size(image)["split_by_package"][0].update(rest=2**63, total=2**63 + 290),
            "too large",
        ),
        (lambda image: image.update(base_layers=3), "3 of 2 layers"),
        (lambda image: image.update(base_layers=-1), "-1 of 2 layers"),
        (lambda image: image["layers"][0].update(compressed_bytes=-1), "size is negative"),
        (lambda image: image["layers"].pop(), "2 amounts for 1 layers"),
        (lambda image: image.update(names=["db:1"]), "the same image"),
        (lambda image: image.update(names="app:1"), "Expected"),
        (lambda image: image.pop("platform"), "missing"),
    ],
)
def test_baseline_that_contradicts_itself_is_refused_though_its_checksum_fits(
    change: Callable[[dict[str, Any]], None], words: str
) -> None:
    with pytest.raises(BadDocumentError, match=words):
        load_baseline(changed(change))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": "layerscope.baseline/1"}',
        b'{"schema": "layerscope.baseline/2", "images": [], "checksum": ""}',
        b'{"schema": ["layerscope.baseline/1"]}',
        b'{"schema": "layerscope.report/1", "images": []}',
        DATA.replace(b'"value": 0.5', b'"value": NaN'),
        DATA.replace(b'"value": 0.5', b'"value": 1e999'),
        DATA.replace(b'"value": 143', b'"value": 1' + b"0" * 5000),
    ],
)
def test_baseline_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(BadDocumentError):
        load_baseline(data)


def test_baseline_gives_its_images_in_order() -> None:
    names = [subject.name.names for subject in subjects_kept(load_baseline(DATA))]

    assert names == [["app:1"], ["db:1"]]


def test_baseline_is_told_from_a_report_by_its_schema() -> None:
    report = msgspec.to_builtins(report_of(image_row()))

    assert is_baseline(json.loads(DATA))
    assert is_baseline({"schema": "layerscope.baseline/9"})
    assert not is_baseline(report)
    assert not is_baseline({"images": []})
    assert not is_baseline([])
