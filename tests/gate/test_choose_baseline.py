from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import UsageError
from layerscope.gate.choose_baseline import choose
from tests.gate.baseline_subjects import TableSubject, image_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.measured import Subject
    from layerscope.report.answers import ImageName

    Candidates = list[tuple[str, Sequence[Subject]]]


def images(*names: str | ImageName, created: str | None = None) -> list[Subject]:
    """One image for each name."""
    return [
        TableSubject(image_name(name, index=at) if isinstance(name, str) else name, created=created)
        for at, name in enumerate(names)
    ]


def chosen(now: list[Subject], *candidates: tuple[str, list[Subject]]) -> list[str | None]:
    """For each image `source/name` of what it is compared with."""
    found = choose(now, list(candidates))
    return [
        f"{each.source}/{' '.join(each.subject.name.names)}" if each else None for each in found
    ]


def test_choice_pairs_images_by_platform_and_name_and_says_none_for_new_ones() -> None:
    now = images("new:1", "db:2", image_name("app:2", on="linux/arm64"), "app:2")
    old = images("app:1", "db:1", "gone:1", image_name("app:1", on="linux/arm64"))

    found = choose(now, [("old.json", old)])

    assert [each and (each.source, each.subject) for each in found] == [
        None,
        ("old.json", old[1]),
        ("old.json", old[3]),
        ("old.json", old[0]),
    ]


def test_choice_without_a_baseline_is_none_for_each() -> None:
    assert choose(images("app:1", "db:1"), []) == [None, None]
    assert choose(images("app:1", "db:1"), [("empty.json", [])]) == [None, None]


def test_choice_of_one_image_and_one_is_a_pair_whatever_they_are() -> None:
    assert chosen(images("app:2"), ("a", images("db:1"))) == ["a/db:1"]


@pytest.mark.parametrize(
    "rising",
    [
        ["app:1.9", "app:v1.10-rc.1", "app:v1.10", "app:2"],
        ["app:latest", "app:0.1"],
        ["app:4f2c1d9", "app:2026.11.24"],
        ["app:9-alpha", "app:9"],
    ],
)
def test_choice_of_several_is_the_newest_release_in_whatever_order(rising: list[str]) -> None:
    for order in itertools.permutations(rising):
        candidates = [(f"{at}", images(name)) for at, name in enumerate(order)]

        (found,) = choose(images("app:3"), candidates)

        assert found is not None
        assert found.subject.name.names == [rising[-1]]


@pytest.mark.parametrize(
    ("times", "best"),
    [
        (["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", None], 0),
        (["2026-01-01T23:00:00-02:00", "2026-01-02T00:30:00Z"], 0),
        ([None, "2014-01-01T00:00:00Z", "1970-01-01T00:00:00Z"], 1),
        (["2014-01-01T00:00:00Z", "9999-99-99", "yesterday"], 0),
        (["1970-01-01T00:00:01Z", "0001-01-01T00:00:00Z"], 1),
        ([None, None, None], 2),
        (["2026-01-01T00:00:00Z"] * 2, 1),
    ],
)
@pytest.mark.parametrize("name", ["app:latest", "app:1.0"])
def test_choice_of_equal_versions_is_the_youngest_then_the_last(
    name: str, times: list[str | None], best: int
) -> None:
    candidates = [(f"{at}", images(name, created=time)) for at, time in enumerate(times)]

    assert chosen(images("app:2"), *candidates) == [f"{best}/{name}"]


def test_choice_takes_a_version_before_a_later_time() -> None:
    old = images("app:1.0", created="2020-01-01T00:00:00Z")
    nightly = images("app:nightly", created="2026-01-01T00:00:00Z")

    assert chosen(images("app:2"), ("old", old), ("nightly", nightly)) == ["old/app:1.0"]


def test_choice_never_takes_a_newer_release_of_something_else() -> None:
    now = images("app:2")

    assert chosen(now, ("app", images("app:1")), ("db", images("db:17"))) == ["app/app:1"]
    assert chosen(now, ("db", images("db:17")), ("app", images("app:1"))) == ["app/app:1"]


