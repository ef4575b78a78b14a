"""URLs, numbers of stages and paths that no sane Dockerfile has, for classic and buildah."""

from __future__ import annotations

import pytest

from layerscope.cache.build import ServedFile
from layerscope.cache.builders.served import file_name, path_and_query
from layerscope.cache.simulate import simulate
from layerscope.cache.step import Failure
from layerscope.errors import DockerfileError
from tests.cache.classic.builds import build, verdicts

BUILDERS = pytest.mark.parametrize("builder", ["classic", "buildah"])


@pytest.mark.parametrize(
    ("url", "path", "query", "name"),
    [
        ("http://h/a/b.txt", "/a/b.txt", "", "b.txt"),
        ("https://u:p@h:1/a%20b?x=/y#z", "/a%20b", "x=/y", "a b"),
        ("http://h", "", "", ""),
        ("http://h/d/", "/d/", "", ""),
        ("http://h?/q/n", "", "/q/n", ""),
        ("http://[::1]:80/f", "/f", "", "f"),
        ("http://[bad]/f", "/f", "", "f"),
        ("http://h/a%2Fb", "/a%2Fb", "", "b"),
        ("http://h/%ff", "/%ff", "", "\udcff"),
        ("http://h/100%", "/100%", "", "100%"),
    ],
)
def test_url_is_split_as_go_does(url: str, path: str, query: str, name: str) -> None:
    assert path_and_query(url) == (path, query)
    assert file_name(url) == name


def test_url_with_an_open_bracket_is_refused() -> None:
    with pytest.raises(DockerfileError, match="missing ']' in host"):
        path_and_query("http://[::1/f")


@BUILDERS
def test_add_of_a_broken_url_fails_on_its_line(builder: str) -> None:
    one = build("FROM base:1\nADD http://[x /f\nRUN x\n")

    found = simulate([one], builder=builder)

    assert found.failed == Failure("parse http://[x: missing ']' in host", 2)
    assert verdicts(found) == "M"


@BUILDERS
@pytest.mark.parametrize("host", ["[bad]", "a\u2100b"])
def test_add_of_a_host_that_only_python_refuses_is_looked_up(builder: str, host: str) -> None:
    one = build(
        f"FROM base:1\nADD http://{host}/f /f\n",
        served={"/f": ServedFile(b"1")},
    )

    assert verdicts(simulate([one, one], builder=builder)) == "H"


@BUILDERS
@pytest.mark.parametrize("number", ["\u00b2", "\u0663", "9" * 5000, "++1"])
def test_number_of_no_stage_crashes_nothing(builder: str, number: str) -> None:
    one = build(f"FROM base:1 AS a\nRUN x\nFROM base:1\nCOPY --from={number} /f /f\nRUN y\n")

    assert simulate([one], builder=builder).steps


@BUILDERS
def test_path_that_no_system_takes_fails_the_step(builder: str) -> None:
    one = build(f"FROM base:1\nCOPY a /{'d/' * 3000}\nRUN x\n", {"a": "1"})

    found = simulate([one], builder=builder)

    assert found.failed is not None
    assert found.failed.message.endswith("file name too long")
    assert found.failed.line == 2
