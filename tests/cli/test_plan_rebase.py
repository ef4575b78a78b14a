from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import Run, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path

OLD = ImageBuilder(names=("base:1",)).layer(
    Tree().file("etc/passwd", b"root").file("var/lib/dpkg/status", b"a" * 700), "ADD base"
)
NEW = (
    ImageBuilder(names=("base:2",))
    .layer(Tree().file("etc/passwd", b"root:2").file("var/lib/dpkg/status", b"b" * 800), "ADD base")
    .layer(Tree().file("etc/motd", b"new"), "RUN motd")
)


def with_app(base: ImageBuilder) -> ImageBuilder:
    """An application on a base: the same two layers whatever that is."""
    return (
        base.named("app:1")
        .layer(Tree().file("etc/passwd", b"root, app"), "RUN adduser")
        .layer(Tree().file("app", b"x" * 5000), "COPY app")
    )


def archives(folder: Path) -> None:
    for name, image in (("old", OLD), ("new", NEW), ("app", with_app(OLD))):
        oci_archive(folder / f"{name}.tar", image, compression="gzip")


def planned(*arguments: str, cwd: Path) -> dict[str, Any]:
    result = run("plan", "rebase", *arguments, "-f", "json", cwd=cwd)
    assert (result.status, result.err) == (0, "")
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("plan-rebase")))
    return document


