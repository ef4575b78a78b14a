from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.journeys.analyze import analyze
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, int | float | str | None]]


def rows_of(path: Path, image: ImageBuilder) -> tuple[Rows, int | None, int | None]:
    archive = docker_archive(str(path / "app.tar"), image)
    report = analyze([str(archive)], jobs=1, tables=["packages"]).report
    table = report.tables["packages"]
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return rows, report.images[0].visible_bytes, report.images[0].wasted_bytes


def package(version: str, size: int) -> Tree:
    top = "app/node_modules/a"
    manifest = f'{{"name": "a", "version": "{version}"}}'.encode()
    return Tree().file(f"{top}/package.json", manifest).file(f"{top}/a.js", b"x" * size)


def test_package_that_was_replaced_is_hidden_and_bytes_add_up(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(package("1.0.0", 500).file("own", b"o" * 9), "RUN npm install a@1")
        .layer(package("2.0.0", 700), "RUN npm install a@2")
    )

    rows, visible, wasted = rows_of(tmp_path, image)

    assert [(row["name"], row["version"], row["state"]) for row in rows] == [
        ("a", "1.0.0", "hidden"),
        ("a", "2.0.0", "visible"),
        ("", "", None),
    ]
    assert sum(int(row["visible_bytes"] or 0) for row in rows) == visible
    assert sum(int(row["hidden_bytes"] or 0) for row in rows) == wasted
    assert rows[-1]["kind"] == "unowned"
    assert rows[-1]["visible_bytes"] == 9


def test_database_that_cannot_be_read_is_a_row_that_says_why(tmp_path: Path) -> None:
    tree = Tree().file("var/lib/rpm/rpmdb.sqlite", b"no database at all")

    rows, _, _ = rows_of(tmp_path, ImageBuilder(names=("app:1",)).layer(tree, "ADD root /"))

    assert [row["source"] for row in rows if row["kind"] == "unknown"] == [
        "/var/lib/rpm/rpmdb.sqlite"
    ]
