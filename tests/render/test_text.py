from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from layerscope.journeys.history import steps
from layerscope.render.history_text import history_text
from layerscope.render.text import report_text
from layerscope.report.answers import HistoryDocument, image_name
from layerscope.report.from_results import build
from layerscope.sources.image import Fault, OpenedInput, Skipped
from tests.render.test_escape import EVIL
from tests.report.made import digest, image, layer, opened, outcomes, record

if TYPE_CHECKING:
    from layerscope.report.document import Report

SIZES = {"base": (41_200_000, 98_100_000, 95_000_000), "app": (1_500, 10_240, 34)}
SGR = re.compile(rb"\x1b\[[0-9;]*m")


def report_on(*inputs: OpenedInput) -> Report:
    return build(inputs, outcomes(inputs, SIZES))


def one_image(instruction: str = "RUN make") -> Report:
    return report_on(
        opened(image("shop/app:1", layer(0, "base"), layer(1, "app", created_by=instruction)))
    )


def squeezed(text: bytes) -> list[str]:
    return [" ".join(line.split()) for line in text.decode().splitlines()]


def test_report_text_shows_images_layers_and_three_sizes() -> None:
    lines = squeezed(report_text(one_image()))

    assert lines[0] == "shop/app:1 linux/amd64"
    assert "0 COPY base / 41.2 MB 98.1 MB 95.0 MB" in lines
    assert "1 RUN make 1.5 kB 10.2 kB 34 B" in lines
    assert "2 layers, 4 files 41.2 MB 98.1 MB 95.0 MB" in lines


def test_report_text_of_one_image_says_nothing_twice() -> None:
    text = report_text(one_image())

    assert b"sharing" not in text
    assert text.count(b"shop/app:1") == 1
    assert text.count(b"98.1 MB") == 2  # the base layer, and the sum with 10,240 bytes more


def test_report_text_of_nothing_but_faults_is_empty() -> None:
    fault = Fault("none.tar", "unreadable", "no such file or folder")
    skipped = Skipped("none.tar", "artifact", digest("a"))

    alone = build([OpenedInput("none.tar", "unknown", (), faults=(fault,))], {})
    beside = build([OpenedInput("none.tar", "oci", (), (skipped,), (fault,))], {})

    assert report_text(alone) == b""
    assert b"artifact" in report_text(beside)
    assert b"(unreadable)" in report_text(beside)


def test_narrow_report_leaves_the_room_to_instructions() -> None:
    report = one_image("RUN " + "x" * 200)

    shown = [report_text(report, width=width).decode().count("x") for width in (80, 99, 100)]

    # From 100 columns on the headers "compressed" and "uncompressed" are not broken.
    assert shown[1] == shown[0] + 19
    assert shown[2] < shown[1]


def test_report_text_of_two_images_shows_the_three_sharings() -> None:
    report = report_on(
        opened(
            image("a", layer(0, "base")),
            image("b", layer(0, "base"), layer(1, "app"), index=1),
        )
    )

    lines = squeezed(report_text(report))

    # 41,200,000 + 41,201,500 bytes stored, of which 41,201,500 are distinct.
    assert "blob digest (as stored) 82.4 MB 41.2 MB 41.2 MB 50.0%" in lines
    # 98,100,000 + 98,110,240 bytes unpacked, of which 98,110,240 are distinct.
    assert "DiffID (uncompressed) 196.2 MB 98.1 MB 98.1 MB 50.0%" in lines
    assert "ChainID (uncompressed) 196.2 MB 98.1 MB 98.1 MB 50.0%" in lines
    assert "b linux/amd64 1.5 kB 41.2 MB" in lines


def test_layers_say_in_how_many_images_they_are_whatever_their_compression() -> None:
    inputs = [
        opened(
            image("a", layer(0, "base", diff="same")),
            image("also a", layer(0, "base", diff="same"), index=1, manifest="a"),
            image("b", layer(0, "zstd", diff="same"), layer(1, "app"), index=2),
            image("c", layer(0, "broken", diff="same"), index=3),
        )
    ]
    report = build(inputs, outcomes(inputs, {**SIZES, "zstd": (9, 98_100_000, 95_000_000)}))

    lines = squeezed(report_text(report, width=120))

    # "a" and "also a" are one manifest, so there are three images.
    assert sum(line.startswith("0 COPY base / 2 of 3 ") for line in lines) == 2
    assert any(line.startswith("0 COPY zstd / 2 of 3 ") for line in lines)
    assert any(line.startswith("1 COPY app / 1 of 3 ") for line in lines)
    assert "0 COPY broken / damaged ? ? ? ? ?" in lines
    assert b"in images" not in report_text(one_image(), width=120)


def test_images_of_one_name_are_told_apart_by_their_inputs() -> None:
    one = opened(image("app:1", layer(0, "base"), opened="old/one.tar"))
    two = opened(image("app:1", layer(0, "app"), opened="new/two.tar"))

    lines = squeezed(report_text(report_on(one, two)))

    assert sum(line.startswith("one.tar: app:1 linux/amd64") for line in lines) == 2
    assert sum(line.startswith("two.tar: app:1 linux/amd64") for line in lines) == 2


@pytest.mark.parametrize("width", [70, 80, 120])
def test_report_text_keeps_to_the_width(width: int) -> None:
    text = report_text(one_image("RUN " + "very long instruction " * 30), width=width)

    assert max(len(line) for line in text.decode().splitlines()) <= width
    assert "…" in text.decode()


