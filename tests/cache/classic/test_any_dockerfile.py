"""Laws that hold for any Dockerfile, for both builders that keep an image for every step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.builders import buildah, classic
from layerscope.cache.step import Outcome
from tests.cache.classic.builds import Files, build, link, verdicts

FILES: Files = {"a.txt": "1", "d/x": "2", "l": link("d"), "loop": link("loop")}
WORDS = st.sampled_from(
    [
        "a.txt",
        "d",
        "l",
        "loop",
        "*",
        "[a",
        "d/../../x",
        "/",
        ".",
        "$V",
        "${V:-x}",
        "${",
        '"',
        "--from=0",
        "--from=s",
        "--from=9",
        "--chown=app",
        "--chown=::",
        "--chmod=9",
        "--x",
        "A=1",
        "V",
        "=",
        '["a"]',
        "[",
        "http://h/f",
        "http://h/",
        "NONE",
        "CMD",
        "\\",
        "a b",
        "80/tcp",
        "<<E",
    ]
)
KEYWORDS = st.sampled_from(
    [
        "FROM",
        "RUN",
        "COPY",
        "ADD",
        "ENV",
        "ARG",
        "LABEL",
        "WORKDIR",
        "USER",
        "EXPOSE",
        "VOLUME",
        "CMD",
        "ENTRYPOINT",
        "SHELL",
        "ONBUILD",
        "HEALTHCHECK",
        "STOPSIGNAL",
        "MAINTAINER",
        "FOO",
        "#",
    ]
)
LINES = st.builds(
    lambda keyword, words: " ".join((keyword, *words)), KEYWORDS, st.lists(WORDS, max_size=4)
)
DOCKERFILES = st.lists(LINES, max_size=6).map(
    lambda lines: "\n".join(("FROM base:1 AS s", *lines)) + "\n"
)


@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("builder", "version"), [(classic, "20.10.24"), (buildah, "1.28.2")], ids=["classic", "buildah"]
)
@given(text=DOCKERFILES)
def test_a_build_that_is_done_twice_is_all_hits(builder: object, version: str, text: str) -> None:
    simulate = builder.simulate  # type: ignore[attr-defined]
    once = build(text, FILES)

    first = simulate([once], version=version, assume_reruns=None)
    again = simulate([once, once], version=version, assume_reruns=None)

    assert (first.failed is None) == (again.failed is None)
    assert [step.vertex for step in first.steps] == [step.vertex for step in again.steps]
    assert Outcome.UNKNOWN not in {step.outcome for step in again.steps}
    done = again.steps if again.failed is None else again.steps[:-1]
    if "ENTRYPOINT" not in text and "USER" not in text:
        # The classic builder never finds a step that empties one of these.
        assert {step.outcome for step in done} <= {Outcome.HIT, Outcome.NO_STEP}
    assert "H" not in verdicts(first) or text.count("FROM") > 1
