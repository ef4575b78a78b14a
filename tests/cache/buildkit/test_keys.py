"""What is in the key of a step, and what is not. Rules: cache-semantics-buildkit.md, by section."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.cache.filetree import FileNode
from tests.cache.buildkit.builds import base, build, predict, step, tree, verdicts

FILES = {"a": "1", "b": "2", "d/x": "3", "d/y": "4"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # 2: reading
        ("RUN a && \\\n  b", "RUN a && \\\n# why\n  b", "H"),
        ("RUN a && \\\n  b", "RUN a && \\\n   b", "M"),
        ("RUN echo x", "run   echo x  ", "H"),
        ("RUN echo x", "RUN echo  x", "M"),
        ("COPY a /a", "COPY    a   /a", "H"),
        # 3: state
        ("ENV A=1 B=2\nRUN x", "ENV A=1\nENV B=2\nRUN x", "H"),
        ("ENV A=1 B=2\nRUN x", "ENV B=2 A=1\nRUN x", "M"),
        ("ENV A=1\nCOPY a /a", "ENV A=2\nCOPY a /a", "H"),
        ("ARG A=1\nRUN x", "ENV A=1\nRUN x", "H"),
        ("ARG A\nRUN x", "RUN x", "H"),
        ("USER app\nCOPY a /a", "COPY a /a", "H"),
        ("USER app\nWORKDIR /w", "WORKDIR /w", "M"),
        ("WORKDIR /w\nRUN x", "WORKDIR /w/\nRUN x", "HM"),
        ('SHELL ["/bin/sh", "-c"]\nRUN x', "RUN x", "H"),
        ('SHELL ["/bin/sh", "-ec"]\nRUN ["x"]', 'RUN ["x"]', "H"),
        ("LABEL a=1\nEXPOSE 1\nRUN x", "CMD x\nRUN x", "H"),
        # 4: COPY and ADD
        ("COPY d /d", "COPY ./d/ /d", "H"),
        ("COPY d /d", "COPY d /d/", "M"),
        ("COPY a b /d/", "COPY b a /d/", "M"),
        ("COPY a /x", "COPY b /x", "M"),
        ("ADD a /a", "COPY a /a", "M"),
        ("ADD a /a", "ADD --unpack=true a /a", "H"),
        ("COPY --chmod=644 a /a", "COPY --chmod=0644 a /a", "H"),
        ("COPY --chown=root a /a", "COPY --chown=0 a /a", "H"),
        ("COPY --chown=app a /a", "COPY --chown=1000 a /a", "M"),
        ("WORKDIR /w\nCOPY a x", "WORKDIR /w\nCOPY a /w/x", "HH"),
        ("COPY d/* /d/", "COPY d/x d/y /d/", "M"),
        ("COPY --exclude=*.md d /d", "COPY d /d", "M"),
        # 5: RUN
        ('RUN ["/bin/sh", "-c", "x"]', "RUN x", "H"),
        ("RUN --network=default x", "RUN x", "H"),
        ("RUN --network=none x", "RUN x", "M"),
        ("RUN --security=sandbox x", "RUN x", "H"),
        ("RUN --mount=type=cache,target=/c x", "RUN --mount=type=cache,id=/c,target=/c x", "H"),
        ("RUN --mount=type=cache,target=/c x", "RUN --mount=type=cache,id=k,target=/c x", "M"),
        (
            "RUN --mount=type=cache,id=k,target=/c x",
            "RUN --mount=type=cache,sharing=locked,target=/c x",
            "H",
        ),
        (
            "RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c x",
            "RUN --mount=type=cache,dst=/c --mount=target=/t,type=tmpfs x",
            "H",
        ),
        ("RUN --mount=type=secret,id=s x", "RUN --mount=type=secret,id=t x", "M"),
        ("RUN <<A\nx\nA", "RUN <<B\nx\nB", "H"),
        ("RUN <<A\nx\nA", "RUN <<A\nx\n\nA", "M"),
        ("RUN cat <<A\nx\nA", "RUN cat <<B\nx\nB", "M"),
        ("COPY <<n /f\nx\nn", "COPY <<m /f\nx\nm", "M"),
    ],
)
def test_an_edit_misses_exactly_where_the_key_changes(
    before: str, after: str, expected: str
) -> None:
    head = "FROM base:1\n"

    assert verdicts(build(head + before, FILES), build(head + after, FILES)) == expected


@pytest.mark.parametrize(
    ("copy", "change", "expected"),
    [
        ("COPY d /d", {"d/x": "other"}, "M"),
        ("COPY d /d", {"d/z": ""}, "M"),
        ("COPY d /d", {"d": FileNode("dir", 0o700)}, "M"),
        ("COPY d /d", {"a": "other"}, "H"),
        ("COPY d/x /d", {"d": FileNode("dir", 0o700)}, "H"),
        ("COPY d/* /d/", {"d/z": ""}, "M"),
        ("COPY d/x* /d/", {"d/z": ""}, "H"),
        ("COPY */x /d/", {"e/x": ""}, "M"),
        ("COPY --exclude=y d /d", {"d/y": "other"}, "H"),
        ("COPY --exclude=y d /d", {"d/x": "other"}, "M"),
        ("COPY --parents d/x /p/", {"d": FileNode("dir", 0o700)}, "M"),
        ("COPY --parents d/x /p/", {"d/y": "other"}, "H"),
        ("COPY . /d", {"": FileNode("dir", 0o700)}, "H"),
        ("RUN --mount=target=/m,source=d x", {"d/y": "other"}, "M"),
        ("RUN --mount=target=/m,source=d x", {"a": "other"}, "H"),
        ("RUN --mount=target=/m x", {"a": "other"}, "M"),
    ],
)
def test_a_changed_file_misses_exactly_where_it_is_selected(
    copy: str, change: dict[str, str | FileNode], expected: str
) -> None:
    text = f"FROM base:1\n{copy}\n"

    assert verdicts(build(text, FILES), build(text, {**FILES, **change})) == expected


def test_times_and_owners_of_a_context_do_not_count() -> None:
    text = "FROM base:1\nCOPY . /x\n"
    touched = FileNode("file", 0o644, uid=5, gid=6, size=1, mtime_ns=7)
    context = tree({"a": "1"})
    later = tree({"a": "1"})
    later._nodes["a"] = touched

    after = replace(build(text), context=later)

    assert verdicts(replace(build(text), context=context), after) == "H"


def test_a_link_that_is_copied_counts_by_what_it_leads_to() -> None:
    text = "FROM base:1\nCOPY l /x\n"
    to_a: dict[str, str | FileNode] = {
        "a": "1",
        "b": "1",
        "l": FileNode("symlink", 0o777, link="a"),
    }
    to_b: dict[str, str | FileNode] = {**to_a, "l": FileNode("symlink", 0o777, link="b")}

    assert verdicts(build(text, to_a), build(text, to_b)) == "H"
    assert verdicts(build(text, to_a), build(text, {**to_b, "b": "2"})) == "M"


def test_links_that_go_in_circles_are_not_found() -> None:
    circle = {"l": FileNode("symlink", link="m"), "m": FileNode("symlink", link="l")}

    prediction = predict(build("FROM base:1\nCOPY l /x\n", circle))

    assert prediction.failed is not None
    assert (prediction.failed.message, prediction.failed.line) == ("/l: not found", 2)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (base("m2", "l1"), "HHH"),
        (base("m2", "l2"), "MMM"),
        (base("m2", "l1", env=("PATH=/bin", "A=1")), "HMM"),
        (base("m2", "l1", labels=(("a", "1"),)), "HHH"),
    ],
)
def test_a_base_counts_by_its_layers_and_by_what_its_config_does(
    changed: object, expected: str
) -> None:
    text = "FROM base:1\nCOPY a /a\nRUN x\nRUN y\n"
    after = build(text, FILES, bases={"base:1": changed})

    assert verdicts(build(text, FILES), after) == expected


def test_a_linked_copy_does_not_depend_on_its_base() -> None:
    text = "FROM base:1\nCOPY --link a /a\nRUN x\n"
    after = build(text, FILES, bases={"base:1": base("m2", "l2")})

    assert verdicts(build(text, FILES), after) == "HMM"


def test_triggers_of_the_base_are_steps_on_the_line_of_the_from() -> None:
    bases = {"base:1": base(onbuild=("COPY a /a", "RUN x"))}
    one = build("FROM base:1\nRUN y\n", FILES, bases=bases)

    prediction = predict(one, build("FROM base:1\nRUN y\n", {**FILES, "a": "9"}, bases=bases))

    assert [(each.facts.line, each.vertex, str(each.outcome)) for each in prediction.steps] == [
        (1, "[1/2] FROM base:1", "no-step"),
        (1, "[2/4] ONBUILD COPY a /a", "miss"),
        (1, "[3/4] ONBUILD RUN x", "miss"),
        (2, "[4/4] RUN y", "miss"),
    ]


def test_reasons_are_given_the_cause_and_its_line() -> None:
    text = "FROM base:1\nCOPY a /a\nRUN x\n"

    prediction = predict(build(text, FILES), build(text, {**FILES, "a": "9"}))

    assert (step(prediction, 2).cause, step(prediction, 2).cause_line) == ("own", 0)
    assert (step(prediction, 3).cause, step(prediction, 3).cause_line) == ("parent", 2)
    [selection] = step(prediction, 2).facts.selections
    assert (selection.source, selection.origin) == ("a", "context")
    assert selection.entries is not None
    assert list(selection.entries) == ["a"]


def test_an_empty_cache_has_no_hit() -> None:
    prediction = predict(build("FROM base:1\nCOPY a /a\nRUN x\n", FILES))

    assert [str(each.cause) for each in prediction.steps[1:]] == ["never", "never"]
