from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.lint import MOST_INSTRUCTIONS, RULES, SEVERITIES, lint
from layerscope.dockerfile import stages
from layerscope.errors import DockerfileError, OverLimitError
from tests.surroundings import shared

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "lint"
ROW = re.compile(r"^\| \[`([a-z-]+)`\]\(\1\.md\) \| ([a-z]+) \|", re.MULTILINE)
REAL = sorted(shared("conformance", "dockerfile-parser", "cases").glob("real-*/Dockerfile"))

# What a person found to be so by reading the files. `unpinned-base` for information is left out:
# nearly every line FROM has one.
JUDGED = {
    "real-buildkit-hack-dockerfiles-archutil.dockerfile": {(67, "stale-package-index")},
    "real-buildkit-hack-dockerfiles-docs-dockerfile.dockerfile": {(16, "unpinned-base")},
    "real-buildkit-hack-dockerfiles-docs.dockerfile": {(25, "unpinned-base")},
    "real-buildkit-hack-dockerfiles-generated-files.dockerfile": {(12, "package-cache-kept")},
    "real-buildx-hack-demo-env-examples-simple1": {(1, "unpinned-base")},
    "real-cli-cli-command-image-testdata.test": {(1, "unpinned-base")},
    "real-moby-contrib-nnp-test": {(6, "package-cache-kept"), (14, "owner-copies")},
    "real-moby-contrib-syscall-test": {(6, "package-cache-kept")},
    "real-moby-daemon-libnetwork-cmd-ssd": {
        (22, "package-cache-kept"),
        (33, "package-cache-kept"),
    },
    "real-moby-hack-dockerfiles-generate-files.dockerfile": {(9, "package-cache-kept")},
    "real-moby-integration-build-testdata.testbuildmultistagecopy": {(1, "unpinned-base")},
    "real-moby-integration-build-testdata.testbuildpreserveownership": {(2, "unpinned-base")},
    "real-stereoscope-test-integration-testdata-registry-loader": {(4, "package-cache-kept")},
    "real-umoci-dockerfile.fuzz": {
        (18, "unpinned-base"),
        (20, "package-cache-kept"),
        (30, "deleted-in-later-layer"),
    },
}


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_rule_has_a_page_that_names_it(rule: object) -> None:
    code = rule.code  # type: ignore[attr-defined] # parametrize erases the type
    page = (PAGES / f"{code}.md").read_text()

    assert page.startswith(f"# {code}: ")
    assert "## What to do" in page


def test_pages_are_those_of_rules_and_listed() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    table = dict(ROW.findall((PAGES / "README.md").read_text()))

    assert pages == {rule.code for rule in RULES}
    assert table == {rule.code: rule.severity for rule in RULES}


def test_rules_are_sorted_and_have_known_severities() -> None:
    codes = [rule.code for rule in RULES]

    assert codes == sorted(codes)
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)


@pytest.mark.parametrize("path", REAL, ids=[path.parent.name for path in REAL])
def test_lint_of_real_files_finds_what_a_person_agrees_with(path: Path) -> None:
    found = lint(stages.read(path.read_bytes()))

    plain = {
        (finding.line, finding.rule)
        for finding in found
        if (finding.rule, finding.severity) != ("unpinned-base", "info")
    }
    assert plain == JUDGED.get(path.parent.name, set())


def test_lint_is_sorted_by_line_and_the_same_each_time() -> None:
    text = b"FROM a AS x\nRUN apt-get update\nADD http://a/b /\nFROM x\nMAINTAINER m\nCMD a\n"

    first, second = lint(stages.read(text)), lint(stages.read(text))

    assert first == second
    assert [finding.line for finding in first] == sorted(finding.line for finding in first)


def test_lint_of_too_many_instructions_names_the_limit() -> None:
    at_the_limit = b"FROM a\n" + b"USER a\n" * (MOST_INSTRUCTIONS - 1)

    assert lint(stages.read(at_the_limit))
    with pytest.raises(OverLimitError, match="20000 instructions"):
        lint(stages.read(at_the_limit + b"USER a\n"))


PIECES = [
    *("FROM a\n", "FROM a AS b\n", "FROM b\n", "FROM scratch\n", "ARG BUILD_DATE\n", "ARG X=1\n"),
    *("COPY . .\n", "COPY --from=b / /\n", "COPY a.tgz /t/\n", "ADD http://x/y.tgz /t/\n"),
    *("RUN apt-get update\n", "RUN apt-get install -y a\n", "RUN pip install -r r.txt\n"),
    *("RUN rm -rf /t /var/lib/apt/lists/*\n", "RUN chown -R a /t\n", "RUN tar xf /t/a.tgz\n"),
    *("RUN cd $X && wget http://x/$X && mv a b\n", "WORKDIR $Y\n", "WORKDIR t\n", "USER u\n"),
    *("ENTRYPOINT a $@\n", "CMD b\n", 'SHELL ["cmd"]\n', "MAINTAINER m\n", "ENV A_TOKEN=x\n"),
    *("RUN <<E\nnpm ci\nE\n", "RUN --mount=type=cache,target=~/.npm npm ci\n", "RUN a 'b\n"),
    "# layerscope: ignore=all\n",
]


@pytest.mark.hypothesis
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_lint_of_any_file_that_parses_never_raises(text: str) -> None:
    try:
        dockerfile = stages.read(text.encode())
    except DockerfileError:
        return

    for finding in lint(dockerfile, has_ignore_file=False):
        assert finding.message
        assert "\n" not in finding.message
        assert finding.remedy