def test_report_text_never_cuts_numbers_however_narrow() -> None:
    lines = squeezed(report_text(one_image("RUN " + "very long instruction " * 30), width=40))

    assert any(line.startswith("1 RUN") and line.endswith(" 1.5 kB 10.2 kB 34 B") for line in lines)
    assert "95.0 MB" in lines[-1]


def test_report_text_marks_damaged_and_absent_layers_in_words() -> None:
    report = report_on(
        opened(
            image(
                "a",
                layer(0, "base"),
                layer(1, "broken"),
                layer(2, "windows", missing="foreign-layer"),
            )
        )
    )

    lines = squeezed(report_text(report))

    assert "0 COPY base / whole 41.2 MB 98.1 MB 95.0 MB" in lines
    assert "1 COPY broken / damaged ? ? ?" in lines
    assert "2 COPY windows / not there ? ? ?" in lines
    assert "3 layers ? ? ?" in lines
    assert any("(digest-mismatch)" in line for line in lines)


def test_report_text_of_many_images_lists_layers_only_when_asked() -> None:
    many = [image(f"app:{n}", layer(0, "base"), index=n, manifest=str(n)) for n in range(9)]
    report = report_on(opened(*many))

    assert b"COPY base" not in report_text(report)
    assert b"-v prints the layers of all 9 images." in report_text(report)
    assert report_text(report, verbose=True).count(b"COPY base /") == 9


def test_report_text_counts_skipped_items_when_they_are_many() -> None:
    items = tuple(Skipped("app.tar", "artifact", digest(str(n))) for n in range(30))
    report = build([OpenedInput("app.tar", "oci", (), skipped=items)], {})

    assert b"app.tar: 30 x artifact\n" in report_text(report)
    assert report_text(report, verbose=True).count(b"artifact") == 30


def test_report_text_has_escape_sequences_only_where_styled() -> None:
    assert b"\x1b" not in report_text(one_image())
    styled = report_text(one_image(), styled=True)
    assert b"\x1b[1m" in styled
    # Nothing but the styles differs.
    assert squeezed(SGR.sub(b"", styled)) == squeezed(report_text(one_image()))


@pytest.mark.parametrize("styled", [False, True])
def test_report_text_of_hostile_strings_is_inert(styled: bool) -> None:
    history = ((record(EVIL), 0),)
    hostile = image(EVIL, layer(0, "base", created_by=EVIL), history=history, opened=EVIL)
    inputs = [
        OpenedInput(
            EVIL,
            EVIL,
            (hostile, hostile),
            (Skipped(EVIL, EVIL, None, EVIL),),
            (Fault(EVIL, "bad-document", EVIL),),
        )
    ]

    text = report_text(build(inputs, outcomes(inputs, SIZES)), verbose=True, styled=styled)

    plain = SGR.sub(b"", text) if styled else text
    assert all(line.isprintable() for line in plain.decode().splitlines())
    assert b"\x1b]0" not in text
    assert b"[red]markup[/red]" in text


def history_of(*history: tuple[object, object], layers: int = 2) -> HistoryDocument:
    parts = [layer(0, "base"), layer(1, "app")][:layers]
    source = image("a", *parts, history=history)  # type: ignore[arg-type] # "beyond" is a text
    report = report_on(opened(source))
    row = report.images[0]
    return HistoryDocument(
        tool=report.tool, image=image_name(row), steps=steps(source, row), faults=report.faults
    )


def test_history_text_marks_missing_records_and_hand_made_layers() -> None:
    lines = squeezed(history_text(history_of((record("bash", "fixed it"), 0)), width=120))

    assert "0 2024-05-06 [hand-made] bash 41.2 MB 98.1 MB 95.0 MB ?" in lines
    assert "1 ? <missing> 1.5 kB 10.2 kB 34 B ?" in lines
    assert "2 layers 41.2 MB 98.1 MB 95.0 MB ?" in lines
    assert lines[-1] == "2 layers with 95.0 MB that no Dockerfile instruction explains"


def test_layer_of_an_import_is_shown_by_its_comment() -> None:
    history = ((record(None, "Imported from -"), 0), (record(None), 1))
    parts = layer(0, "base", created_by=None), layer(1, "app", created_by=None)
    report = report_on(
        opened(image("a", *parts, layer(2, "app", created_by=None), history=history))
    )

    words = [
        line.split(maxsplit=1)[1] for line in squeezed(report_text(report)) if line[:1].isdigit()
    ]

    assert [word.partition(" 41.2")[0].partition(" 1.5")[0] for word in words[:3]] == [
        "Imported from -",
        "(the record says nothing)",
        "<missing>",
    ]


def test_history_text_shows_steps_without_layers_and_beyond_them() -> None:
    document = history_of(
        (record("COPY a /"), 0),
        (record("ENV A=1", empty=True), None),
        (record("COPY b /"), "beyond"),
        layers=1,
    )

    lines = squeezed(history_text(document, width=120))

    assert "0 2024-05-06 COPY a / 41.2 MB 98.1 MB 95.0 MB ?" in lines
    assert "- 2024-05-06 ENV A=1 - - - -" in lines
    assert "- 2024-05-06 COPY b / no layer - - -" in lines


def test_history_text_of_no_steps_says_so() -> None:
    lines = squeezed(history_text(history_of(layers=0)))

    assert lines[0] == "a linux/amd64"
    assert lines[-1] == "no layers, and no record of any step"
