"""Names of images."""

from __future__ import annotations

import pytest

from layerscope.cache.build import NamedImage
from layerscope.cache.builders.bases import base_of, is_image_name
from tests.cache.classic.builds import base, build


@pytest.mark.parametrize("name", ["x", "x:latest", "docker.io/library/x", "library/x:latest"])
def test_spellings_of_one_name_find_the_image(name: str) -> None:
    given = build("FROM scratch\n", bases={name: base("m")})

    for other in ("x", "x:latest", "docker.io/library/x:latest"):
        found = base_of(given, other)
        assert found is not None
        assert found.manifest == "m"
    assert base_of(given, "x:1") is None
    assert base_of(given, "example.org/x") is None


def test_image_of_the_platform_is_taken() -> None:
    arm, any_other = base("arm").platforms[None], base("any").platforms[None]
    image = NamedImage({"linux/arm64": arm, None: any_other})
    given = build("FROM scratch\n", bases={"x": image})

    assert base_of(given, "x", "linux/arm64") is arm
    assert base_of(given, "x") is any_other
    assert base_of(given, "y") is None


def test_capital_letters_are_for_hosts_and_tags() -> None:
    assert is_image_name("registry.Example.org:5000/a/b:Tag")
    assert is_image_name("a:Tag")
    assert is_image_name("a@sha256:00")
    assert not is_image_name("Build")
    assert not is_image_name("a/B")
    assert not is_image_name("$S")
    assert not is_image_name("")
