from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.sources.transport import open_one
from layerscope.sources.validate import check, notes
from tests.sources.archives import CONFIG, LAYER, MANIFEST, Layout, config, dump, layer

if TYPE_CHECKING:
    from pathlib import Path


def test_validate_sound_image_has_neither_fault_nor_note(tmp_path: Path) -> None:
    layout = Layout()
    one = layer("a")
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(config([one]), CONFIG),
        "layers": [layout.blob(one, LAYER)],
    }
    layout.add(layout.blob(dump(manifest), MANIFEST))

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert check(opened) == []
    assert notes(opened) == []


@pytest.mark.parametrize(
    "text", [b'{"imageLayoutVersion":"2.0.0"}', b"{}", b"[]", b'{"imageLayoutVersion":1}', b""]
)
def test_validate_other_layout_version_is_a_fault_and_the_image_is_read(
    tmp_path: Path, text: bytes
) -> None:
    layout = Layout()
    layout.add(layout.image("a"))
    layout.files["oci-layout"] = text

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert len(opened.images) == 1
    assert opened.faults == ()
    assert [fault.code for fault in check(opened)] == ["bad-document"]


def test_validate_layer_of_other_size_is_a_fault(tmp_path: Path) -> None:
    layout = Layout()
    one = layer("a")
    manifest = {
        "schemaVersion": 2,
        "config": layout.blob(config([one]), CONFIG),
        "layers": [{**layout.blob(one, LAYER), "size": 7}],
    }
    layout.add(layout.blob(dump(manifest), MANIFEST))

    (fault,) = check(open_one(layout.tar(tmp_path / "a.tar")))

    assert (fault.code, fault.image, fault.layer) == ("size-mismatch", 0, 0)


def test_validate_config_without_platform_is_a_note(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a", os="", architecture=""))

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert check(opened) == []
    assert any("platform" in note.message for note in notes(opened))


def test_validate_manifest_that_says_it_is_something_else_is_a_fault(tmp_path: Path) -> None:
    layout = Layout()
    one = layer("a")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "text/plain",
        "config": layout.blob(config([one]), CONFIG),
        "layers": [layout.blob(one, LAYER)],
    }
    layout.add(layout.blob(dump(manifest), MANIFEST))

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert [fault.code for fault in opened.faults] == ["bad-document"]
    assert opened.images == ()


@pytest.mark.parametrize("steps", [1, 3])
def test_validate_history_of_other_length_is_a_note(tmp_path: Path, steps: int) -> None:
    layout = Layout()
    history = [{"created_by": "x"}] * steps
    layout.add(layout.image("a", "b", history=history))

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert check(opened) == []
    assert sum("history" in note.message for note in notes(opened)) == 1
