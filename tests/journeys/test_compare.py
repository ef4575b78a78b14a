from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from layerscope.analysis.snapshot import snapshot_of
from layerscope.errors import UsageError
from layerscope.files.squash import squash
from layerscope.journeys.compare import compare
from layerscope.journeys.pool import read_layers
from layerscope.report.file_table import growth_table_of, table_of
from layerscope.report.from_results import build
from layerscope.report.store import dump
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.diff_document import DiffDocument

BASE = Tree().dir("etc").file("etc/motd", b"hello").file("usr/lib/libx.so", b"x" * 1000)
OLD = (
    ImageBuilder(names=("app:1",), config={"Env": ["A=1"], "Cmd": ["run"]})
    .layer(BASE, "ADD rootfs.tar /")
    .layer(Tree().file("srv/app.py", b"p" * 200), "COPY app /srv")
)
NEW = (
    ImageBuilder(names=("app:2",), config={"Env": ["A=2"], "Cmd": ["run"]})
    .layer(BASE, "ADD rootfs.tar /")
    .layer(Tree().file("srv/app.py", b"q" * 300).whiteout("etc/motd"), "COPY app /srv")
    .layer(Tree().file("srv/data.json", b"d" * 50), "RUN fetch")
)


def compared(old: Path, new: Path, *, semantic: bool = False, **more: object) -> DiffDocument:
    return compare(
        str(old),
        str(new),
        semantic=semantic,
        platform=None,
        limits=DEFAULT_LIMITS,
        jobs=1,
        stdin=None,
        **more,  # type: ignore[arg-type] # only packages_of
    )


def saved(archive: Path, target: Path, *, tables: bool = True) -> Path:
    """The report of an archive as `analyze --tables files` writes it."""
    opened = open_inputs([str(archive)])
    outcomes = read_layers(opened, jobs=1, columns=True)
    report = build(opened, outcomes)
    if tables:
        columns = [
            outcome.scan.columns
            for outcome in outcomes.values()
            if outcome.scan and outcome.scan.columns is not None
        ]
        ids = [layer.diff_id for layer in report.images[0].layers]
        snapshots = {0: snapshot_of(squash(columns), ids)}
        found = {"files": table_of(snapshots), "growth": growth_table_of(snapshots)}
        report = msgspec.structs.replace(report, tables=found)
    target.write_bytes(dump(report))
    return target


def test_compare_finds_sizes_files_settings_and_who_made_it_grow(tmp_path: Path) -> None:
    old, new = docker_archive(tmp_path / "o.tar", OLD), docker_archive(tmp_path / "n.tar", NEW)

    document = compared(old, new)

    (pair,) = document.pairs
    assert document.equal is False
    # 5 + 1000 + 200 before; 1000 + 300 + 50 after, and 5 deleted.
    sizes = pair.sizes
    assert (sizes.visible_bytes.old, sizes.visible_bytes.new) == (1205, 1350)
    assert (sizes.wasted_bytes.old, sizes.wasted_bytes.new) == (0, 5)
    assert sizes.content_bytes.delta == 150
    assert pair.growth is not None
    assert [(row.name, row.delta_bytes) for row in pair.growth.by_base or []] == [
        ("base", 0),
        ("own", 145),
    ]
    assert [
        (row.created_by, row.old_layer, row.new_layer, row.delta_bytes)
        for row in pair.growth.by_instruction or []
    ] == [("COPY app /srv", 1, 1, 95), ("RUN fetch", None, 2, 50)]
    assert pair.files is not None
    assert [row.path for row in pair.files.added] == ["/srv/data.json"]
    assert [row.path for row in pair.files.removed] == ["/etc/motd"]
    (changed,) = pair.files.changed
    assert (changed.path, changed.fields["size_bytes"]) == ("/srv/app.py", [200, 300])
    assert [(row.setting, row.name, row.new) for row in pair.config or []] == [("env", "A", "2")]
    assert [row.change for row in pair.history] == ["rebuilt", "added"]
    assert [row.matched_by for row in pair.layers] == ["diff-id", "instruction", None]
    assert pair.growth.by_package is None
    assert [row.what for row in pair.not_measured] == ["packages"]


def test_compare_of_one_image_stored_otherwise_finds_nothing_and_no_growth(
    tmp_path: Path,
) -> None:
    plain = docker_archive(tmp_path / "o.tar", OLD)
    packed = oci_archive(tmp_path / "n.tar", OLD, compression="gzip")

    document = compared(plain, packed)

    compressed = document.pairs[0].sizes.compressed_bytes
    assert document.equal is True
    assert compressed.delta is None
    assert compressed.reason == "layers are stored as none before, gzip after"
    assert compressed.old is not None
    assert document.pairs[0].sizes.uncompressed_bytes.delta == 0


def test_compare_of_one_layer_compressed_anew_measures_no_growth(tmp_path: Path) -> None:
    old = oci_archive(tmp_path / "o.tar", OLD, compression="gzip", level=1)
    new = oci_archive(tmp_path / "n.tar", OLD, compression="gzip", level=0)

    sizes = compared(old, new).pairs[0].sizes

    assert sizes.compressed_bytes.delta is None
    assert sizes.compressed_bytes.reason == "a layer that both have was compressed anew"


