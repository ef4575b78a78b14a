"""What the classic builder looks a step up by, worked out from its sources by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.cache.builders.classic import simulate
from layerscope.cache.filetree import FileNode
from tests.cache.classic.builds import Files, LinkedTree, base, build, link, verdicts

FROM = "FROM base:1\n"


def run(*builds: object, assume: str = "changed") -> str:
    return verdicts(
        simulate(builds, version="20.10.24", assume_reruns=assume)  # type: ignore[arg-type]
    )


def both(before: str, after: str, **more: object) -> str:
    return run(build(FROM + before, **more), build(FROM + after, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ENV A 1\n", "ENV A=1\n", "H"),
        ("ENV A=1 B=2\n", "ENV B=2 A=1\n", "M"),
        ("EXPOSE 80 443\n", "EXPOSE 443 80\n", "H"),
        ("EXPOSE 80\n", "EXPOSE 80/tcp\n", "M"),
        ("VOLUME /a /b\n", 'VOLUME ["/a", "/b"]\n', "H"),
        ("WORKDIR /a\nWORKDIR b\n", "WORKDIR /a\nWORKDIR /a/b\n", "HH"),
        ("WORKDIR /a\n", "WORKDIR /a/\n", "M"),
        ("CMD a b\n", 'CMD ["/bin/sh", "-c", "a b"]\n', "H"),
        ("RUN a\n", 'RUN ["/bin/sh", "-c", "a"]\n', "H"),
        ("HEALTHCHECK --interval=60s CMD a\n", "HEALTHCHECK --interval=1m CMD a\n", "H"),
        ("ENV A=1\nLABEL l=$A\n", "ENV A=1\nLABEL l=1\n", "HH"),
        ("ARG A=1\nARG B=$A\n", "ARG A=1\nARG B=1\n", "HH"),
    ],
)
def test_parsed_arguments_are_compared(before: str, after: str, expected: str) -> None:
    assert both(before, after) == expected


def test_predefined_argument_leaves_a_mark_and_no_value() -> None:
    file = FROM + "RUN a\n"
    given = [build(file, build_args={"HTTP_PROXY": value}) for value in ("1", "2")]

    assert run(build(file), given[0]) == "M"
    assert run(*given) == "H"


def test_variable_of_the_same_name_hides_an_argument() -> None:
    file = FROM + "ARG V=1\nENV V=x\nRUN a\n"

    assert run(build(file), build(file, build_args={"V": "2"})) == "HHH"


def test_user_that_is_emptied_is_never_found_again() -> None:
    # Creating the container takes the base's user over; the next lookup asks for none.
    file = FROM + "ENV U=\nUSER $U\n"
    bases = {"base:1": base(user="app")}

    assert run(build(file, bases=bases), build(file, bases=bases)) == "HM"


def test_newest_image_wins_and_leads_onto_its_branch() -> None:
    long = build(FROM + "RUN a\nRUN b\n")
    short = build(FROM + "RUN a\n", no_cache=True)

    assert run(long, short, long) == "HM"


def test_cache_from_replaces_the_local_lookup() -> None:
    file = FROM + "RUN a\nRUN b\n"

    assert run(build(file), build(file, cache_from=("case:out",))) == "HH"
    assert run(build(file), build(file, cache_from=("base:1",))) == "MM"
    assert run(build(file), build(file, cache_from=("gone:1",))) == "MM"


def test_triggers_of_a_stage_run_in_the_stage_on_top() -> None:
    file = "FROM base:1 AS a\nONBUILD RUN x\nFROM a\nRUN y\n"

    assert run(build(file), build(file.replace("RUN y", "RUN z"))) == "HHM"


def test_link_counts_as_what_it_points_to_and_its_own_name_does_not() -> None:
    file = FROM + "COPY d /d/\n"
    files: Files = {"d/a": "1", "other": "x", "d/l": link("../other")}

    assert run(build(file, files), build(file, {**files, "other": "y"})) == "M"
    renamed: Files = {"d/a": "1", "other": "x", "d/m": link("../other")}
    assert run(build(file, files), build(file, renamed)) == "H"


def test_link_that_leads_nowhere_counts_by_its_name() -> None:
    file = FROM + "COPY d /d/\n"
    before = build(file, {"d/a": "1", "d/l": link("no")})

    assert run(before, build(file, {"d/a": "1", "d/l": link("none")})) == "H"
    assert run(before, build(file, {"d/a": "1", "d/m": link("no")})) == "M"


def test_second_name_of_a_file_is_sent_without_its_content() -> None:
    file = FROM + "COPY z /z\n"
    before, after = (
        replace(build(file), context=LinkedTree({"a": text}, {"z": "a"})) for text in ("1", "2")
    )

    assert run(before, after) == "H"
    assert run(build(file, {"a": "1", "z": "1"}), after) == "M"


def test_owner_and_time_in_the_context_do_not_count_and_the_mode_does() -> None:
    file = FROM + "COPY p /p\n"
    first, owned, timed, mode = (
        build(file, {"p": FileNode("fifo", 0o644, **more)})  # type: ignore[arg-type]
        for more in ({}, {"uid": 7}, {"mtime_ns": 5}, {})
    )
    executable = build(file, {"p": FileNode("fifo", 0o755)})

    assert run(first, owned) == run(first, timed) == run(first, mode) == "H"
    assert run(first, executable) == "M"


def test_directory_that_is_ignored_but_for_an_exception_counts_by_its_name() -> None:
    file = FROM + "COPY . /x/\n"
    before, after = (
        build(file, {"d": FileNode("dir", mode), "d/a": "1", ".dockerignore": "d\n!d/a\n"})
        for mode in (0o755, 0o700)
    )

    assert run(before, after) == "H"


def test_file_that_was_copied_before_a_command_is_presumed_to_stay() -> None:
    file = "FROM base:1 AS a\nCOPY f /f\nRUN make{}\nFROM base:1\nCOPY --from=a /f /g\n"

    before = build(file.format(""), {"f": "1"})

    assert run(before, build(file.format(" all"), {"f": "1"})) == "HMH"
    assert run(before, build(file.format(""), {"f": "2"}), assume="same") == "MMM"


def test_image_in_a_base_of_known_layers_is_told_apart_by_them() -> None:
    file = "FROM base:1\nCOPY --from=tools /bin/x /x\n"
    one = base("m-1")
    same_layers = base("m-2")

    assert (
        run(
            build(file, bases={"base:1": base(), "tools": one}),
            build(file, bases={"base:1": base(), "tools": same_layers}),
        )
        == "H"
    )
