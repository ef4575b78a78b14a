from __future__ import annotations

import pytest

from layerscope.analysis.origin import origins
from layerscope.api import open_images
from tests.analysis.documents import Record, image_of, setting, step
from tests.surroundings import require_conformance

NOP = "/bin/sh -c #(nop) "
BUILDKIT = "buildkit.dockerfile.v0"


def of_layers(*parts: str) -> list[str]:
    """The origin of each layer of the first image of a fixture, base first."""
    image = open_images(require_conformance("images", *parts))[0]
    rows = [row for row in origins(image) if row.layer is not None]
    assert [row.layer for row in rows] == list(range(len(image.layers)))
    return [row.origin for row in rows]


@pytest.mark.conformance
def test_origin_of_a_committed_container_is_hand_made_and_not_reviewable() -> None:
    for fixture in ("d04-commit", "m10-commit-containerd"):
        image = open_images(require_conformance("images", fixture, "image.tar"))[0]

        last = origins(image)[-1]

        assert (last.origin, last.reviewable, last.layer) == ("hand-made", False, 11)


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("d05-import", "image.tar"), ["imported"]),
        (("d07-hello", "image.tar"), ["instruction"]),
        (("d08-dup-layers", "image.tar"), ["instruction", "unknown", "unknown"]),
        (("b03-squash-docker-archive", "image.tar"), ["squashed"]),
        (("b08-bud-oneshot", "image.tar"), ["unknown", "hand-made", "single-snapshot"]),
        (("h09a-history-short", "image"), ["unknown", "missing"]),
        (("h32h-v1-only", "image.tar"), ["instruction", "instruction"]),
        (("k01-oci", "image.tar"), ["root-filesystem", *["instruction"] * 8]),
        (("u02-umoci-two", "image"), ["hand-made", "unknown"]),
        (("up-ggcr-source-image", "image.tar"), ["build-tool"]),
        (("up-moby-emptylayer", "image.tar"), ["imported", "instruction", "instruction"]),
        (("up-ci-almostempty", "image.tar"), ["instruction"]),
    ],
)
def test_origin_of_the_layers_of_a_fixture(parts: tuple[str, ...], expected: list[str]) -> None:
    assert of_layers(*parts) == expected


@pytest.mark.parametrize(
    ("record", "origin", "reviewable"),
    [
        (step(f"{NOP}ADD file:0123 in / "), "root-filesystem", True),
        (step(f"{NOP}COPY dir:0123 in / "), "root-filesystem", True),
        (step(f"{NOP}COPY file:0123 in / "), "instruction", True),
        (step(f"{NOP}ADD file:0123 in /opt "), "instruction", True),
        (step("ADD rootfs.tar.xz / # buildkit", BUILDKIT), "root-filesystem", True),
        (step("ADD --chown=0:0 alpine.tar.gz / # buildkit", BUILDKIT), "root-filesystem", True),
        (step("ADD hello / # buildkit", BUILDKIT), "instruction", True),
        (step("COPY rootfs/ / # buildkit", BUILDKIT), "root-filesystem", True),
        (step("COPY hello / # buildkit", BUILDKIT), "instruction", True),
        (step("# debian.sh --arch x", "debuerreotype 0.17"), "root-filesystem", False),
        (step(None, "Imported from -"), "imported", False),
        (step(None, "my own message"), "imported", False),
        (step("bash"), "hand-made", False),
        (step("nginx -g daemon off;", "fixed by hand"), "hand-made", False),
        (step("jib-maven-plugin:3.4.0", "classes", author="Jib"), "build-tool", False),
        (step("crane flatten sha256:" + "0" * 64, "[]"), "squashed", False),
        (step("/t rm /f"), "unknown", False),
        ({}, "unknown", False),
    ],
)
def test_origin_of_a_first_record(record: Record, origin: str, reviewable: bool) -> None:
    (found,) = origins(image_of([record]))

    assert (found.origin, found.reviewable) == (origin, reviewable)
    assert found.evidence


def test_origin_of_an_archive_added_to_the_root_above_a_base_is_an_instruction() -> None:
    found = origins(image_of([step("RUN a"), step("ADD x.tar / # buildkit", BUILDKIT)]))

    assert found[1].origin == "instruction"


def test_origin_of_docker_build_squash_is_the_merged_layer_and_not_its_empty_steps() -> None:
    # moby, daemon/images/image_squash.go: own records become empty, one is appended.
    image = image_of(
        [
            step(f"{NOP}ADD file:0 in / "),
            setting("/bin/sh -c make"),
            step(None, "merge sha256:aa to sha256:bb"),
        ]
    )

    found = origins(image)

    assert [(row.origin, row.layer) for row in found] == [
        ("root-filesystem", 0),
        ("instruction", None),
        ("squashed", 1),
    ]
    assert not found[2].reviewable


def test_origin_of_kanikos_only_layer_under_a_setting_is_a_single_snapshot() -> None:
    # kaniko, pkg/executor/build.go: with --single-snapshot the last command names the layer.
    base = step(f"{NOP}ADD file:0 in / ")

    single = origins(image_of([base, step('CMD ["app"]', author="kaniko")]))
    forced = origins(
        image_of([base, step("ENV A=b", author="kaniko"), step("CMD x", author="kaniko")])
    )
    usual = origins(image_of([base, step("RUN make", author="kaniko")]))

    assert single[1].origin == "single-snapshot"
    assert [row.origin for row in forced[1:]] == ["instruction", "instruction"]
    assert usual[1].origin == "instruction"


def test_origin_of_buildahs_layer_after_empty_copies_is_a_single_snapshot() -> None:
    image = image_of(
        [
            step("# base"),
            setting(f"{NOP}COPY file:1 in /a", "FROM registry.example/base:1"),
            step("/bin/sh -c make"),
        ]
    )

    assert [row.origin for row in origins(image)] == ["unknown", "instruction", "single-snapshot"]


def test_origin_of_an_empty_run_of_the_classic_builder_makes_no_single_snapshot() -> None:
    image = image_of([setting("/bin/sh -c true"), step(f"{NOP}COPY file:1 in /a "), setting("x")])

    assert [row.origin for row in origins(image)] == ["instruction", "instruction", "unknown"]


def test_origin_where_records_claim_more_layers_than_there_are_guesses_no_snapshot() -> None:
    image = image_of([step("ENV A=b"), step("CMD x")], "a")

    found = origins(image)

    assert [(row.origin, row.layer) for row in found] == [
        ("instruction", 0),
        ("instruction", None),
    ]


def test_origin_rows_are_one_for_each_record_then_one_for_each_untold_layer() -> None:
    found = origins(image_of([setting("ENV A=b"), step("RUN make")], "abc"))

    assert [(row.record, row.layer, row.origin) for row in found] == [
        (0, None, "instruction"),
        (1, 0, "instruction"),
        (None, 1, "missing"),
        (None, 2, "missing"),
    ]
