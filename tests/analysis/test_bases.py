from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.analysis.bases import bases
from layerscope.api import open_images
from tests.analysis.documents import image_of, setting, step
from tests.surroundings import require_conformance

NAME = "org.opencontainers.image.base.name"
DIGEST = "org.opencontainers.image.base.digest"
BUILDKIT = "buildkit.dockerfile.v0"


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("parts", "how", "name", "layers"),
    [
        # buildah wrote the annotation, or where the format has none, a comment.
        (("b01-oci-archive", "image.tar"), "annotation", "registry.example/bh:one", 1),
        (("b08-bud-oneshot", "image.tar"), "annotation", "registry.example/bh:two", 2),
        (("b04-dir-docker", "image"), "history", "registry.example/bh:one", 1),
        # conf-beta is built FROM conf-alpha, which is in the same archive.
        (("d02-save-multi-shared", "image.tar"), "layers", "conf-alpha:1", 11),
        # Committed on top of conf-alpha, which has 11 layers and is not there.
        (("d04-commit", "image.tar"), "history", None, 11),
        (("m10-commit-containerd", "image.tar"), "history", None, 11),
        (("d05-import", "image.tar"), "root-filesystem", None, 1),
        (("k01-oci", "image.tar"), "root-filesystem", None, 1),
    ],
)
def test_base_of_a_fixture(parts: tuple[str, ...], how: str, name: str | None, layers: int) -> None:
    base = bases(open_images(require_conformance("images", *parts)))[0]

    assert base is not None
    assert (base.how, base.name, base.layers) == (how, name, layers)


@pytest.mark.conformance
@pytest.mark.parametrize("fixture", ["h10a-modern-save", "d07-hello"])
def test_base_of_a_fixture_that_tells_of_none_is_none(fixture: str) -> None:
    images = open_images(require_conformance("images", fixture, "image.tar"))

    assert bases(images) == [None] * len(images)


def test_base_is_the_image_with_the_longest_beginning_of_the_layers() -> None:
    small = image_of([step("x")], "a", names=("small:1",))
    large = image_of([step("x"), step("y")], "ab", names=("large:1",))
    image = image_of([step("x"), step("y"), step("z")], "abc")

    found = bases([image, small, large])

    assert found[0] is not None
    assert (found[0].how, found[0].name, found[0].layers, found[0].image) == (
        "layers",
        "large:1",
        2,
        2,
    )
    assert found[2] is not None
    assert found[2].image == 1
    assert found[1] is None


def test_base_needs_all_layers_of_the_base_in_their_order() -> None:
    image = image_of([step("x"), step("y")], "abc")

    assert bases([image, image_of([], "ax"), image_of([], "b"), image_of([], "ba")])[0] is None
    # The same layer over another one has another ChainID.


def test_base_of_equally_good_images_is_one_in_any_order_and_the_others_are_listed() -> None:
    long = image_of([step("x"), setting("ENV A=b")], "a", names=("z:1",))
    named = image_of([step("x")], "a", names=("b:1",))
    second = image_of([step("x")], "a", names=("c:1",))
    image = image_of([step("x"), step("y")], "ab")

    for order in ([image, long, named, second], [image, second, named, long]):
        base = bases(order)[0]

        assert base is not None
        assert base.name == "z:1"
        assert [order[other].names[0] for other in base.others] == ["b:1", "c:1"]


def test_base_with_all_layers_is_one_whose_history_is_the_beginning() -> None:
    base = image_of([step("x"), setting("CMD a")], "a", names=("base:1",))
    child = image_of([step("x"), setting("CMD a"), setting("ENV A=b")], "a")
    stranger = image_of([step("other")], "a")

    found = bases([base, child, stranger])

    assert found[1] is not None
    assert (found[1].image, found[1].layers) == (0, 1)
    assert found[0] is None
    assert found[2] is None


def test_base_is_never_the_same_image_under_another_name() -> None:
    image = image_of([step("x")], "a", names=("a:1",))

    assert bases([image, replace(image, names=("a:2",), index=1)]) == [None, None]


