"""The images that a Dockerfile takes from outside."""

from __future__ import annotations

from layerscope.cache.base_names import base_names
from layerscope.cache.build import Build
from layerscope.cache.memory_tree import MemoryTree

DOCKERFILE = b"""\
ARG TAG=1
ARG FULL=base:$TAG-$TARGETARCH
FROM $FULL AS a
COPY --from=tools:2 /x /x
COPY --from=0 /y /y
FROM --platform=$BUILDPLATFORM a AS b
RUN --mount=from=cache,target=/c --mount=from=a,target=/d true
COPY --from=named /n /n
FROM scratch
COPY --from=tools:2 /x /x
"""


def build(**more: object) -> Build:
    return Build(DOCKERFILE, MemoryTree({}, {}), **more)  # type: ignore[arg-type]


def test_images_are_named_once_in_the_order_of_the_file() -> None:
    given = build(named_contexts={"named": "x:1"}, platforms=("linux/arm64",))

    assert base_names(given) == ["base:1-arm64", "tools:2", "cache"]


def test_only_wanted_stages_count_and_arguments_are_heeded() -> None:
    given = build(build_args={"TAG": "3"})

    assert base_names(given, {0}) == ["base:3-amd64", "tools:2"]
    assert base_names(given, {1}) == ["cache", "named"]


def test_file_that_does_not_parse_names_nothing() -> None:
    assert base_names(Build(b"COYP\n", MemoryTree({}, {}))) == []
