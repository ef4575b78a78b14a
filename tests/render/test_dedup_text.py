from __future__ import annotations

import msgspec

from layerscope.render.dedup_text import IMAGES_SHOWN, dedup_text
from layerscope.report.answers import ImageName
from layerscope.report.dedup_document import (
    DedupDocument,
    DedupImage,
    DedupLevel,
    ImageLevelRow,
    LevelRow,
)
from layerscope.report.document import PlatformRow, Tool

LEVELS: list[DedupLevel] = ["referenced", "blob", "diff_id", "file"]


def document_of(names: list[str], *content: int | None) -> DedupDocument:
    """Images that are alike, and levels of that much content."""
    return DedupDocument(
        tool=Tool(version="1"),
        index_entry_bytes=40,
        levels=[
            LevelRow(
                level=level,
                objects=None if count is None else 1234,
                entries=5,
                compressed_bytes=2000 if level in ("referenced", "blob") else None,
                content_bytes=count,
                index_bytes=4000,
                requests=5678,
            )
            for level, count in zip(LEVELS, content, strict=True)
        ],
        images=[
            DedupImage(
                image=ImageName(
                    input="all.tar",
                    source="oci",
                    index=index,
                    names=[name],
                    platform=PlatformRow(os="linux", architecture="amd64"),
                    manifest_digest=None,
                    config_digest=None,
                ),
                same_as=index,
                levels=[
                    ImageLevelRow(
                        level=level,
                        objects=7,
                        compressed_bytes=None,
                        content_bytes=3000,
                        unique_bytes=count,
                    )
                    for level, count in zip(LEVELS, content, strict=True)
                ],
            )
            for index, name in enumerate(names)
        ],
        skipped=[],
        faults=[],
    )


def test_each_level_says_how_many_times_less_is_left() -> None:
    text = dedup_text(document_of(["a:1"], 6000, 6000, 3000, 2000)).decode()

    factors = [line.split()[-4] for line in text.splitlines()[4:8]]
    assert factors == ["1.00x", "1.00x", "2.00x", "3.00x"]
    assert "stored: blobs as they are, 1.00x less." in text


def test_what_was_not_measured_is_a_question_mark_and_no_zero() -> None:
    text = dedup_text(document_of(["a:1"], 6000, 6000, 3000, None)).decode()

    line = text.splitlines()[7].split()
    assert line == ["files", "?", "-", "?", "?", "4.0", "kB", "5,678"]
    assert text.splitlines()[-1].split() == ["a:1", "3.0", "kB", "3.0", "kB", "?", "7", "7"]


def test_no_content_at_all_is_no_division_by_zero() -> None:
    text = dedup_text(document_of(["a:1"], 0, 0, 0, 0)).decode()

    assert text.splitlines()[7].split()[:6] == ["files", "1,234", "-", "0", "B", "-"]


def test_names_of_images_are_escaped_and_many_are_left_out_unless_asked_for() -> None:
    names = [f"a\x1b[31m:{at}" for at in range(IMAGES_SHOWN + 2)]
    document = document_of(names, 6000, 6000, 3000, 2000)

    short = dedup_text(document)
    long = dedup_text(document, verbose=True)

    assert b"\x1b" not in short + long
    assert "… and 2 images more (-v)" in short.decode()
    assert len(long.splitlines()) == len(short.splitlines()) + 1


def test_images_of_one_name_are_told_apart_by_their_platforms() -> None:
    document = document_of(["a:1", "a:1"], 6000, 6000, 3000, 2000)
    arm = PlatformRow(os="linux", architecture="arm64")
    first, second = document.images
    name = msgspec.structs.replace(second.image, platform=arm)
    images = [first, msgspec.structs.replace(second, image=name)]

    text = dedup_text(msgspec.structs.replace(document, images=images), width=100).decode()

    assert [line[:15] for line in text.splitlines()[-2:]] == ["a:1 linux/amd64", "a:1 linux/arm64"]


def test_no_images_are_no_text() -> None:
    assert dedup_text(document_of([], 0, 0, 0, 0)) == b""
