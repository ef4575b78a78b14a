from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.oci.platform import Platform

WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)


@given(st.builds(Platform, WORDS, WORDS, st.none() | WORDS))
def test_platform_printed_and_parsed_is_the_same(platform: Platform) -> None:
    assert Platform.parse(str(platform)) == platform


@given(st.builds(Platform, WORDS, WORDS, st.none() | WORDS))
def test_platform_matches_itself(platform: Platform) -> None:
    assert platform.matches(platform)


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "linux//v7", "a/b/c/d", "linux/amd64\n", "lin ux/a"]
)
def test_platform_parse_of_nonsense_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="expected os/arch"):
        Platform.parse(text)


@pytest.mark.parametrize(
    ("image", "wanted", "expected"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/amd64", "linux/x86_64", True),
        ("linux/x86-64", "Linux/AMD64", True),
        ("linux/arm64", "linux/aarch64", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/8", "linux/arm64/v8", True),
        ("linux/arm64/v9", "linux/arm64", True),
        ("linux/arm64/v9", "linux/arm64/v8", False),
        ("linux/arm", "linux/arm/v7", True),
        ("linux/arm/7", "linux/arm/v7", True),
        ("linux/arm", "linux/arm/v6", False),
        ("linux/arm/v6", "linux/arm", True),
        ("linux/armhf", "linux/arm/v7", True),
        ("linux/armel", "linux/arm/v7", False),
        ("linux/armel", "linux/arm/v6", True),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64", "linux/amd64/v1", True),
        ("linux/amd64", "linux/amd64/v3", False),
        ("linux/386", "linux/i386", True),
        ("darwin/arm64", "macos/arm64", True),
        ("linux/riscv64", "linux/riscv64", True),
    ],
)
def test_platform_matches_as_containerd_has_it(image: str, wanted: str, expected: bool) -> None:
    assert Platform.parse(image).matches(Platform.parse(wanted)) is expected


def test_platform_version_counts_only_if_wanted() -> None:
    image = Platform("windows", "amd64", None, "10.0.17763.1", ("win32k",))

    assert image.matches(Platform("windows", "amd64"))
    assert image.matches(Platform("windows", "amd64", None, "10.0.17763.1", ("win32k",)))
    assert not image.matches(Platform("windows", "amd64", None, "10.0.20348.1"))
    assert not image.matches(Platform("windows", "amd64", None, None, ("other",)))


def test_platform_to_json_has_no_keys_for_what_is_not_set() -> None:
    assert Platform("linux", "amd64").to_json() == {"os": "linux", "architecture": "amd64"}


def test_platform_to_json_has_all_that_is_set() -> None:
    obj = {
        "os": "windows",
        "architecture": "arm64",
        "variant": "v8",
        "os.version": "10.0",
        "os.features": ["win32k"],
    }

    assert Platform.from_json(obj, "index").to_json() == {
        "os": "windows",
        "architecture": "arm64",
        "variant": "v8",
        "os_version": "10.0",
        "os_features": ["win32k"],
    }


def test_platform_of_an_empty_object_is_empty_and_prints() -> None:
    platform = Platform.from_json({}, "index")

    assert platform == Platform("", "")
    assert str(platform) == "?/?"


def test_platform_completed_takes_only_what_is_missing() -> None:
    from_config = Platform("linux", "")
    from_descriptor = Platform("windows", "arm", "v6")

    assert from_config.completed(from_descriptor) == Platform("linux", "arm", "v6")
    assert from_config.completed(None) == from_config


def test_platform_unknown_is_told() -> None:
    assert Platform("unknown", "unknown").is_unknown
    assert not Platform("", "").is_unknown
