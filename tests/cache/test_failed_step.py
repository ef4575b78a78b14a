from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.failed_step import FailedStep, LogStep, failed_step
from tests.surroundings import shared

INDEX = shared("build-logs", "index.json")
LOGS: list[dict[str, Any]] = json.loads(INDEX.read_text()) if INDEX.exists() else []

RUN = 'RUN echo about to fail; echo "no such module" >&2; exit 3'


def log(name: str) -> str:
    path = shared("build-logs", name)
    if not path.exists():
        pytest.skip("../shared/build-logs is not there")
    return path.read_bytes().decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("row", LOGS, ids=[row["log"] for row in LOGS])
def test_failed_step_of_each_log_is_found_only_where_the_build_failed(row: dict[str, Any]) -> None:
    found = failed_step(log(row["log"]))

    assert (found is not None) == row["failed"]
    if found is not None:
        assert row["builder"].startswith(found.builder)


@pytest.mark.parametrize("name", ["failing-run.log", "failing-run.jsonl"])
def test_failed_step_of_a_classic_run_has_the_image_before_it(name: str) -> None:
    found = failed_step(log(f"classic-20.10.24/{name}"))

    images = {"failing-run.log": "363631a0c3a7", "failing-run.jsonl": "ea600b842c7c"}
    containers = {"failing-run.log": "322cec1815de", "failing-run.jsonl": "dfedf43c9b40"}
    assert found == FailedStep(
        "classic",
        LogStep(7, 9, None, RUN, container=containers[name]),
        LogStep(6, 9, None, "COPY . .", image=images[name]),
        """The command '/bin/sh -c echo about to fail; echo "no such module" >&2; exit 3' """
        "returned a non-zero code: 3",
    )


def test_failed_step_of_a_classic_copy_is_the_copy() -> None:
    found = failed_step(log("classic-20.10.24/failing-copy.log"))

    assert found is not None
    assert found.step == LogStep(4, 9, None, "COPY missing.txt ./")
    assert found.last_good == LogStep(3, 9, None, "WORKDIR /app", image="67bb654668fd")


@pytest.mark.parametrize("name", ["failing-run.log", "failing-run.jsonl"])
def test_failed_step_of_a_buildkit_run_has_the_step_before_it(name: str) -> None:
    found = failed_step(log(f"buildkit-20.10.24/{name}"))

    assert found is not None
    assert found.step == LogStep(6, 6, None, RUN)
    assert found.last_good == LogStep(5, 6, None, "COPY . .")
    assert found.message.endswith("exit code: 3")


def test_failed_step_of_a_buildkit_copy_is_the_copy() -> None:
    found = failed_step(log("buildkit-20.10.24/failing-copy.log"))

    assert found is not None
    assert found.step == LogStep(3, 6, None, "COPY missing.txt ./")
    assert found.last_good == LogStep(2, 6, None, "WORKDIR /app")


def test_failed_step_of_a_buildah_run_has_the_whole_id_of_a_hit() -> None:
    found = failed_step(log("buildah-1.28.2/failing-run.log"))

    assert found is not None
    assert found.step == LogStep(7, 9, None, RUN)
    assert found.last_good == LogStep(
        6,
        9,
        None,
        "COPY . .",
        image="3b79c2268e8deb333e662210d35f60e2f09a826574b892960cc887049bd5d77d",
    )


@pytest.mark.parametrize("builder", ["classic-20.10.24", "buildkit-20.10.24"])
def test_failed_step_of_a_syntax_error_has_no_step(builder: str) -> None:
    found = failed_step(log(f"{builder}/syntax-error.log"))

    assert found is not None
    assert found.step is None
    assert found.message.endswith("dockerfile parse error line 2: unknown instruction: ENVV")


def test_failed_step_of_a_syntax_error_in_buildah_is_the_line() -> None:
    found = failed_step(log("buildah-1.28.2/syntax-error.log"))

    assert found is not None
    assert found.step == LogStep(2, 9, None, "ENVV MODE=prod")
    assert found.last_good == LogStep(1, 9, None, "FROM localhost/toolbase:1")


def test_failed_step_behind_times_is_the_same() -> None:
    plain = log("buildah-1.28.2/failing-run.log")

    timed = "".join(f"2026-11-24T02:23:08.236682Z {line}\n" for line in plain.splitlines())

    assert failed_step(timed) == failed_step(plain)