def test_rebase_predicts_the_image_that_is_built_then(tmp_path: Path) -> None:
    archives(tmp_path)
    oci_archive(tmp_path / "applied.tar", with_app(NEW), compression="gzip")

    plan = planned("app.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    done = json.loads(run("analyze", "applied.tar", "-f", "json", cwd=tmp_path).out)["images"][0]
    names = ("digest", "diff_id", "chain_id", "compressed_bytes", "uncompressed_bytes")
    for name in (*names, "content_bytes", "created_by"):
        assert [layer[name] for layer in plan["layers"]] == [
            layer[name] for layer in done["layers"]
        ]
    for name in ("compressed_bytes", "uncompressed_bytes", "content_bytes"):
        assert plan["after"][name] == done[name]


def test_rebase_predicts_what_a_pull_moves_then(tmp_path: Path) -> None:
    archives(tmp_path)
    oci_archive(tmp_path / "applied.tar", with_app(NEW), compression="gzip")

    plan = planned("app.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    report = run("graph", "app.tar", "applied.tar", "-f", "json", cwd=tmp_path)
    blob = next(row for row in json.loads(report.out)["totals"] if row["identity"] == "blob")
    assert plan["pull_bytes"] == blob["stored_bytes"] - plan["before"]["compressed_bytes"]
    assert plan["pull_blobs"] == 2


def test_rebase_lists_conflicts_and_calls_out_the_package_database(tmp_path: Path) -> None:
    archives(tmp_path)
    upgraded = with_app(OLD).layer(Tree().file("var/lib/dpkg/status", b"c" * 9), "RUN apt-get")
    oci_archive(tmp_path / "app.tar", upgraded)

    plan = planned("app.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    assert [(row["path"], row["kind"], row["layer"]) for row in plan["conflicts"]] == [
        ("/etc/passwd", "overwritten-update", 1),
        ("/var/lib/dpkg/status", "overwritten-update", 3),
    ]
    assert [row["database"] for row in plan["conflicts"]] == [None, "dpkg"]
    assert [row["hidden_bytes"] for row in plan["conflicts"]] == [6, 800]
    text = run("plan", "rebase", "app.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)
    assert b"/var/lib/dpkg/status (layer 3) hides the dpkg database of the new base" in text.out
    assert b"4 layers and 5 layers: sizes alone say little" in text.out
    assert max(map(len, text.out.decode().splitlines())) <= 80


def test_rebase_lists_all_images_on_the_old_base(tmp_path: Path) -> None:
    archives(tmp_path)
    other = OLD.named("other:1").layer(Tree().file("other", b"1"), "COPY other")
    oci_archive(tmp_path / "other.tar", other, OLD, compression="gzip")

    document = planned("app.tar", "--onto", "new.tar", "--among", "other.tar", cwd=tmp_path)

    # The old base is found among all that is given; no option names it.
    assert document["images"][0]["old_base"]["how"] == "layers"
    affected = document["affected"]
    assert [row["image"]["names"] for row in affected] == [["app:1"], ["other:1"]]
    assert [(row["upper_layers"], row["rebased"]) for row in affected] == [(2, True), (1, False)]
    # The old base is held by the other image, so no blob of it is free.
    stored = {row["identity"]: row for row in document["stored"]}
    assert (stored["blob"]["gone_layers"], stored["blob"]["new_layers"]) == (0, 0)
    assert (stored["chain_id"]["gone_layers"], stored["chain_id"]["new_layers"]) == (2, 2)


def test_rebase_of_images_on_one_another_takes_neither_for_a_base(tmp_path: Path) -> None:
    archives(tmp_path)
    child = with_app(OLD).named("child:1").layer(Tree().file("child", b"1"), "COPY child")
    oci_archive(tmp_path / "child.tar", child)

    document = planned(
        "child.tar", "app.tar", "--onto", "new.tar", "--among", "old.tar", cwd=tmp_path
    )

    assert [image["after"]["layers"] for image in document["images"]] == [5, 4]


def test_rebase_of_plain_tars_knows_no_compressed_bytes(tmp_path: Path) -> None:
    archives(tmp_path)
    docker_archive(tmp_path / "app.tar", with_app(OLD))
    docker_archive(tmp_path / "new.tar", NEW)

    plan = planned("app.tar", "--onto", "new.tar", "--from-layers", "1", cwd=tmp_path)["images"][0]

    assert (plan["pull_blobs"], plan["pull_bytes"]) == (2, None)
    assert plan["after"]["compressed_bytes"] is None
    assert plan["after"]["content_bytes"] == 6 + 800 + 3 + 9 + 5000


def test_rebase_of_a_saved_report_knows_sizes_and_no_conflicts(tmp_path: Path) -> None:
    archives(tmp_path)
    run("analyze", "app.tar", "-f", "json", "-o", "app.json", cwd=tmp_path)

    plan = planned("app.json", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    assert plan["conflicts"] is None
    assert plan["after"]["layers"] == 4


def test_rebase_by_a_label_of_buildpacks(tmp_path: Path) -> None:
    archives(tmp_path)
    label = json.dumps({"runImage": {"topLayer": OLD.diff_ids()[-1]}})
    config = {"Labels": {"io.buildpacks.lifecycle.metadata": label}}
    oci_archive(tmp_path / "app.tar", replace(with_app(OLD), config=config))

    plan = planned("app.tar", "--onto", "new.tar", cwd=tmp_path)["images"][0]

    assert plan["old_base"] == {"how": "label", "image": None, "layers": 1}


def test_rebase_of_an_image_without_layers_of_its_own_is_the_new_base(tmp_path: Path) -> None:
    archives(tmp_path)
    docker_archive(tmp_path / "same.tar", OLD.named("same:1").empty_layer("ENV A=1"))

    plan = planned("same.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    assert plan["old_base"]["layers"] == 1
    assert [layer["diff_id"] for layer in plan["layers"]] == list(NEW.diff_ids())


def refused(result: Run) -> str:
    assert (result.status, result.out) == (2, b"")
    return result.err


def test_rebase_without_a_sign_of_the_old_base_is_refused_with_a_hint(tmp_path: Path) -> None:
    archives(tmp_path)
    named = {"org.opencontainers.image.base.name": "docker.io/library/base:1"}
    oci_archive(tmp_path / "app.tar", replace(with_app(OLD), annotations=named))

    error = refused(run("plan", "rebase", "app.tar", "--onto", "new.tar", cwd=tmp_path))

    assert "app:1: expected to find what the image is built on" in error
    assert "hint: give the old base (docker.io/library/base:1 by its annotation) with" in error


def test_rebase_from_an_image_that_is_not_the_base_is_refused(tmp_path: Path) -> None:
    archives(tmp_path)

    error = refused(
        run("plan", "rebase", "app.tar", "--onto", "new.tar", "--from", "new.tar", cwd=tmp_path)
    )

    assert "expected an image that begins with all layers of the old base" in error


def test_rebase_onto_another_platform_is_refused_unless_asked_for(tmp_path: Path) -> None:
    archives(tmp_path)
    oci_archive(tmp_path / "new.tar", NEW.on("linux/arm64"))
    arguments = ("app.tar", "--onto", "new.tar", "--from", "old.tar")

    error = refused(run("plan", "rebase", *arguments, cwd=tmp_path))
    plan = planned(*arguments, "--any-platform", cwd=tmp_path)["images"][0]

    assert "expected an image for linux/amd64, found linux/arm64" in error
    assert plan["platform_differs"]


def test_rebase_takes_the_new_base_for_the_platform_of_each_image(tmp_path: Path) -> None:
    archives(tmp_path)
    arm = ImageBuilder(names=("base:2",), platform="linux/arm64").layer(Tree().file("arm", b"1"))
    oci_archive(tmp_path / "new.tar", arm, NEW)

    plan = planned("app.tar", "--onto", "new.tar", "--from", "old.tar", cwd=tmp_path)["images"][0]

    assert plan["onto"]["platform"]["architecture"] == "amd64"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "old.tar", "--from-layers", "1"), "expected --from or --from-layers"),
        (("--from-layers", "9"), "expected 9 layers of an old base, found 3"),
    ],
)
def test_rebase_with_options_that_do_not_fit_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    archives(tmp_path)

    assert message in refused(
        run("plan", "rebase", "app.tar", "--onto", "new.tar", *arguments, cwd=tmp_path)
    )


def test_rebase_of_a_damaged_image_knows_no_conflicts_and_ends_with_status_three(
    tmp_path: Path,
) -> None:
    archives(tmp_path)
    damaged_tar(tmp_path)
    arguments = ("damaged.tar", "--onto", "new.tar", "--from-layers", "1")

    result = run("plan", "rebase", *arguments, "-f", "json", cwd=tmp_path)

    plan = json.loads(result.out)["images"][0]
    assert result.status == 3
    assert plan["conflicts"] is None
    assert plan["after"]["uncompressed_bytes"] is None


def test_rebase_onto_nothing_writes_no_text(tmp_path: Path) -> None:
    archives(tmp_path)

    result = run("plan", "rebase", "app.tar", "--onto", "absent.tar", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
