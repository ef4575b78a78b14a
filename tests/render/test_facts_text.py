from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layerscope.journeys.analyze import analyze
from layerscope.render.text import report_text
from layerscope.report.store import dump, load
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def text_of(path: Path, image: ImageBuilder, *, dive: bool = False) -> str:
    archive = path / "app.tar"
    docker_archive(str(archive), image)
    report = analyze([str(archive)], jobs=1, dive=dive).report
    return report_text(report, width=80).decode()


def test_waste_text_names_path_cause_layers_and_the_instruction_that_hid(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("var/cache/big", b"x" * 100_000), "RUN fetch")
        .layer(Tree().whiteout("var/cache/big"), "RUN rm /var/cache/big")
    )

    text = text_of(tmp_path, image)

    assert "visible  0 B of 100.0 kB (0.0%); wasted 100.0 kB" in text
    assert "deleted 100.0 kB in 1 file" in text
    assert "100.0 kB      1  /var/cache/big  deleted  0 > 1" in text
    assert "100.0 kB  hidden by layer 1: RUN rm /var/cache/big" in text


def test_many_files_of_one_folder_are_one_line(tmp_path: Path) -> None:
    first, second = Tree(), Tree()
    for number in range(20):
        first = first.file(f"srv/app/lib/{number}", b"x" * 1000)
        second = second.file(f"srv/app/lib/{number}", b"x" * 1000, mode=0o600)
    image = ImageBuilder(names=("app:1",)).layer(first, "COPY . .").layer(second, "RUN chmod")

    text = text_of(tmp_path, image)

    assert "20.0 kB 20 /srv/app/lib/ metadata-only 0 > 1" in " ".join(text.split())


def test_names_of_an_image_never_reach_the_terminal_as_they_are(tmp_path: Path) -> None:
    evil = "a\x1b[2Jb"
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file(evil, b"1" * 70_000).file("copy", b"1" * 70_000), "RUN \x1b[31m")
        .layer(Tree().whiteout(evil), "RUN \x1b[31m")
    )

    text = text_of(tmp_path, image, dive=True)

    assert "\x1b" not in text
    assert "a\\x1b[2Jb" in text


def test_dive_block_shows_both_numbers_and_says_why(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("f", b"x" * 1_000_000), "COPY f /")
        .layer(Tree().file("f", b"x" * 1_000_000, mode=0o600), "RUN chmod 600 /f")
    )

    text = text_of(tmp_path, image, dive=True)

    assert "efficiency           0.5000      0.5000" in text
    assert "wasted bytes         2.0 MB      1.0 MB" in text
    assert "+1.0 MB  wasted_bytes: " in text


def test_saved_report_of_others_is_escaped_and_never_crashes(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("f", b"x" * 1000), "COPY f /")
        .layer(Tree().whiteout("f"), "RUN rm /f")
    )
    archive = docker_archive(str(tmp_path / "app.tar"), image)
    document = json.loads(dump(analyze([str(archive)], jobs=1, dive=True).report))
    row = document["images"][0]
    row["waste"][0]["hidden_by_layer"] = 99
    row["dive"]["user_wasted_ratio"] = None
    difference = {"bytes": 1, "count": 1, "text": "\x1b[2J", "measure": "\x1b[31m"}
    row["dive"]["differences"] = [{**difference, "code": "infinite-ratio"}]

    text = report_text(load(json.dumps(document).encode()), width=80).decode()

    assert "\x1b" not in text
    assert "hidden by layer 99: <missing>" in text
    assert "infinite" in text
    assert "NaN" not in text


def test_long_instructions_are_cut_to_the_page(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("f", b"x" * 1000), "COPY f /")
        .layer(Tree().whiteout("f"), "RUN rm /f " + "x" * 300)
    )

    found = [line for line in text_of(tmp_path, image).splitlines() if "hidden by" in line]

    assert [len(line) for line in found] == [80]