def test_choice_takes_no_bare_tag_for_the_name_of_a_repository() -> None:
    candidates = [("same tag", images("2.0")), ("newer", images("3.0"))]

    assert chosen(images("2.0"), *candidates) == ["newer/3.0"]


def test_choice_takes_the_platform_of_the_image_before_a_newer_release() -> None:
    arm = images(image_name("app:9", on="linux/arm64"))

    assert chosen(images("app:2"), ("amd", images("app:1")), ("arm", arm)) == ["amd/app:1"]


def test_choice_is_made_for_each_image_by_itself() -> None:
    now = images("app:5", "db:5")
    candidates = [("one", images("app:1", "db:4")), ("two", images("app:2", "db:3"))]

    assert chosen(now, *candidates) == ["two/app:2", "one/db:4"]


def test_choice_of_one_manifest_under_two_names_is_the_same_for_both() -> None:
    now = images(*(image_name(name, manifest="one") for name in ("app:2", "app:latest")), "db:2")
    first = images(
        *(image_name(name, manifest="two") for name in ("app:latest", "app:1.5")), "db:1"
    )

    found = choose(now, [("tagged", first), ("older", images("app:1.4"))])

    assert [each and each.subject for each in found] == [first[0], first[0], first[2]]


def test_choice_pairs_images_without_names_by_the_names_of_their_inputs() -> None:
    now = images(image_name(input="out/a.tar"), image_name(input="out/b.tar"))
    old = images(image_name(input="b.tar"), image_name(input="a.tar"))

    found = choose(now, [("baseline.json", old)])

    assert [each and each.subject for each in found] == [old[1], old[0]]
    assert found[0] is not None
    assert found[0].subject.name.names == []


def test_choice_pairs_images_with_bare_tags_by_the_names_of_their_inputs() -> None:
    both = [
        ("out/a.tar", "linux/amd64"),
        ("out/a.tar", "linux/arm64"),
        ("out/b.tar", "linux/amd64"),
    ]
    now = images(*(image_name("2.0", input=path, on=on) for path, on in both))
    old = images(*(image_name("latest", input=path, on=on) for path, on in reversed(both)))

    found = choose(now, [("baseline.json", old)])

    assert [each and each.subject for each in found] == [old[2], old[1], old[0]]


def test_choice_pairs_the_images_of_one_layout_by_their_bare_tags() -> None:
    now = images(*(image_name(tag, input="layout.tar") for tag in ("app", "db")))
    old = images(*(image_name(tag, input="layout.tar") for tag in ("db", "app")))

    found = choose(now, [("baseline.json", old)])

    assert [each and each.subject for each in found] == [old[1], old[0]]


def test_choice_among_images_that_nothing_tells_apart_is_an_error_that_names_the_baseline() -> None:
    now = images(image_name(input="out/a.tar"), image_name(input="out/b.tar"))
    old = images(image_name(input="x.tar"), image_name(input="y.tar"))

    with pytest.raises(UsageError) as caught:
        choose(now, [("baseline.json", old)])

    assert caught.value.reading == "baseline baseline.json"


@pytest.mark.parametrize(
    ("old", "new", "otherwise"),
    [
        (image_name("app:1"), image_name("app:2"), (False, False)),
        (image_name("docker.io/library/app:1"), image_name("app:2"), (False, False)),
        (image_name("app:1"), image_name("tool:1"), (True, False)),
        (image_name("1.0"), image_name("tool:1"), (False, False)),
        (image_name(), image_name("tool:1"), (False, False)),
        (image_name("app:1"), image_name("app:2", on="linux/arm64"), (False, True)),
    ],
)
def test_choice_of_a_lone_image_says_what_is_another(
    old: ImageName, new: ImageName, otherwise: tuple[bool, bool]
) -> None:
    (found,) = choose(images(new), [("b.json", images(old))])

    assert found
    assert (found.other_name, found.other_platform) == otherwise
