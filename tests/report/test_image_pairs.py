from __future__ import annotations

import msgspec
import pytest

from layerscope.errors import UsageError
from layerscope.report.document import ImageRow, PlatformRow
from layerscope.report.image_pairs import ImagePairs, pair_images


def rows(*images: tuple[str, str]) -> list[ImageRow]:
    """Images of one input: platform, and names with blanks between."""
    return [
        ImageRow(
            input="x.tar",
            source="oci-archive",
            index=index,
            names=names.split(),
            platform=PlatformRow(
                os=platform.split("/")[0],
                architecture=platform.split("/")[1],
                variant="".join(platform.split("/")[2:]),
            ),
            manifest_digest=f"sha256:{index}",
            config_digest=None,
            created=None,
            compressed_bytes=None,
            uncompressed_bytes=None,
            content_bytes=None,
            layers=[],
            history=[],
        )
        for index, (platform, names) in enumerate(images)
    ]


AMD, ARM = "linux/amd64", "linux/arm64"


def test_one_image_and_one_image_pair_whatever_they_are() -> None:
    assert pair_images(rows((AMD, "a:1")), rows((ARM, "b:1"))) == ImagePairs([(0, 0)])


def test_images_pair_by_platform_whatever_it_is_called() -> None:
    old = rows((AMD, ""), (ARM, ""))
    new = rows(("linux/aarch64/v8", "x:1"), ("linux/x86_64", "x:1"), ("linux/s390x", "x:1"))

    assert pair_images(old, new) == ImagePairs([(1, 0), (0, 1)], [], [2])


def test_images_of_one_platform_pair_by_name_then_by_repository() -> None:
    old = rows((AMD, "app:1"), (AMD, "db:1"), (AMD, "gone:1"))
    new = rows((AMD, "come:1"), (AMD, "app:2"), (AMD, "docker.io/library/db:1"))

    assert pair_images(old, new) == ImagePairs([(0, 1), (1, 2)], [2], [0])


def test_one_manifest_under_several_names_is_one_image() -> None:
    old = rows((AMD, "app:1"), (AMD, "app:latest"))
    old[1] = msgspec.structs.replace(old[1], manifest_digest="sha256:0")

    assert pair_images(old, rows((AMD, "other:1"))) == ImagePairs([(0, 0)])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rows((AMD, ""), (AMD, "")), rows((AMD, ""), (AMD, ""))),
        (rows((AMD, "app:1"), (AMD, "app:2")), rows((AMD, "app:3"))),
    ],
)
def test_images_that_no_name_tells_apart_are_a_usage_error_that_lists_them(
    old: list[ImageRow], new: list[ImageRow]
) -> None:
    with pytest.raises(UsageError, match=r"x\.tar:@0 .*x\.tar:@1 .*NEW has") as caught:
        pair_images(old, new)

    assert "@0" in caught.value.hint
