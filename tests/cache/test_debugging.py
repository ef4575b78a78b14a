from __future__ import annotations

import pytest

from layerscope.cache.build import Build
from layerscope.cache.debugging import how_to_open, how_to_open_failed
from layerscope.cache.failed_step import FailedStep, LogStep, failed_step
from layerscope.cache.memory_tree import MemoryTree
from layerscope.cache.step import Failure, Prediction
from layerscope.dockerfile import stages
from tests.surroundings import shared

DEBUGGER = "BUILDX_EXPERIMENTAL=1 docker buildx debug --invoke sh --on=error build ."
LEFT = "docker run --rm -it --entrypoint sh after-failure-left"


def lines_of(text: str, line: int, builder: str = "buildkit", **arguments: str) -> list[str]:
    build = Build(text.encode(), MemoryTree({}, {}), build_args=arguments)
    return how_to_open(Prediction((), Failure("no such file", line)), build, builder)


def test_how_to_open_of_a_build_that_succeeds_is_empty() -> None:
    build = Build(b"FROM a\n", MemoryTree({}, {}))

    assert how_to_open(Prediction((), None), build, "buildkit") == []


def test_how_to_open_with_buildkit_builds_up_to_the_line_before() -> None:
    text = "FROM alpine\nRUN a && \\\n    b\nRUN false\n"

    found = lines_of(text, 4)

    assert found == [
        "line 4 cannot succeed: no such file",
        "last good step: RUN a && b",
        "build up to it: head -n 3 Dockerfile | docker build -t after-failure -f - .",
        "open it: docker run --rm -it --entrypoint sh after-failure",
        f"or stop in the failed step: {DEBUGGER}",
    ]


@pytest.mark.parametrize(
    ("builder", "command", "engine"),
    [
        ("classic", "DOCKER_BUILDKIT=0 docker build", "docker"),
        ("buildah", "buildah build --layers", "podman"),
    ],
)
def test_how_to_open_with_other_builders_uses_their_commands(
    builder: str, command: str, engine: str
) -> None:
    found = lines_of("FROM alpine\nWORKDIR /a\nRUN false\n", 3, builder)

    assert f"build up to it: head -n 2 Dockerfile | {command} -t after-failure -f - ." in found
    assert f"open it: {engine} run --rm -it --entrypoint sh after-failure" in found


def test_how_to_open_below_shell_and_user_uses_both() -> None:
    text = 'FROM alpine\nSHELL ["/bin/bash", "-c"]\nUSER app\nRUN false\n'

    found = lines_of(text, 4)

    assert "open it: docker run --rm -it --entrypoint /bin/bash after-failure" in found
    assert (
        "it runs as app; as root: docker run --rm -it -u 0 --entrypoint /bin/bash after-failure"
        in found
    )


def test_how_to_open_of_a_shell_with_blanks_quotes_it() -> None:
    text = 'FROM alpine\nSHELL ["/bin/sh; reboot", "-c"]\nRUN false\n'

    found = lines_of(text, 3)

    assert "open it: docker run --rm -it --entrypoint '/bin/sh; reboot' after-failure" in found


@pytest.mark.parametrize("base", ["scratch", "gcr.io/distroless/static-debian12"])
def test_how_to_open_without_a_shell_copies_the_files_below_one(base: str) -> None:
    found = lines_of(f"FROM {base}\nCOPY a /a\nCOPY b /b\n", 3)

    assert (
        "it has no shell: put its files below one:"
        r" printf 'FROM busybox\nCOPY --from=after-failure / /after-failure\n'"
        " | docker build -t after-failure-files -" in found
    )
    assert not any("--entrypoint" in line for line in found)


def test_how_to_open_on_a_stage_without_a_shell_knows_it_from_the_stage_below() -> None:
    text = "FROM gcr.io/distroless/base AS one\nCOPY a /a\nFROM one\nCOPY b /b\nCOPY c /c\n"

    found = lines_of(text, 5)

    assert any(line.startswith("it has no shell") for line in found)


def test_how_to_open_of_scratch_with_a_shell_copied_in_opens_it() -> None:
    found = lines_of("FROM scratch\nADD rootfs.tar.xz /\nRUN false\n", 3)

    assert "open it: docker run --rm -it --entrypoint sh after-failure" in found


def test_how_to_open_of_a_first_step_on_scratch_has_nothing_to_open() -> None:
    found = lines_of("FROM scratch\nCOPY b /b\n", 2)

    assert found[-1] == "there is no step before it in its stage to open"


