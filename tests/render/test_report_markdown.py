from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from layerscope.render.markdown_parts import COMMENT_BYTES
from layerscope.render.report_markdown import report_markdown
from layerscope.report.document import FaultRow, SkippedRow
from tests.render import verdicts
from tests.render.markdown_page import OURS, Page, blocks_are_whole
from tests.render.reports import APP, BASE, hostile, report_on

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.document import Report


def text_of(report: Report) -> str:
    return report_markdown(report).decode()


def test_one_image_has_sizes_layers_waste_with_its_cause_and_junk(tmp_path: Path) -> None:
    text = text_of(report_on(tmp_path, APP))

    assert text.startswith("### <code>app&#58;1</code> <code>linux/amd64</code>\n\n<code>")
    assert "| content (the files) | 102.5 kB |\n" in text
    # 500 and 2,001 of 102,501 bytes are seen.
    assert "| visible in the image | 2.5 kB (2.4%) |\n| wasted (never seen) | 100.0 kB |" in text
    assert re.search(
        r"\| 0 \| <code>RUN apt-get install x</code> \| [0-9.]+ kB \| 100\.5 kB \| 100\.0 kB \|",
        text,
    )
    assert "<details><summary>Wasted: 100.0 kB (deleted 100.0 kB)</summary>" in text
    assert (
        "| 100.0 kB | 1 | <code>/var/cache/apt/archives/x.deb</code> | deleted "
        "| layer 0, hidden by 1 |" in text
    )
    assert "<details><summary>Known junk: 100.0 kB</summary>" in text
    assert "Layers that are equal by" not in text
    blocks_are_whole(text)


def test_several_images_have_a_table_of_all_and_what_they_share(tmp_path: Path) -> None:
    report = report_on(tmp_path, BASE, APP)

    text = text_of(report)

    assert text.startswith("### layerscope: 2 images\n\n| Image | layers | compressed |")
    assert text.count("\n#### ") == 2
    base = report.images[0].layers[0].uncompressed_bytes
    assert base is not None
    referenced = report.sharing.diff_id_bytes.referenced
    assert referenced is not None
    share = f"({100 * base / referenced:.1f}%) |"
    assert next(line for line in text.split("\n") if "DiffID" in line).endswith(share)
    # Layers of many images would bury what comes after them.
    assert "<details><summary>Layers: 3</summary>" in text
    blocks_are_whole(text)


def test_damaged_layer_and_faults_are_told_and_nothing_is_taken_for_zero(tmp_path: Path) -> None:
    report = report_on(tmp_path, APP)
    image = report.images[0]
    layer = msgspec.structs.replace(image.layers[1], verified="failed", content_bytes=None)
    image = msgspec.structs.replace(
        image,
        layers=[image.layers[0], layer, image.layers[2]],
        content_bytes=None,
        visible_bytes=None,
        wasted_bytes=None,
        waste=None,
        junk=None,
    )
    fault = FaultRow(input="app.tar", code="corrupt-layer", message="layer 1 ends early")
    skipped = SkippedRow(input="app.tar", what="artifact", digest=None)

    text = text_of(
        msgspec.structs.replace(report, images=[image], faults=[fault], skipped=[skipped])
    )

    assert text.startswith("**Faults**\n\n- <code>app.tar</code>: <code>layer 1 ends early</code>")
    assert "| content (the files) | ? |\n" in text
    assert "wasted" not in text
    assert "| 1 | **damaged** <code>RUN apt-get clean</code> |" in text
    assert text.endswith("\n\n1 part of the inputs skipped.\n")


def test_report_without_images_tells_its_faults(tmp_path: Path) -> None:
    report = report_on(tmp_path, BASE)
    fault = FaultRow(input="x.tar", code="no-image", message="it holds no image")

    text = text_of(msgspec.structs.replace(report, images=[], faults=[fault]))

    assert text.startswith("### layerscope: 0 images\n\n**Faults**\n\n- <code>x.tar</code>: ")


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_hostile_texts_give_no_link_tag_heading_or_mention(tmp_path: Path, text: str) -> None:
    report = report_on(tmp_path, BASE, APP)
    fault = FaultRow(input="a", code="b", message="c")
    report = hostile(msgspec.structs.replace(report, faults=[fault]), text)

    for shown in (report, msgspec.structs.replace(report, images=report.images[1:])):
        markdown = text_of(shown)
        page = Page(markdown)

        blocks_are_whole(markdown)
        assert set(page.tags) <= OURS | {"h4"}
        assert page.attributes <= {"td style", "th style"}
        assert page.tags.count("h3") + page.tags.count("h4") == len(shown.images) + (
            len(shown.images) > 1
        )
        assert set(page.comments) <= {" "}
        assert page.open == []
        assert not re.search(r"[@#\\`|<\[\]]|www\.|//", "\n".join(page.plain))
        assert [part for part in page.in_code if re.search(r"\S@", part)] == []
        assert [part for part in page.in_code if not part.isprintable()] == []


def huge(report: Report, text: str) -> Report:
    """500 images of 200 layers and 1,000 paths of waste each."""
    image = hostile(report, text).images[0]
    layers = [msgspec.structs.replace(image.layers[0], index=at) for at in range(200)]
    assert image.waste
    waste = [
        msgspec.structs.replace(image.waste[0], path=f"/{at}{text}", bytes=at) for at in range(1000)
    ]
    image = msgspec.structs.replace(image, layers=layers, waste=waste)
    images = [msgspec.structs.replace(image, index=at, names=[f"i{at}"]) for at in range(500)]
    shared = report.sharing.images[0]
    sharing = msgspec.structs.replace(report.sharing, images=[shared] * 500)
    faults = [FaultRow(input=text, code="no-image", message=text)] * 500
    return msgspec.structs.replace(report, images=images, sharing=sharing, faults=faults)


@pytest.mark.parametrize("limit", [2000, 10_000, COMMENT_BYTES])
@pytest.mark.parametrize("text", ["x" * 5000, "<" * 5000, "\U0001f308" * 300])
def test_huge_report_keeps_to_its_limit_and_counts_what_it_leaves_out(
    tmp_path: Path, text: str, limit: int
) -> None:
    report = huge(report_on(tmp_path, APP), text)

    whole = report_markdown(report, limit)

    markdown = whole.decode()
    assert len(whole) <= limit
    blocks_are_whole(markdown)
    found = re.search(r"\n… ([0-9]+) more images and [0-9]+ more parts?; the whole", markdown)
    assert found
    assert markdown.count("\n#### ") + int(found[1]) == 500
    assert markdown.endswith("; the whole report is in the JSON.\n")


def test_limit_without_room_for_anything_is_refused(tmp_path: Path) -> None:
    report = report_on(tmp_path, BASE)

    with pytest.raises(ValueError, match="no room in 20 bytes"):
        report_markdown(report, 20)
