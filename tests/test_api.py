from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import layerscope
from layerscope.dockerfile.instructions import Copy
from layerscope.errors import (
    DigestMismatchError,
    DockerfileError,
    NoImageError,
    UnreadableInputError,
    UsageError,
)
from layerscope.report.store import dump
from layerscope.synth.layouts import oci_layout
from tests.cli.running import app_tar, damaged_tar
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


def test_import_of_the_package_loads_nothing_else() -> None:
    code = (
        "import sys; import layerscope;"
        "print(sorted(name for name in sys.modules if name.startswith('layerscope')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['layerscope']"


def test_errors_are_there_without_an_import_of_their_own() -> None:
    code = "import layerscope; print(layerscope.errors.UsageError.code)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout == "usage\n"


def test_public_names_are_there_and_others_are_not() -> None:
    assert set(dir(layerscope)) == {
        "__version__",
        "analyze",
        "errors",
        "open_images",
        "parse_dockerfile",
        "read_fleet",
        "scan",
        "simulate_cache",
    }
    assert all(getattr(layerscope, name) for name in dir(layerscope))
    with pytest.raises(AttributeError, match="no attribute 'open_image'"):
        layerscope.open_image  # noqa: B018  # type: ignore[attr-defined]


def test_scan_measures_each_layer(tmp_path: Path) -> None:
    (image,) = layerscope.open_images(app_tar(tmp_path))

    scans = [layerscope.scan(layer) for layer in image.layers]

    assert [scan.content_bytes for scan in scans] == [5, 3000]
    assert scans[0].columns is not None
    assert list(scans[0].columns.paths()) == [b"/etc", b"/etc/motd"]


def test_scan_of_a_damaged_layer_raises(tmp_path: Path) -> None:
    (image,) = layerscope.open_images(damaged_tar(tmp_path))

    with pytest.raises(DigestMismatchError):
        layerscope.scan(image.layers[1])


def test_open_images_raises_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"none\.tar"):
        layerscope.open_images(tmp_path / "none.tar")
    with pytest.raises(NoImageError):
        layerscope.open_images(oci_layout(tmp_path / "empty"))


def test_analyze_lists_faults_and_raises_none(tmp_path: Path) -> None:
    report = layerscope.analyze([damaged_tar(tmp_path), app_tar(tmp_path)])

    assert [fault.code for fault in report.faults] == ["digest-mismatch"]
    assert [image.content_bytes for image in report.images] == [None, 3005]


def test_read_fleet_gives_the_tables_of_all_images(tmp_path: Path) -> None:
    path = app_tar(tmp_path)

    frames = layerscope.read_fleet([path])

    assert frames.images["input"].tolist() == [str(path)]
    assert frames.image_layers["content_bytes"].tolist() == [5, 3000]


def test_read_fleet_takes_a_saved_report(tmp_path: Path) -> None:
    path = app_tar(tmp_path)
    report = tmp_path / "report.json"
    report.write_bytes(dump(layerscope.analyze([path])))

    at_hand, saved = layerscope.read_fleet([path]), layerscope.read_fleet([report])

    assert saved.image_layers["chain_id"].tolist() == at_hand.image_layers["chain_id"].tolist()
    assert len(layerscope.read_fleet([report, path]).images) == 2


def test_read_fleet_makes_no_tables_of_a_part(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatchError):
        layerscope.read_fleet([app_tar(tmp_path), damaged_tar(tmp_path)])
    with pytest.raises(UnreadableInputError, match=r"none\.tar"):
        layerscope.read_fleet([tmp_path / "none.tar"])


def test_catalog_remembers_what_was_read_and_verify_reads_again(tmp_path: Path) -> None:
    path = app_tar(tmp_path)
    # An archive that was written to just now may be written to again unseen.
    while time.time_ns() - path.stat().st_ctime_ns < 50_000_000:
        time.sleep(0.01)
    place = str(tmp_path / "catalog")

    def states(**choices: Any) -> list[str]:  # noqa: ANN401 - what the function takes
        report = layerscope.analyze([path], **choices)
        return [layer.verified for image in report.images for layer in image.layers]

    assert states() == ["read", "read"]
    first, again = states(catalog=place), states(catalog=place)
    checked = states(catalog=place, verify=True)
    sizes = layerscope.read_fleet([path], catalog=place).image_layers["content_bytes"].tolist()

    assert (first, again, checked) == (["read"] * 2, ["remembered"] * 2, ["read"] * 2)
    assert sizes == [5, 3000]
    with pytest.raises(UsageError):
        layerscope.analyze([path], catalog="nosuch://place")


def test_simulated_cache_is_the_document_of_the_command(tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "a").write_text("1")
    old, new = tmp_path / "old", context / "Dockerfile"
    old.write_text("FROM base:1\nARG V\nRUN make $V\nCOPY a /a\n")
    new.write_text("FROM base:1\nARG V\nRUN make $V\nCOPY a /b\n")

    def outcomes(**choices: Any) -> list[str]:  # noqa: ANN401 - what the function takes
        document = layerscope.simulate_cache(new, context, build_args={"V": "1"}, **choices)
        return [step.outcome for step in document.steps if step.outcome != "no-step"]

    assert outcomes() == ["miss", "miss"]
    assert outcomes(before=[old]) == ["hit", "miss"]
    assert outcomes(before_context=context) == ["hit", "hit"]
    assert outcomes(before=[old], before_build_args={"V": "2"}) == ["miss", "miss"]
    assert outcomes(before=[new], no_cache=True) == ["miss", "miss"]
    classic = layerscope.simulate_cache(new, context, before=[old], builder="classic")
    assert (classic.builder, classic.version, classic.first_miss) == ("classic", "20.10.24", 4)
    with pytest.raises(UnreadableInputError):
        layerscope.simulate_cache(tmp_path / "none")
    with pytest.raises(UsageError):
        layerscope.simulate_cache(new, builder="kaniko")


def test_parsed_dockerfile_has_stages_with_typed_instructions(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM a AS b\nCOPY --from=c x \\\n /y\n")

    (stage,) = layerscope.parse_dockerfile(path).stages

    assert (stage.name, stage.base_name) == ("b", "a")
    (copy,) = stage.commands
    assert isinstance(copy, Copy)
    assert (copy.from_name, copy.sources, copy.location.last_line) == ("c", ("x",), 3)


def test_broken_dockerfile_raises_with_its_path_and_line(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM a\nCOYP a b\n")

    with pytest.raises(DockerfileError, match=r"Dockerfile: line 2: .*\(dockerfile\)"):
        layerscope.parse_dockerfile(path)