def test_how_to_open_of_a_trigger_of_the_base_opens_the_base() -> None:
    found = lines_of("FROM alpine:3\nRUN true\n", 1)

    assert found[-1].endswith("its base: docker run --rm -it --entrypoint sh alpine:3")


def test_how_to_open_of_a_missing_source_points_at_the_context() -> None:
    found = lines_of("FROM alpine\nWORKDIR /a\nCOPY b .\n", 3)

    assert any("layerscope cache context" in line for line in found)
    assert not any("buildx debug" in line for line in found)


def test_how_to_open_keeps_names_of_build_arguments_and_no_values() -> None:
    found = lines_of("FROM alpine\nARG KEY\nRUN false\n", 3, KEY="hidden")

    assert any("docker build --build-arg KEY=… -t after-failure" in line for line in found)
    assert not any("hidden" in line for line in found)


def test_how_to_open_of_a_file_that_does_not_parse_says_so() -> None:
    build = Build(b"FROM a\nENVV b\n", MemoryTree({}, {}))
    failure = Failure("unknown instruction: ENVV", 2, parse=True)

    found = how_to_open(Prediction((), failure), build, "buildkit")

    assert found == ["the build stops before its first step: unknown instruction: ENVV"]


def test_how_to_open_failed_classic_opens_the_image_and_what_the_step_left() -> None:
    failed = FailedStep(
        "classic",
        LogStep(3, 3, None, "RUN false", container="322cec1815de"),
        LogStep(2, 3, None, "COPY . .", image="363631a0c3a7"),
        "The command '/bin/sh -c false' returned a non-zero code: 1",
    )

    found = how_to_open_failed(failed)

    assert found == [
        "step 3 failed: The command '/bin/sh -c false' returned a non-zero code: 1",
        "last good step: COPY . .",
        "open it: docker run --rm -it --entrypoint sh 363631a0c3a7",
        f"what the failed step left: docker commit 322cec1815de after-failure-left && {LEFT}",
    ]


def test_how_to_open_failed_buildah_has_podman_and_buildah() -> None:
    failed = FailedStep(
        "buildah",
        LogStep(3, 3, None, "RUN false"),
        LogStep(2, 3, None, "COPY . .", image="3b79c2268e8"),
        "exit status 1",
    )

    found = how_to_open_failed(failed)

    assert "open it: podman run --rm -it --entrypoint sh 3b79c2268e8" in found
    assert "or with buildah: buildah run --tty $(buildah from 3b79c2268e8) -- sh" in found


def test_how_to_open_failed_behind_a_from_opens_the_image_that_it_names() -> None:
    failed = FailedStep(
        "buildah", LogStep(2, 2, None, "RUN false"), LogStep(1, 2, None, "FROM alpine:3"), "no"
    )

    assert "open it: podman run --rm -it --entrypoint sh alpine:3" in how_to_open_failed(failed)


def test_how_to_open_failed_without_the_file_advises_a_stage() -> None:
    failed = FailedStep(
        "buildkit", LogStep(3, 3, None, "RUN false"), LogStep(2, 3, None, "COPY . ."), "no"
    )

    found = how_to_open_failed(failed)

    assert any("--target NAME" in line for line in found)


def test_how_to_open_failed_with_the_file_finds_the_line_in_the_named_stage() -> None:
    text = b"FROM a AS one\nWORKDIR /x\nRUN false\nFROM b\nWORKDIR /y\nRUN false\n"
    failed = FailedStep(
        "buildkit", LogStep(3, 3, "stage-1", "RUN false"), LogStep(2, 3, "stage-1", "x"), "no"
    )

    found = how_to_open_failed(failed, stages.read(text))

    assert found[0] == "line 6 failed: no"
    assert any("head -n 5 Dockerfile" in line for line in found)


@pytest.mark.parametrize("builder", ["classic-20.10.24", "buildkit-20.10.24", "buildah-1.28.2"])
def test_how_to_open_failed_of_a_real_log_is_about_its_line(builder: str) -> None:
    path = shared("build-logs", builder, "failing-run.log")
    if not path.exists():
        pytest.skip("../shared/build-logs is not there")
    failed = failed_step(path.read_text())
    dockerfile = stages.read(shared("build-logs", "dockerfiles", "failing.Dockerfile").read_bytes())

    assert failed is not None
    found = how_to_open_failed(failed, dockerfile)

    assert found[0].startswith("line 8 failed: ")
    assert found[1] == "last good step: COPY . ."
