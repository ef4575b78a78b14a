"""Whatever the layers hold: every split of every number sums to it, and parts to the whole."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.gate.metrics import METRICS
from layerscope.gate.policy import Scope
from layerscope.gate.report_subject import ReportSubject, subjects_of
from layerscope.journeys.analyze import analyze
from layerscope.report.store import dump, load
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree, TreeMember

pytestmark = pytest.mark.hypothesis

IMAGE = Scope()
ADDITIVE = sorted(name for name, metric in METRICS.items() if metric.additive)
BYTES = ["compressed_bytes", "uncompressed_bytes", "content_bytes", "visible_bytes", "wasted_bytes"]
OF_PATHS = ["content_bytes", "visible_bytes", "wasted_bytes", "files"]

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from((b"", b"1", b"22", b"333", b"4444444"))


def member(kind: str, path: str, content: bytes, target: str) -> TreeMember:
    parent, slash, base = path.rpartition("/")
    if kind == "whiteout":
        # A whiteout with content is odd, but stores bytes.
        return TreeMember(f"{parent}{slash}.wh.{base}", "file", content)
    if kind == "opaque":
        return TreeMember(f"{path}/.wh..wh..opq", "file")
    if kind == "root":
        return TreeMember(".", "file", content)
    kept = content if kind == "file" else b""
    link = target if kind in {"hardlink", "symlink"} else ""
    return TreeMember(path, kind, kept, link=link)


KINDS = ["file"] * 4 + ["dir", "symlink", "hardlink", "hardlink", "whiteout", "opaque", "root"]
LAYERS = st.lists(
    st.lists(st.builds(member, st.sampled_from(KINDS), PATHS, CONTENTS, PATHS), max_size=6),
    min_size=1,
    max_size=4,
)


def npm(version: str, size: int) -> Tree:
    top = "app/node_modules/a"
    manifest = json.dumps({"name": "a", "version": version}).encode()
    return Tree().file(f"{top}/package.json", manifest).file(f"{top}/a.js", b"x" * size)


def subject_of(image: ImageBuilder) -> ReportSubject:
    with tempfile.TemporaryDirectory() as folder:
        archive = docker_archive(str(Path(folder) / "app.tar"), image)
        report = analyze([str(archive)], jobs=1, tables=("files", "packages", "growth")).report
    # What a gate gets may have been saved and loaded again.
    return subjects_of(load(dump(report)))[0]


def image_of(layers: list[list[TreeMember]]) -> ImageBuilder:
    image = ImageBuilder(names=("app:1",), annotations={})
    for number, members in enumerate(layers):
        image = image.layer(Tree().plus(members), f"RUN step {number}")
    return image


def check_splits(subject: ReportSubject, metric: str, scope: Scope = IMAGE) -> set[str]:
    """The ways in which a number splits, each of which sums to what it says."""
    found = subject.measure(metric, scope)
    for split in found.splits:
        assert sum(piece.amount for piece in split.pieces) + split.rest == split.total
        assert split.unit == METRICS[split.metric].unit
        if split.metric == metric:
            assert split.total == found.value
        keys = [(piece.label, piece.kind) for piece in split.pieces]
        assert split.by == "instruction" or len(keys) == len(set(keys))
    return {split.by for split in found.splits}


@given(LAYERS)
@settings(max_examples=40)
def test_splits_of_an_image_of_any_layers_sum_to_its_numbers(
    layers: list[list[TreeMember]],
) -> None:
    subject = subject_of(image_of(layers))

    for metric in BYTES:
        expected = {"instruction", "path", "package"}
        expected |= {"cause"} if metric == "wasted_bytes" else set()
        assert check_splits(subject, metric) == expected
    for metric in ("files", "entries", "layers"):
        assert check_splits(subject, metric) == {"instruction"}
    assert check_splits(subject, "duplicate_bytes") == {"path"}
    assert check_splits(subject, "packages") == {"package"}


@given(LAYERS)
@settings(max_examples=40)
def test_layers_of_an_image_sum_to_the_image_and_split_too(
    layers: list[list[TreeMember]],
) -> None:
    subject = subject_of(image_of(layers))

    for metric in [name for name in ADDITIVE if name != "layers"]:
        values = []
        for index in range(len(layers)):
            scope = Scope("layer", str(index))
            values.append(subject.measure(metric, scope).value)
            ways = check_splits(subject, metric, scope)
            assert ways >= ({"instruction", "path"} if metric in BYTES else {"instruction"})
        assert sum(value or 0 for value in values) == subject.measure(metric, IMAGE).value


@given(LAYERS)
@settings(max_examples=40)
def test_paths_of_an_image_sum_to_the_image_and_split_too(
    layers: list[list[TreeMember]],
) -> None:
    subject = subject_of(image_of(layers))

    for metric in OF_PATHS:
        everything = subject.measure(metric, Scope("path", "/**")).value
        if metric != "files":
            # Only the root itself, which no pattern below it fits, may be left.
            root = subject.measure(metric, Scope("path", "/")).value
            assert root == subject.measure(metric, IMAGE).value
        for pattern in ("/**", "/a", "b", "/*/c", "/a/**/b"):
            value = subject.measure(metric, Scope("path", pattern)).value
            assert value is not None
            assert everything is not None
            assert value <= everything
            ways = check_splits(subject, metric, Scope("path", pattern))
            assert ways >= {"instruction", "path"}


@given(LAYERS, PATHS)
@settings(max_examples=40)
def test_folder_holds_what_a_plain_count_of_its_paths_holds(
    layers: list[list[TreeMember]], folder: str
) -> None:
    image = image_of(layers)
    with tempfile.TemporaryDirectory() as place:
        archive = docker_archive(str(Path(place) / "app.tar"), image)
        report = analyze([str(archive)], jobs=1, tables=("files",)).report
    files, top = report.tables["files"], f"/{folder}"
    below = [
        (kind, size)
        for path, kind, size, linked in zip(
            files["path"], files["kind"], files["size_bytes"], files["linked_to"], strict=True
        )
        if linked is None and (path == top or str(path).startswith(f"{top}/"))
    ]
    gone = [
        row.bytes
        for row in report.images[0].waste or ()
        if row.path == top or row.path.startswith(f"{top}/")
    ]
    subject = subjects_of(report)[0]
    scope = Scope("path", top)

    assert subject.measure("visible_bytes", scope).value == sum(int(size or 0) for _, size in below)
    assert subject.measure("wasted_bytes", scope).value == sum(gone)
    assert subject.measure("files", scope).value == sum(kind == "file" for kind, _ in below)


def test_own_and_base_layers_of_a_built_image_sum_to_it(tmp_path: Path) -> None:
    base = ImageBuilder(names=("base:1",)).layer(npm("1.0.0", 500), "RUN npm install a@1")
    app = base.named("app:1").layer(npm("2.0.0", 700), "RUN npm install a@2")
    archive = oci_archive(str(tmp_path / "both.tar"), base, app)
    report = analyze([str(archive)], jobs=1, tables=("files", "packages")).report
    subject = subjects_of(report)[1]

    assert subject.base_layers == 1
    for metric in BYTES:
        own = subject.measure(metric, IMAGE, "own")
        below = subject.measure(metric, IMAGE, "base")
        assert (own.value or 0) + (below.value or 0) == subject.measure(metric, IMAGE).value
        for measured in (own, below):
            ways = {split.by for split in measured.splits}
            assert ways >= {"instruction", "path"}
            assert "package" not in ways


def test_package_that_was_replaced_is_named_with_its_old_and_its_new_version() -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(npm("1.0.0", 500), "RUN npm install a@1")
        .layer(npm("2.0.0", 700), "RUN npm install a@2")
    )
    subject = subject_of(image)
    manifest = len('{"name": "a", "version": "1.0.0"}')

    visible = subject.measure("visible_bytes", Scope("package", "a"))
    wasted = subject.measure("wasted_bytes", Scope("package", "pkg:npm/*"))

    assert visible.value == 700 + manifest
    assert wasted.value == 500 + manifest
    assert [piece.version for piece in visible.splits[0].pieces] == ["2.0.0"]
    assert [piece.version for piece in wasted.splits[0].pieces] == ["1.0.0"]