def test_compare_of_other_times_and_order_is_equal_semantically(tmp_path: Path) -> None:
    one = Tree().file("a", b"1", mtime=1).file("b", b"2", mtime=1)
    two = Tree().file("b", b"2", mtime=2).file("a", b"1", mtime=2)
    old = docker_archive(tmp_path / "o.tar", ImageBuilder().layer(one, "COPY"))
    new = docker_archive(tmp_path / "n.tar", ImageBuilder().layer(two, "COPY"))

    assert compared(old, new).equal is False
    assert compared(old, new, semantic=True).equal is True


def test_compare_of_another_order_alone_is_a_difference_without_semantic(tmp_path: Path) -> None:
    one, two = Tree().file("a", b"1").file("b", b"2"), Tree().file("b", b"2").file("a", b"1")
    old = docker_archive(tmp_path / "o.tar", ImageBuilder().layer(one, "COPY"))
    new = docker_archive(tmp_path / "n.tar", ImageBuilder().layer(two, "COPY"))

    assert compared(old, new).equal is False
    assert compared(old, new, semantic=True).equal is True


def test_compare_with_packages_splits_by_them(tmp_path: Path) -> None:
    old, new = docker_archive(tmp_path / "o.tar", OLD), docker_archive(tmp_path / "n.tar", NEW)

    @dataclass(frozen=True)
    class Package:
        name: str
        version: str
        kind: str = "pypi"

    @dataclass(frozen=True)
    class Packages:
        packages: list[Package]
        owner: dict[bytes, int] = field(default_factory=lambda: {b"/srv/app.py": 0})

    def packages_of(image: object, *_: object) -> Packages:
        return Packages([Package("app", "1" if "app:1" in image.names else "2")])  # type: ignore[attr-defined] # an image

    (pair,) = compared(old, new, packages_of=packages_of).pairs

    assert pair.growth is not None
    assert [
        (row.name, row.change, row.old_versions, row.new_versions, row.delta_bytes)
        for row in pair.growth.by_package or []
    ] == [("app", "version", ["1"], ["2"], 100), ("", "unowned", [], [], 45)]


def test_compare_of_saved_reports_finds_what_the_images_would_say(tmp_path: Path) -> None:
    old, new = docker_archive(tmp_path / "o.tar", OLD), docker_archive(tmp_path / "n.tar", NEW)
    before, after = saved(old, tmp_path / "o.json"), saved(new, tmp_path / "n.json")
    live = compared(old, new).pairs[0]

    for first, second in ((before, after), (before, new), (old, after)):
        (pair,) = compared(first, second).pairs
        assert pair.files == live.files
        assert pair.growth == live.growth
        assert pair.sizes == live.sizes
        assert pair.history == live.history
        assert pair.config is None


def test_compare_of_a_report_without_tables_still_compares_sizes(tmp_path: Path) -> None:
    old, new = docker_archive(tmp_path / "o.tar", OLD), docker_archive(tmp_path / "n.tar", NEW)

    document = compared(saved(old, tmp_path / "o.json", tables=False), new)

    (pair,) = document.pairs
    assert (pair.files, pair.growth) == (None, None)
    assert pair.sizes.content_bytes.delta == 150
    assert pair.sizes.visible_bytes.delta is None
    assert pair.sizes.visible_bytes.reason == "not known for old"
    assert {row.what for row in pair.not_measured} == {"files", "packages", "config"}


def test_compare_of_equal_reports_without_tables_is_equal(tmp_path: Path) -> None:
    old = docker_archive(tmp_path / "o.tar", OLD)
    report = saved(old, tmp_path / "o.json", tables=False)

    assert compared(report, old).equal is True


def test_compare_of_a_damaged_report_is_a_fault(tmp_path: Path) -> None:
    old = docker_archive(tmp_path / "o.tar", OLD)
    broken = tmp_path / "broken.json"
    broken.write_bytes(b'{"schema": "layerscope.report/1", "images": 5}')

    document = compared(old, broken)

    assert [fault.code for fault in document.faults] == ["bad-document"]
    assert (document.pairs, document.removed_images, document.equal) == ([], [], None)


def test_compare_of_a_damaged_layer_leaves_files_unmeasured(tmp_path: Path) -> None:
    old, new = docker_archive(tmp_path / "o.tar", OLD), docker_archive(tmp_path / "n.tar", NEW)
    data = bytearray(new.read_bytes())
    data[data.index(b"q" * 300)] = ord("z")
    new.write_bytes(data)

    document = compared(old, new)

    (pair,) = document.pairs
    assert [fault.code for fault in document.faults] == ["digest-mismatch"]
    assert pair.files is None
    assert pair.not_measured[0].reason == "new: layer 1 could not be read"
    assert pair.sizes.content_bytes.new is None


def test_compare_of_images_without_a_partner_names_them(tmp_path: Path) -> None:
    old = oci_archive(tmp_path / "o.tar", OLD, replace(OLD, names=("gone:1",)).on("linux/s390x"))
    new = oci_archive(tmp_path / "n.tar", NEW, NEW.on("linux/arm64"))

    document = compared(old, new)

    assert len(document.pairs) == 1
    assert [str(image.platform) for image in document.removed_images] == ["linux/s390x"]
    assert [str(image.platform) for image in document.added_images] == ["linux/arm64"]
    assert document.equal is False


def test_compare_of_standard_input_twice_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        compare("-", "-", platform=None, limits=DEFAULT_LIMITS, jobs=1, stdin=None)
