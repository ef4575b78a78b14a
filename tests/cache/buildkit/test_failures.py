"""Builds that fail, and what they leave in the cache; each of them measured on BuildKit 0.32.2."""

from __future__ import annotations

import pytest

from layerscope.cache.filetree import FileNode
from layerscope.errors import OverLimitError
from tests.cache.buildkit.builds import build, predict, verdicts

FILES: dict[str, str | FileNode] = {
    "a.txt": "alpha",
    "src/main.py": "main",
    "src/lib/util.py": "util",
    "e": FileNode("dir", 0o755),
}


@pytest.mark.parametrize(
    "steps",
    [
        "COPY a.txt /q\nCOPY a.txt /q/",
        "COPY a.txt /q\nCOPY src /q",
        "COPY a.txt /q\nWORKDIR /q",
        "COPY a.txt /q\nCOPY a.txt /q/r/s",
        "COPY * /d",
        "STOPSIGNAL FOO",
        "EXPOSE x",
        "EXPOSE 80/icmp",
        "COPY --from=N /x /y",
        "COPY [a.txt /q",
    ],
)
def test_what_buildkit_refuses_is_told(steps: str) -> None:
    assert predict(build(f"FROM base:1\n{steps}\n", FILES)).failed is not None


@pytest.mark.parametrize(
    "steps",
    [
        "COPY src /q\nCOPY a.txt /q",
        "COPY a.txt /q\nCOPY src/main.py /q",
        "STOPSIGNAL sigterm\nSTOPSIGNAL RTMIN+3\nSTOPSIGNAL 9",
        "EXPOSE 80 81/UDP 8000-8010/tcp 127.0.0.1:80:80",
    ],
)
def test_what_buildkit_takes_is_no_failure(steps: str) -> None:
    assert predict(build(f"FROM base:1\n{steps}\n", FILES)).failed is None


@pytest.mark.parametrize(
    ("steps", "fails"),
    [
        ("COPY src/*.zz /q/", True),
        ("COPY nodir/*.zz /q/", True),
        ("COPY e/* /q/", True),
        ("COPY --exclude=x src/*.zz /q/", True),
        ("COPY --parents src/./*.zz /q/", True),
        ("COPY *.zz /q/", False),
        ("COPY s*/*.zz /q/", False),
        ("COPY --parents src/*.zz /q/", False),
        ("COPY src/*.zz /q/\nCOPY src/main.py /m", False),
        ("COPY src/*.zz /q/\nCOPY . /all", False),
        ("COPY src/*.zz /q/\nRUN --mount=type=tmpfs,target=/t true", False),
        ("COPY src/*.zz /q/\nRUN --mount=type=cache,target=/t true", True),
    ],
)
def test_a_directory_that_nothing_is_taken_from_is_not_sent(steps: str, *, fails: bool) -> None:
    prediction = predict(build(f"FROM base:1\n{steps}\n", FILES))

    assert (prediction.failed is not None) is fails


def test_a_missing_source_keeps_the_steps_before_it() -> None:
    text = "FROM base:1\nCOPY src /s\nRUN make\nCOPY {} /a\n"
    broken, mended = (build(text.format(name), FILES) for name in ("nosuch", "a.txt"))

    assert verdicts(broken, mended) == "HHM"


def test_a_failure_while_it_runs_keeps_the_steps_before_it() -> None:
    text = "FROM base:1\nCOPY a.txt /q\nRUN make\nCOPY a.txt {}\n"
    broken, mended = (build(text.format(path), FILES) for path in ("/q/x", "/r"))

    assert verdicts(broken, mended) == "HHM"


def test_a_dockerfile_without_measure_is_over_a_limit() -> None:
    with pytest.raises(OverLimitError, match="20000"):
        predict(build("FROM base:1\n" + "LABEL a=b\n" * 20_001))


def test_one_limit_alone_is_both_limits() -> None:
    text = "FROM base:1\nRUN make\n"
    builds = [
        build(text, frontend_options={"ulimit": limit}) for limit in ("nofile=9", "nofile=9:9")
    ]

    assert verdicts(*builds) == "H"


def test_a_time_that_is_neither_number_nor_source_is_refused() -> None:
    text = "FROM base:1 AS b\nWORKDIR /w\n"

    assert predict(build(text, build_args={"SOURCE_DATE_EPOCH": "abc"})).failed is not None
    assert predict(build(text, build_args={"SOURCE_DATE_EPOCH": "context"})).failed is None
    assert predict(build(text, build_args={"SOURCE_DATE_EPOCH": "b"})).failed is None


def test_the_link_of_a_trigger_says_so() -> None:
    text = "FROM base:1 AS a\nONBUILD COPY --link a.txt /a\nFROM a\n"

    names = [each.vertex for each in predict(build(text, FILES)).steps]

    assert names[-1] == "[stage-1 1/1] ONBUILD LINK COPY --link a.txt /a"


@pytest.mark.parametrize(
    "text",
    [
        "FROM base:1\nADD http://[x /f\n",
        "FROM base:1\nADD https://[::1/a.git#b /f\n",
        "ARG A=1\n",
        "FROM base:1\nCOPY l* /d/\n",
    ],
)
def test_odd_files_fail_the_build_and_not_the_program(text: str) -> None:
    files = {**FILES, "link": FileNode("symlink", 0o777, link="nowhere")}

    prediction = predict(build(text, files))

    assert prediction.failed is not None
