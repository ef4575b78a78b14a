from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import UsageError
from layerscope.oci.platform import Platform
from layerscope.sources.transport import open_inputs, open_one
from tests.sources.archives import FULL_NAME, Layout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two(tmp_path: Path) -> str:
    """Two images: `docker.io/library/app:1` for amd64, and `other` for arm64."""
    layout = Layout()
    layout.add(layout.image("a"), annotations={FULL_NAME: "docker.io/library/app:1"})
    layout.add(layout.image("b", architecture="arm64"), "other")
    return layout.tar(tmp_path / "two.tar")


@pytest.mark.parametrize(
    ("pick", "indexes"),
    [
        ("app:1", [0]),
        ("docker.io/library/app:1", [0]),
        ("1", [0]),
        ("other", [1]),
        ("@0", [0]),
        ("@1", [1]),
    ],
)
def test_select_pick_keeps_positions(two: str, pick: str, indexes: list[int]) -> None:
    opened = open_one(f"{two}:{pick}")

    assert [image.index for image in opened.images] == indexes


def test_select_pick_by_digest_start(two: str) -> None:
    digest = str(open_one(two).images[1].manifest_digest)

    assert [image.index for image in open_one(f"{two}:{digest[:20]}").images] == [1]


@pytest.mark.parametrize("pick", ["nothing", "@2", "sha256:000000"])
def test_select_pick_that_fits_nothing_lists_what_there_is(two: str, pick: str) -> None:
    with pytest.raises(UsageError, match=r"@0 docker\.io/library/app:1 .*@1 other"):
        open_one(f"{two}:{pick}")


def test_select_picks_of_one_file_are_united(two: str) -> None:
    opened = open_inputs([f"{two}:@1", f"{two}:app:1"])

    assert [[image.index for image in one.images] for one in opened] == [[0, 1]]


def test_select_file_named_with_and_without_pick_is_read_whole(two: str) -> None:
    (opened,) = open_inputs([f"{two}:@1", two, two])

    assert len(opened.images) == 2


def test_select_platform_keeps_its_images(two: str) -> None:
    opened = open_one(two, platform=Platform("linux", "arm64"))

    assert [image.index for image in opened.images] == [1]
    assert opened.faults == ()


def test_select_platform_that_no_input_has_is_a_usage_error(two: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_one(two, platform=Platform("linux", "s390x"))

    assert str(caught.value) == (
        f"{two}: no image is for linux/s390x; there is linux/amd64, linux/arm64 (usage)"
    )


def test_select_platform_error_names_few_inputs_and_platforms(tmp_path: Path) -> None:
    layout = Layout()
    for number in range(10):
        layout.add(layout.image(f"{number}", architecture=f"x\x1b{number}"))
    paths = [layout.tar(tmp_path / f"{number}.tar") for number in range(5)]

    with pytest.raises(UsageError) as caught:
        open_inputs(paths, platform=Platform("linux", "s390x"))

    error = str(caught.value)
    assert error.startswith("--platform: no image is for linux/s390x; ")
    assert [path for path in paths if path in error] == paths[:3]
    assert error.endswith(r"linux/x\x1b7 and 2 more and 2 more (usage)")


def test_select_input_without_the_platform_says_so(two: str, tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("c"))
    other = layout.tar(tmp_path / "other.tar")

    _, opened = open_inputs([two, other], platform=Platform("linux", "arm64"))

    assert opened.images == ()
    assert opened.faults == ()
    assert [one.what for one in opened.skipped] == ["other-platform"]
    assert [one.detail for one in opened.skipped] == ["linux/amd64"]


def test_select_pick_leaves_faults_of_other_images_out(tmp_path: Path) -> None:
    layout = Layout()
    bad = layout.image("a")
    layout.files["blobs/" + str(bad["digest"]).replace(":", "/")] = b"{}"
    layout.add(bad, "bad")
    layout.add(layout.image("b"), "good")
    path = layout.tar(tmp_path / "a.tar")

    assert open_one(f"{path}:good").faults == ()
    assert [fault.code for fault in open_one(f"{path}:bad").faults] == ["digest-mismatch"]


@pytest.fixture
def partial(tmp_path: Path) -> tuple[str, str]:
    """An index under the name `app:1` whose arm64 manifest is not there, and that digest."""
    layout = Layout()
    here = {**layout.image("a"), "platform": {"os": "linux", "architecture": "amd64"}}
    gone = {
        **layout.image("b", architecture="arm64"),
        "platform": {"os": "linux", "architecture": "arm64"},
    }
    layout.add(layout.index(here, gone), "app:1")
    layout.drop(gone)
    return layout.tar(tmp_path / "partial.tar"), str(gone["digest"])


def test_select_name_of_a_partial_index_asks_for_no_absent_platform(
    partial: tuple[str, str],
) -> None:
    path, digest = partial

    opened = open_one(f"{path}:app:1")

    assert opened.faults == ()
    assert [image.index for image in opened.images] == [0]
    assert [(one.what, str(one.digest)) for one in opened.skipped] == [("missing-platform", digest)]


def test_select_digest_of_an_absent_manifest_asks_for_it(partial: tuple[str, str]) -> None:
    path, digest = partial

    opened = open_one(f"{path}:{digest[:20]}")

    assert [fault.code for fault in opened.faults] == ["missing-blob"]


def test_select_name_of_an_absent_manifest_alone_asks_for_it(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a"), "here")
    gone = layout.image("b")
    layout.add(gone, "gone")
    layout.drop(gone)

    opened = open_one(f"{layout.tar(tmp_path / 'a.tar')}:gone")

    assert [fault.code for fault in opened.faults] == ["missing-blob"]


def test_select_platform_is_what_the_index_says_where_a_config_is_shared(tmp_path: Path) -> None:
    # Two descriptors of one manifest, whose config says amd64.
    layout = Layout()
    image = layout.image("a")
    layout.add(image, "x", platform={"os": "linux", "architecture": "amd64"})
    layout.add(image, "y", platform={"os": "linux", "architecture": "arm64"})
    path = layout.tar(tmp_path / "a.tar")

    (opened,) = open_inputs([path], platform=Platform("linux", "arm64"))

    assert [(one.index, str(one.platform)) for one in opened.images] == [(1, "linux/amd64")]


def test_select_platform_of_a_descriptor_is_completed_by_the_config(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a", architecture="arm", variant="v6")
    layout.add(image, "x", platform={"os": "linux", "architecture": "arm"})
    path = layout.tar(tmp_path / "a.tar")

    (opened,) = open_inputs([path], platform=Platform("linux", "arm", "v6"))

    assert len(opened.images) == 1
