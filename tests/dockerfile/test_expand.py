"""Which words of which instruction are expanded, and with what."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.expand import expand, expand_fields
from layerscope.dockerfile.instructions import (
    Add,
    Arg,
    BuildArgument,
    Copy,
    Env,
    Expose,
    Instruction,
    KeyValue,
    Run,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from layerscope.dockerfile.mounts import Mount, parse_mount
from layerscope.dockerfile.stages import read
from layerscope.errors import DockerfileError

ENV = ["A=old", "A=1", "S=x y", "E="]


def only(text: str) -> Instruction:
    (stage,) = read(f"FROM scratch\n{text}".encode()).stages
    (command,) = stage.commands
    return command


def expanded(text: str, env: list[str] | None = None) -> Instruction:
    return expand(only(text), ENV if env is None else env)


def test_expand_copy_takes_owner_mode_paths_and_leaves_from_and_exclude() -> None:
    # When
    copy = expanded("COPY --from=b --chown=$A --chmod=7$A --exclude=$A $A '$A' /$A/")

    # Then
    assert isinstance(copy, Copy)
    assert (copy.chown, copy.chmod, copy.excludes) == ("1", "71", ("$A",))
    assert (copy.sources, copy.destination) == (("1", "$A"), "/1/")


def test_expand_add_takes_its_checksum() -> None:
    # When
    add = expanded("ADD --checksum=$A http://a/b /c")

    # Then
    assert isinstance(add, Add)
    assert add.checksum == "1"


def test_expand_takes_bodies_of_heredocs_with_their_quotes_as_text() -> None:
    # When
    copy = expanded("COPY <<X <<'Y' /d/\nit's $A \"$A\" \\$A\nX\n$A\nY\n")

    # Then
    assert isinstance(copy, Copy)
    assert [content.content for content in copy.contents] == ['it\'s 1 "1" $A\n', "$A\n"]


def test_expand_fields_leaves_bodies_and_expose() -> None:
    # Given
    copy = only("COPY <<X /$A\n$A\nX\n")
    expose = only("EXPOSE $A")

    # When
    taken = expand_fields(copy, ENV)

    # Then
    assert isinstance(taken, Copy)
    assert (taken.destination, taken.contents[0].content) == ("/1", "$A\n")
    assert expand_fields(expose, ENV) == expose


def test_expand_env_uses_the_variables_from_before() -> None:
    # When
    env = expanded("ENV A=2 B=$A $A=c")

    # Then
    assert isinstance(env, Env)
    assert env.pairs == (KeyValue("A", "2"), KeyValue("B", "1"), KeyValue("1", "c"))


def test_expand_arg_keeps_a_name_without_default() -> None:
    # When
    arg = expanded("ARG a b=$A c='$A'")

    # Then
    assert isinstance(arg, Arg)
    assert arg.arguments == (
        BuildArgument("a", None),
        BuildArgument("b", "1"),
        BuildArgument("c", "$A"),
    )


def test_expand_expose_may_give_several_words_or_none() -> None:
    # When
    expose = expanded("EXPOSE $E $P", ["E=", "P=80 443/udp"])

    # Then
    assert isinstance(expose, Expose)
    assert expose.ports == ("80", "443/udp")


def test_expand_takes_words_of_workdir_user_volume_and_stopsignal() -> None:
    # When
    commands = [expanded(f"{word} /$A") for word in ("WORKDIR", "USER", "VOLUME", "STOPSIGNAL")]

    # Then
    workdir, user, volume, signal = commands
    assert isinstance(workdir, Workdir)
    assert isinstance(user, User)
    assert isinstance(volume, Volume)
    assert isinstance(signal, Stopsignal)
    assert [workdir.path, user.user, *volume.volumes, signal.signal] == ["/1"] * 4


def test_expand_run_takes_mounts_only() -> None:
    # When
    run = expanded("RUN --mount=type=cache,target=/$A,id=$S --device=$A echo $A")

    # Then
    assert isinstance(run, Run)
    assert (run.words, run.devices) == (("echo $A",), ("$A",))
    assert parse_mount(run.mounts[0]) == Mount(
        "cache", target="/1", cache_id="x y", read_only=False
    )


@pytest.mark.parametrize(
    "text", ["RUN $A", "CMD $A", 'ENTRYPOINT ["$A"]', 'SHELL ["$A"]', "HEALTHCHECK CMD $A"]
)
def test_expand_leaves_commands_as_they_are(text: str) -> None:
    assert expanded(text) == only(text)


@pytest.mark.parametrize(
    "text",
    [
        "ENV a='b",
        "COPY ${A a b",
        "WORKDIR ${B:?}",
        "COPY <<E /a\n${B:?}\nE\n",
        "RUN --mount=type=nonsense a",
        "RUN --mount=target=${B:?} a",
    ],
)
def test_expand_of_a_wrong_word_names_the_line(text: str) -> None:
    # When
    with pytest.raises(DockerfileError) as caught:
        expanded(text)

    # Then
    assert caught.value.first_line == 2


def test_expand_that_grows_without_end_is_refused() -> None:
    # Given one line of which each word becomes long
    env = ["A=" + "x" * 100_000]

    # Then
    with pytest.raises(DockerfileError, match="more than"):
        expanded("VOLUME" + " $A" * 200, env)