def test_base_of_an_annotation_takes_its_layers_from_the_image_that_has_them() -> None:
    parent = image_of([step("x")], "a", names=("local-name:1",))
    image = image_of(
        [step("x"), step("y")], "ab", annotations={NAME: "docker.io/library/debian:12", DIGEST: "d"}
    )

    base = bases([parent, image])[1]

    assert base is not None
    assert (base.how, base.name, base.digest) == ("annotation", "docker.io/library/debian:12", "d")
    assert (base.layers, base.image) == (1, 0)


def test_base_of_an_annotation_alone_has_no_layer_count() -> None:
    base = bases([image_of([step("x"), step("y")], annotations={NAME: "debian:12"})])[0]

    assert base is not None
    assert (base.how, base.name, base.layers, base.image) == ("annotation", "debian:12", None, None)


def test_base_of_a_label_counts_less_than_equal_layers() -> None:
    labels = {"Labels": {NAME: "debian:12"}}
    parent = image_of([step("x")], "a", names=("python:3",))
    image = image_of([step("x"), step("y")], "ab", settings=labels)

    alone, together = bases([image])[0], bases([image, parent])[0]

    assert alone is not None
    assert (alone.how, alone.name) == ("label", "debian:12")
    assert together is not None
    assert (together.how, together.name) == ("layers", "python:3")


def test_base_by_a_command_in_the_middle_of_the_history_is_likely() -> None:
    image = image_of(
        [
            step("ADD rootfs.tar.xz / # buildkit", BUILDKIT),
            setting('CMD ["bash"]', BUILDKIT),
            step("RUN make # buildkit", BUILDKIT),
            setting('CMD ["python3"]', BUILDKIT),
            step("COPY . /app # buildkit", BUILDKIT),
            setting('CMD ["app"]', BUILDKIT),
            setting("LABEL a=b", BUILDKIT),
        ]
    )

    base = bases([image])[0]

    assert base is not None
    assert (base.how, base.likely, base.layers, base.root_filesystem) == ("history", True, 2, True)


def test_base_by_a_change_of_builders_begins_where_the_last_builder_does() -> None:
    image = image_of(
        [
            step("# debian.sh --arch x", "debuerreotype 0.17"),
            step("RUN /bin/sh -c make # buildkit", BUILDKIT),
            step("jib-maven-plugin:3.4.0", "dependencies", author="Jib"),
            step("jib-maven-plugin:3.4.0", "classes", author="Jib"),
        ]
    )

    base = bases([image])[0]

    assert base is not None
    assert (base.how, base.likely, base.layers, base.root_filesystem) == ("history", True, 2, True)


def test_base_by_a_pause_of_a_day_is_likely_and_times_of_no_clock_do_not_count() -> None:
    def dated(*times: str) -> list[str | None]:
        records = [step(f"s{at}", created=time) for at, time in enumerate(times)]
        base = bases([image_of(records)])[0]
        return [] if base is None else [base.how, str(base.layers)]

    assert dated("2024-01-01T00:00:00Z", "2024-01-02T01:00:00+01:00") == ["history", "1"]
    assert dated("2024-01-01T00:00:00Z", "2024-01-01T23:59:59Z") == []
    assert dated("1970-01-01T00:00:00Z", "2024-01-01T00:00:00Z") == []
    assert dated("yesterday", "2024-13-41T99:00:00Z") == []


def test_base_where_records_claim_more_layers_than_there_are_is_not_guessed() -> None:
    image = image_of([step("x"), setting("CMD a"), step("y"), step("z")], "a")

    assert bases([image]) == [None]


def test_base_of_many_images_of_one_layer_list_lists_few_others() -> None:
    many = [image_of([step("x")], "a", names=(f"n:{number}",)) for number in range(200)]

    base = bases([image_of([step("x"), step("y")], "ab"), *many])[0]

    assert base is not None
    assert base.name == "n:0"
    assert len(base.others) == 20
