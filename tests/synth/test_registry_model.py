from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from layerscope.errors import UsageError
from layerscope.fleet.graph import forest
from layerscope.fleet.sharing import totals
from layerscope.oci.digest import DiffID, Digest, chain_ids
from layerscope.synth import registry_files, registry_targets
from layerscope.synth.registry_files import (
    EMPTY,
    FILES,
    KINDS,
    OWN_VERSIONS,
    PACKAGE,
    digests,
    file_columns,
    file_table,
    file_tables,
)
from layerscope.synth.registry_model import main, registry
from layerscope.synth.registry_targets import DRIFT, as_text, targets

if TYPE_CHECKING:
    import pandas as pd

    from layerscope.synth.registry_model import Registry

IMAGES = 3000


@pytest.fixture(scope="module")
def small() -> Registry:
    return registry(200)


@pytest.fixture(scope="module")
def aimed() -> pd.DataFrame:
    return targets(registry(IMAGES))


def test_no_figure_that_is_a_fact_drifts_by_more_than_a_tenth(aimed: pd.DataFrame) -> None:
    asked = aimed[aimed["rule"] != "compare"]

    near = asked[asked["rule"] == "near"]
    assert near.loc[(near["achieved"] / near["target"] - 1).abs() > DRIFT].empty
    bounds = asked.set_index(["parameter", "statistic"])["achieved"]
    assert bounds["layers of an image", "max"] <= 120
    assert bounds["compressed layer", "p50"] < 4_000_000
    assert bounds["bytes nine or more names deep", "all"] > 0.5
    assert bounds["names of a path", "max"] <= 28
    assert asked["holds"].all()


def test_nothing_is_asked_of_guesses_and_they_are_marked(aimed: pd.DataFrame) -> None:
    guesses = aimed[aimed["evidence"] == "UNVERIFIED"]

    assert len(guesses) == 4
    assert set(guesses["rule"]) == {"compare"}
    assert guesses["holds"].isna().all()
    lines = as_text(aimed).splitlines()
    assert sum(line.endswith("UNVERIFIED *") for line in lines) == 4
    assert max(map(len, lines)) <= 80