def test_failed_step_of_a_newer_buildkit_log_is_of_its_own_stage() -> None:
    text = """\
#5 [build 1/3] FROM docker.io/library/golang:1.26
#5 CACHED

#6 [stage-1 1/2] FROM docker.io/library/alpine:3.23
#6 DONE 0.1s

#7 [build 2/3] COPY . .
#7 DONE 0.0s

#8 [stage-1 2/2] RUN apk add curl
#8 0.2 fetch
#8 CANCELED

#9 [build 3/3] RUN go build ./...
#9 1.2 main.go:3: syntax error
#9 ERROR: process "/bin/sh -c go build ./..." did not complete successfully: exit code: 1
------
 > [build 3/3] RUN go build ./...:
1.2 main.go:3: syntax error
------
Dockerfile:3
ERROR: failed to build: failed to solve: process "/bin/sh -c go build ./..." did not complete
"""

    found = failed_step(text)

    assert found is not None
    assert found.step == LogStep(3, 3, "build", "RUN go build ./...")
    assert found.last_good == LogStep(2, 3, "build", "COPY . .")


def test_failed_step_of_what_a_terminal_showed_is_found() -> None:
    text = """\
[+] Building 1.3s (7/8) FINISHED                                    docker:default
 => [internal] load build definition from Dockerfile                          0.0s
 => CACHED [1/3] FROM docker.io/library/alpine:3.23                           0.0s
 => CACHED [2/3] COPY a /a                                                    0.0s
 => ERROR [3/3] RUN false                                                     0.3s
------
 > [3/3] RUN false:
------
ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1
"""

    found = failed_step(text)

    assert found is not None
    assert found.step == LogStep(3, 3, None, "RUN false")
    assert found.last_good == LogStep(2, 3, None, "COPY a /a")


def test_failed_step_of_a_base_that_cannot_be_pulled_has_nothing_before_it() -> None:
    text = (
        "Sending build context to Docker daemon  2.048kB\nStep 1/2 : FROM nosuch\n"
        "pull access denied for nosuch, repository does not exist\n"
    )

    found = failed_step(text)

    assert found is not None
    assert found.step == LogStep(1, 2, None, "FROM nosuch")
    assert found.last_good is None


def test_failed_step_of_two_stages_side_by_side_takes_ids_of_its_own_stage_only() -> None:
    first, second, third = "a" * 11, "b" * 11, "c" * 11
    text = f"""\
[1/2] STEP 1/3: FROM one AS build
[2/2] STEP 1/3: FROM two
[1/2] STEP 2/3: RUN first
[2/2] STEP 2/3: RUN second
--> {first}
[1/2] STEP 3/3: RUN third
--> {second}
--> {third}
[2/2] STEP 3/3: COPY --from=build /x /x
Error: building at STEP "COPY --from=build /x /x": no such file
"""

    found = failed_step(text)

    assert found is not None
    assert found.step == LogStep(3, 3, "2", "COPY --from=build /x /x")
    # Two ids came before the next header: which is whose, the log does not say.
    assert found.last_good == LogStep(2, 3, "2", "RUN second")


@pytest.mark.parametrize("text", ["", "hello\n", "{}\n", '{"stream": 3}\n', "#1\n", "STEP\n"])
def test_failed_step_of_no_log_is_none(text: str) -> None:
    assert failed_step(text) is None


@pytest.mark.hypothesis
@given(
    st.lists(
        st.sampled_from(
            [
                "Step 1/2 : FROM a",
                " ---> 0123456789ab",
                "#1 [1/2] FROM a",
                "#1 ERROR: x",
                "#2 CACHED",
                "STEP 1/2: FROM a",
                "[1/2] STEP 2/2: RUN b",
                "--> 0123456789a",
                'Error: building at STEP "RUN b": x',
                '{"vertexes": [{"digest": "a", "inputs": [1], "error": 3}]}',
                "failed to solve: x",
            ]
        )
        | st.text()
    )
)
def test_failed_step_of_any_lines_never_raises(lines: list[str]) -> None:
    found = failed_step("\n".join(lines))

    assert found is None or found.message
