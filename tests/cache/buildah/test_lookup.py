"""What buildah looks a step up by, worked out from its sources by hand."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace

import pytest

from layerscope.cache.build import ServedFile
from layerscope.cache.builders.buildah import simulate
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree
from tests.cache.classic.builds import LinkedTree, base, build, link, verdicts

FROM = "FROM base:1\n"
URL = "http://example.org/f.txt"


def run(*builds: object, assume: str = "changed") -> str:
    return verdicts(
        simulate(builds, version="1.28.2", assume_reruns=assume)  # type: ignore[arg-type]
    )


def both(before: str, after: str, **more: object) -> str:
    return run(build(FROM + before, **more), build(FROM + after, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ENV A 1\n", "ENV A=1\n", "M"),
        ("ENV A=1\n", "env A=1\n", "M"),
        ("ENV A=1\n", "ENV A=1 \n", "M"),
        ("RUN a\n", "run a\n", "H"),
        ("RUN a\n", "  RUN a\n", "H"),
        ("RUN a\n", "RUN  a\n", "M"),
        ("RUN a\n", "RUN a \n", "M"),
        ("EXPOSE 80 443\n", "EXPOSE 443 80\n", "M"),
        ("ARG A=1\n", "ARG A=2\n", "H"),
        ("ARG A\n", "ARG A=1\n", "M"),
        ("ARG A=1 B=2\n", "ARG B=2 A=1\n", "H"),
    ],
)
def test_the_line_as_written_is_compared(before: str, after: str, expected: str) -> None:
    assert both(before, after) == expected


def test_variables_are_not_expanded_in_the_key() -> None:
    file = FROM + "ARG D=a\nENV E=$D\nWORKDIR /$D\nUSER $D\nRUN x\n"

    assert run(build(file), build(file, build_args={"D": "b"})) == "HHHHM"


def test_env_of_the_stage_wins_over_an_argument_and_env_of_the_base_does_not() -> None:
    own = FROM + "ENV V=x\nARG V\nRUN a\n"
    of_base = FROM + "ARG V\nRUN a\n"
    bases = {"base:1": base(env=("V=x",))}
    args = [{"V": "1"}, {"V": "2"}]

    assert run(*(build(own, build_args=each) for each in args)) == "HHH"
    assert run(*(build(of_base, bases=bases, build_args=each) for each in args)) == "HM"


def test_predefined_argument_counts_where_an_arg_names_it() -> None:
    plain, named, default = FROM + "RUN a\n", FROM + "ARG no_proxy\nRUN a\n", "ARG no_proxy=z\n"
    args = [{"no_proxy": "1"}, {"no_proxy": "2"}]

    assert run(*(build(plain, build_args=each) for each in args)) == "H"
    assert run(*(build(named, build_args=each) for each in args)) == "HM"
    # With a default the line names another word, and the value stays out.
    assert run(*(build(FROM + default + "RUN a\n", build_args=each) for each in args)) == "HH"


def test_first_image_in_the_store_wins() -> None:
    long = build(FROM + "RUN a\nRUN b\n")
    short = build(FROM + "RUN a\n", no_cache=True)

    assert run(long, short, long) == "HH"


def test_base_counts_by_layers_and_times_and_not_by_its_config() -> None:
    file = FROM + "RUN a\n"
    other = base("m-2", env=("A=1",), user="app")

    assert run(build(file), build(file, bases={"base:1": other})) == "H"
    image = other.platforms[None]
    later = replace(other, platforms={None: replace(image, created="later")})
    assert run(build(file), build(file, bases={"base:1": later})) == "M"


def test_stage_leaves_no_triggers() -> None:
    file = "FROM base:1 AS a\nONBUILD RUN x\nFROM a\nRUN y\n"

    assert run(build(file), build(file)) == "HH"


def test_sources_do_not_count_unless_they_give_the_name() -> None:
    files = {"a": "1", "b": "1"}

    for destination, expected in (("/f", "H"), ("/f/", "M"), ("/tmp", "M"), (".", "M")):
        before, after = (build(f"{FROM}COPY {name} {destination}\n", files) for name in ("a", "b"))
        assert run(before, after) == expected


def test_directory_made_by_a_command_takes_the_file_in() -> None:
    file = FROM + "RUN mkdir -p /x/y && make\nCOPY {} /x/y\n"
    files = {"a": "1", "b": "1"}

    assert run(build(file.format("a"), files), build(file.format("b"), files)) == "HM"


def test_destination_is_text_but_its_last_part_is_a_name() -> None:
    file = FROM + "ARG D=a\nCOPY f /$D\n"
    directory = FROM + "ARG D=a\nCOPY f /$D/f\n"

    given = {"build_args": {"D": "b"}}
    assert run(build(file, {"f": "1"}), build(file, {"f": "1"}, **given)) == "HM"
    assert run(build(directory, {"f": "1"}), build(directory, {"f": "1"}, **given)) == "HH"


def test_set_id_bits_and_the_top_directory_do_not_count_and_the_sticky_bit_does() -> None:
    file = FROM + "COPY d /d\n"
    states = [
        build(file, {"d": FileNode("dir", top), "d/f": FileNode("fifo", mode)})
        for top, mode in ((0o755, 0o644), (0o700, 0o6644), (0o755, 0o1644))
    ]

    assert run(states[0], states[1]) == "H"
    assert run(states[0], states[2]) == "M"


def test_owner_counts_by_the_name_it_has_where_the_file_lies() -> None:
    file = FROM + "COPY f /f\n"
    passwd = {"etc/passwd": "x:x:7:7::/:\n"}

    def owned(uid: int, more: dict[str, str]) -> object:
        return build(file, {"f": FileNode("fifo", 0o644, uid), **more})

    assert run(owned(7, {}), owned(8, {})) == "H"
    assert run(owned(0, {}), owned(8, {})) == "M"
    assert run(owned(65534, {}), owned(8, {})) == "M"
    assert run(owned(7, passwd), owned(8, passwd)) == "M"


def test_links_in_a_directory_are_links_and_a_link_that_is_named_is_followed() -> None:
    inside, named = FROM + "COPY d /d\n", FROM + "COPY d/l /d\n"
    before, after = ({"d/l": link("../f"), "f": text} for text in ("1", "2"))

    assert run(build(inside, before), build(inside, after)) == "H"
    assert run(build(named, before), build(named, after)) == "M"


def test_second_name_in_a_directory_is_a_link_and_elsewhere_a_file() -> None:
    plain = build(FROM + "COPY d /d\n", {"d/a": "1", "d/b": "1"})
    linked = LinkedTree({"d/a": "1"}, {"d/b": "d/a"})

    assert run(plain, replace(plain, context=linked)) == "M"
    one = build(FROM + "COPY d/b /b\n", {"d/a": "1", "d/b": "1"})
    assert run(one, replace(one, context=linked)) == "H"


def test_owner_name_counts_by_its_number() -> None:
    file = FROM + "RUN make\nCOPY --chown={} f /f\n"

    def owned(text: str) -> object:
        return build(file.format(text), {"f": "1"})

    assert run(owned("app"), owned("1000:1000")) == "HH"
    assert run(owned("app"), owned("1000:0")) == "HM"


def archive(mtime: int, owner: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("f")
        info.mtime, info.uname = mtime, owner
        tar.addfile(info)
    return buffer.getvalue()


def test_members_of_an_archive_count_without_times_and_as_they_are() -> None:
    def added(mtime: int, owner: str, flag: str = "") -> object:
        data = archive(mtime, owner)
        made = build(f"{FROM}ADD {flag}x.tar /x/\n")
        tree = MemoryTree({"x.tar": FileNode("file", 0o644, size=len(data))}, {"x.tar": data})
        return replace(made, context=tree)

    assert run(added(1, "a"), added(2, "a")) == "H"
    assert run(added(1, "a"), added(1, "b")) == "M"
    # An owner that is asked for is not given to members.
    assert run(added(1, "a"), added(1, "a", "--chown=1000 ")) == "H"


def test_file_behind_a_url_counts_with_its_time_and_not_with_its_tag() -> None:
    file = f"{FROM}ADD {URL} /f\n"

    def served(**more: str) -> object:
        return build(file, served={URL: ServedFile(b"1", **more)})

    assert run(served(etag="1"), served(etag="2")) == "H"
    assert run(served(), served(last_modified="Mon, 01 Jan 2024 00:00:00 GMT")) == "M"
    assert run(served(), build(file)) == "M"


def test_path_in_a_stage_does_not_count_where_the_content_is_known() -> None:
    file = "FROM base:1 AS a\nRUN echo {} > /x && echo 1 > /y\nFROM base:1\nCOPY --from=a /{} /f\n"

    for text, expected in (("1", "HH"), ("2", "HM")):
        assert run(build(file.format(text, "x")), build(file.format(text, "y"))) == expected


def test_source_that_leads_out_is_cut_off_at_the_top() -> None:
    files = {"f": "1"}

    assert run(build(FROM + "COPY f /x\n", files), build(FROM + "COPY ../f /x\n", files)) == "H"