def test_a_figure_that_drifts_is_seen(aimed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    half = [
        target._replace(value=target.value / 2)
        if target.parameter == "layers of an image" and target.statistic == "p50"
        else target
        for target in registry_targets.EVERY
    ]
    monkeypatch.setattr(registry_targets, "EVERY", tuple(half))

    found = targets(registry(300, "traffic"))

    assert aimed["holds"].fillna(value=True).all()
    assert found["holds"].tolist()[0] is False
    assert as_text(found).splitlines()[1].endswith("DRIFTS")


@pytest.mark.parametrize("seed", [1, 2])
def test_traffic_has_small_layers(seed: int) -> None:
    found = targets(registry(IMAGES, "traffic", seed)).set_index("parameter")["achieved"]

    assert found["compressed layer below 1 MB"] == pytest.approx(0.65, rel=DRIFT)
    assert found["compressed layer below 10 MB"] == pytest.approx(0.80, rel=DRIFT)


def test_layers_share_what_they_are_aimed_at_and_files_much_more(aimed: pd.DataFrame) -> None:
    figures = aimed.set_index(["parameter", "statistic"])["achieved"]

    layers = figures["layers referenced to stored", "bytes"]
    files = 1 / (1 - figures["bytes of files that repeat", "all"])
    assert layers == pytest.approx(1.8, rel=DRIFT)
    # The corridor of the studies for whole files: above what layers share, and at most 6.9 times.
    assert 1.5 * layers < files <= 6.9 * (1 + DRIFT)


def test_sharing_of_layers_is_what_the_fleet_finds(small: Registry) -> None:
    found = totals(small.frames()).loc["blob"]

    stored = set(small.blob[small.nodes].tolist())
    assert found["stored_bytes"] == sum(int(small.compressed_bytes[blob]) for blob in stored)
    # The empty layer counts once for each image.
    pairs = {
        (image, int(small.blob[node]))
        for image in range(200)
        for node in small.nodes[small.start[image] : small.start[image + 1]]
    }
    assert found["layers"] == len(pairs)
    assert found["referenced_bytes"] == sum(int(small.compressed_bytes[blob]) for _, blob in pairs)


def test_same_arguments_make_the_same_registry_and_another_seed_makes_another() -> None:
    one, again, other = (registry(60, seed=seed).frames() for seed in (1, 1, 2))

    assert_frame_equal(one.images, again.images)
    assert_frame_equal(one.image_layers, again.image_layers)
    assert not one.image_layers["compressed_bytes"].equals(other.image_layers["compressed_bytes"])


def test_digests_parse_and_chains_are_those_of_the_specification(small: Registry) -> None:
    layers = small.frames().image_layers
    image = int(np.argmax(np.diff(small.start)))

    own = layers[layers["image"] == image]

    diff_ids = [DiffID(Digest.parse(text)) for text in own["diff_id"]]
    assert own["chain_id"].tolist() == [str(chain) for chain in chain_ids(diff_ids)]


def test_layers_make_a_forest_whose_bases_many_images_have(small: Registry) -> None:
    frames = small.frames()

    found = forest(frames)

    assert len(found) == len(np.unique(small.nodes))
    # Eight bases for 200 images; and the images that lie on none.
    assert int(found.holders().max()) > 30
    assert frames.images["names"][0] == ("base-0:1",)
    assert len(set(frames.images["names"])) == 200


def test_number_of_layers_may_be_given() -> None:
    found = registry(100, layers=10)

    counts = np.diff(found.start)
    assert set(counts[2:].tolist()) == {10}


def test_tar_has_room_for_its_files(small: Registry) -> None:
    assert (small.uncompressed_bytes >= small.content_bytes + 1024 * small.files).all()
    assert (small.content_bytes >= small.files).all()
    assert small.files[0] == small.content_bytes[0] == 0


def test_file_table_sums_to_what_the_layer_holds(small: Registry) -> None:
    for blob, (contents, sizes) in enumerate(file_tables(small)):
        assert len(contents) == len(sizes) == small.files[blob]
        assert int(sizes.sum()) == small.content_bytes[blob]
        assert (sizes >= 0).all()


def test_content_has_one_size_wherever_it_is(small: Registry) -> None:
    known: dict[int, int] = {}
    for contents, sizes in file_tables(small):
        for content, size in zip(contents.tolist(), sizes.tolist(), strict=True):
            assert known.setdefault(content, size) == size
    assert known.get(EMPTY, 0) == 0


def test_different_layers_share_most_but_not_all_files(small: Registry) -> None:
    counts: dict[int, int] = {}
    for contents, _ in file_tables(small):
        for content in np.unique(contents).tolist():
            counts[content] = counts.get(content, 0) + 1
    largest = int(np.argmax(small.files))

    own = file_table(small, largest).contents

    alone = sum(counts[content] == 1 for content in own.tolist())
    assert OWN_VERSIONS / 2 < alone / len(own) < 1
    assert (own < 0).any()


def test_package_adds_up_and_has_a_kind_for_each_file() -> None:
    assert sum(PACKAGE) == 1000
    assert len(PACKAGE) == len(KINDS) == len(registry_files.DEPTHS) == FILES
    assert sorted(registry_files.ORDER) == list(range(FILES))


def test_digests_of_contents_are_different_and_do_not_depend_on_the_others() -> None:
    contents = np.arange(-5000, 5000)

    found = digests(contents)

    assert found.shape == (10_000, 32)
    assert len({row.tobytes() for row in found}) == 10_000
    assert digests(contents[7:8]).tobytes() == found[7].tobytes()


def test_file_columns_are_those_of_a_scanned_layer(small: Registry) -> None:
    blob = int(np.flatnonzero((small.files > 40) & (small.files < 90))[0])

    columns = file_columns(small, blob)

    table = file_table(small, blob)
    paths = list(columns.paths())
    assert len(set(paths)) == len(paths) == small.files[blob]
    assert list(columns.size_bytes) == table.size_bytes.tolist()
    assert columns.content(3) == digests(table.contents)[3].tobytes()
    assert max(path.count(b"/") for path in paths) <= 28


def test_impossible_registries_are_refused() -> None:
    with pytest.raises(UsageError, match="expected one of stored, traffic, found 'hub'"):
        registry(10, "hub")
    with pytest.raises(UsageError, match="at least one"):
        registry(0)
    assert len(registry(1).frames().images) == 1


def test_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--images", "300", "--profile", "traffic"]) == 0

    assert "compressed layer below 1 MB" in capsys.readouterr().out
