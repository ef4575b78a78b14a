"""Typed instructions: every measured Dockerfile, and the rules of each instruction one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.dockerfile.instructions import (
    Add,
    Arg,
    BuildArgument,
    Cmd,
    Copy,
    Env,
    Expose,
    Healthcheck,
    Instruction,
    KeyValue,
    Label,
    Onbuild,
    Run,
    Shell,
    ShellFile,
    SourceContent,
    Volume,
)
from layerscope.dockerfile.stages import read
from layerscope.errors import DockerfileError
from layerscope.report.dockerfile_typed import typed_part
from tests.surroundings import shared

if TYPE_CHECKING:
    from pathlib import Path

CASES = sorted(
    path.parent for path in shared("conformance").glob("dockerfile-parser/cases/*/*.json")
)


def only(text: str) -> Instruction:
    """The one instruction of a stage that holds nothing else."""
    (stage,) = read(b"FROM scratch\n" + text.encode("utf-8", "surrogateescape")).stages
    (command,) = stage.commands
    return command


def refusal(text: str) -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        read(b"FROM scratch\n" + text.encode("utf-8", "surrogateescape"))
    return caught.value


def without_wording(typed: dict[str, Any]) -> dict[str, Any]:
    """The object without messages, whose words are free."""
    if typed["error"] is not None:
        del typed["error"]["message"]
    for finding in typed["lint"]:
        del finding["message"]
    for stage in typed["stages"]:
        for command in stage["commands"]:
            expanded = command.get("expanded_empty_env", {})
            if expanded.get("error") is not None:
                expanded["error"] = "refused"
    return typed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_typed_part_of_a_measured_dockerfile_is_what_the_reference_gives(case: Path) -> None:
    # Given
    expected = json.loads((case / "expected.json").read_bytes())["typed"]

    # When
    typed = json.loads(json.dumps(typed_part((case / "Dockerfile").read_bytes())))

    # Then
    assert without_wording(typed) == without_wording(expected)


def test_typed_env_and_label_keep_names_values_and_the_old_form() -> None:
    # When
    env = only('ENV A=1 B="x y"')
    old = only("ENV A some text")
    label = only("LABEL a.b=c")

    # Then
    assert isinstance(env, Env)
    assert env.pairs == (KeyValue("A", "1"), KeyValue("B", '"x y"'))
    assert isinstance(old, Env)
    assert old.pairs == (KeyValue("A", "some text", no_delimiter=True),)
    assert isinstance(label, Label)
    assert label.pairs == (KeyValue("a.b", "c"),)


def test_typed_arg_has_defaults_and_the_first_comment_about_each_name() -> None:
    # Given
    text = "# ab is another\n# b is this\n# b is not that\n# c\nARG a b=1 c= 'q r'=2\n"

    # When
    arg = only(text)

    # Then
    assert isinstance(arg, Arg)
    assert arg.arguments == (
        BuildArgument("a", None),
        BuildArgument("b", "1", "is this"),
        BuildArgument("c", ""),
        BuildArgument("'q r'", "2"),
    )


def test_typed_arg_comment_is_the_first_in_the_file_not_in_the_alphabet() -> None:
    # When
    arg = only("# n z\n# n a\n# m\nARG n\n")

    # Then
    assert isinstance(arg, Arg)
    assert arg.arguments[0].doc_comment == "z"


def test_typed_copy_has_all_its_flags() -> None:
    # When
    copy = only(
        "COPY --from=b --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=x a b /c/"
    )

    # Then
    assert isinstance(copy, Copy)
    assert (copy.sources, copy.destination) == (("a", "b"), "/c/")
    assert (copy.from_name, copy.chown, copy.chmod) == ("b", "1:2", "755")
    assert (copy.link, copy.parents, copy.excludes) == (True, True, ("*.o", "x"))


def test_typed_add_tells_an_absent_switch_from_a_false_one() -> None:
    # When
    bare = only("ADD a /b")
    full = only("ADD --checksum=sha256:0 --keep-git-dir=FALSE --unpack --link=false a /b")

    # Then
    assert isinstance(bare, Add)
    assert (bare.keep_git_dir, bare.unpack, bare.checksum, bare.link) == (None, None, "", False)
    assert isinstance(full, Add)
    assert (full.keep_git_dir, full.unpack, full.link) == (False, True, False)
    assert full.checksum == "sha256:0"


def test_typed_copy_takes_heredocs_as_sources_without_their_tabs() -> None:
    # When
    copy = only("COPY <<-A <<'B' c /d/\n\t1\n \t2\nA\n\t3\nB\n")

    # Then
    assert isinstance(copy, Copy)
    assert copy.sources == ("c",)
    assert copy.contents == (
        SourceContent("A", "1\n \t2\n", expand=True),
        SourceContent("B", "\t3\n", expand=False),
    )


def test_typed_copy_of_two_heredocs_of_one_name_has_the_last_body_twice() -> None:
    # When
    copy = only("COPY <<A <<A /d/\n1\nA\n2\nA\n")

    # Then
    assert isinstance(copy, Copy)
    assert [content.content for content in copy.contents] == ["2\n", "2\n"]


def test_typed_copy_repeating_a_large_heredoc_is_refused() -> None:
    # Given
    body = ("x" * 1023 + "\n") * 512

    # When
    error = refusal(f"COPY <<A <<A <<A <<A /d/\nA\nA\nA\n{body}A\n")

    # Then
    assert "repeats here-documents" in error.problem


def test_typed_run_has_its_flags_raw_and_its_files() -> None:
    # When
    run = only(
        "RUN --network=none --mount=type=cache,target=$X --mount=from=b,target=/b"
        " --device=a.b/c=d,required <<E sh\necho\nE\n"
    )

    # Then
    assert isinstance(run, Run)
    assert run.mounts == ("type=cache,target=$X", "from=b,target=/b")
    assert run.flags_used == ("device", "mount", "network")
    assert (run.network, run.security) == ("none", "sandbox")
    assert run.devices == ("a.b/c=d,required",)
    assert run.words == ("<<E sh",)
    assert run.files == (ShellFile("E", "echo\n", chomp=False),)


def test_typed_command_in_json_form_has_words_and_no_shell() -> None:
    # When
    cmd = only('CMD ["a", "b c"]')

    # Then
    assert isinstance(cmd, Cmd)
    assert (cmd.words, cmd.prepend_shell) == (("a", "b c"), False)


def test_typed_command_in_shell_form_is_one_word() -> None:
    # When
    cmd = only("CMD a  'b c'")

    # Then
    assert isinstance(cmd, Cmd)
    assert (cmd.words, cmd.prepend_shell) == (("a  'b c'",), True)


def test_typed_healthcheck_has_times_in_nanoseconds() -> None:
    # When
    check = only("HEALTHCHECK --interval=1m30s --timeout=250ms --retries=3 cmd true")
    none = only("HEALTHCHECK --nonsense NONE")

    # Then
    assert isinstance(check, Healthcheck)
    assert check.health.test == ("CMD-SHELL", "true")
    assert (check.health.interval_ns, check.health.timeout_ns) == (90_000_000_000, 250_000_000)
    assert (check.health.retries, check.health.start_period_ns) == (3, 0)
    assert isinstance(none, Healthcheck)
    assert none.health.test == ("NONE",)


def test_typed_expose_is_sorted_by_bytes_and_volume_trimmed() -> None:
    # When
    expose = only("EXPOSE 9 80/udp 443 \udcff \U0001f600")
    volume = only('VOLUME [" /a ", "/b"]')

    # Then
    assert isinstance(expose, Expose)
    assert expose.ports == ("443", "80/udp", "9", "\U0001f600", "\udcff")
    assert isinstance(volume, Volume)
    assert volume.volumes == ("/a", "/b")


def test_typed_onbuild_keeps_its_trigger_and_the_bodies_of_its_heredocs() -> None:
    # When
    onbuild = only("onbuild   COPY <<A <<'B' /x\n1\nA\n\t2\nB\n")

    # Then
    assert isinstance(onbuild, Onbuild)
    assert onbuild.expression == "COPY <<A <<'B' /x\n1\nA\n\t2\nB"


def test_typed_shell_takes_json_only() -> None:
    # When
    shell = only('SHELL ["/bin/bash", "-c"]')
    error = refusal("SHELL /bin/bash -c")

    # Then
    assert isinstance(shell, Shell)
    assert shell.shell == ("/bin/bash", "-c")
    assert "JSON" in error.problem
    assert error.first_line == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ENV =a b=c", "blank name"),
        ("ARG =a", "blank name"),
        ("ENV --x a=b", "--x is no flag of ENV; it has no flags"),
        ("COPY a", "one argument"),
        ("COPY", "no arguments"),
        ("COPY a <<E\nE\n", "here-document <<E as its destination"),
        ("COPY --from=a --from=b c d", "more than once"),
        ("ADD --link=maybe a b", "true or false"),
        ("ADD --link= a b", "no value"),
        ("ADD --checksum a b", "no value"),
        ("RUN --network=hots a", "default, host, none"),
        ("RUN --security=x a", "insecure, sandbox"),
        ("RUN --device=a,b c", "no field of --device"),
        ("RUN --device=name=a,name=b c", "one name"),
        ("RUN --device=a,required=perhaps c", "neither true nor false"),
        ("RUN --mount= a", "empty"),
        ("RUN --mount=from=$x a", "does not expand"),
        ("HEALTHCHECK", "no argument"),
        ("HEALTHCHECK NONE x", "takes none"),
        ("HEALTHCHECK CMD", "no command"),
        ("HEALTHCHECK TEST x", "takes CMD and a command, or NONE"),
        ("HEALTHCHECK --timeout=1us CMD x", "too short"),
        ("HEALTHCHECK --timeout=-1s CMD x", "too short"),
        ("HEALTHCHECK --timeout=1 CMD x", "no duration"),
        ("HEALTHCHECK --retries=-1 CMD x", "no number from 0 up"),
        ("HEALTHCHECK --retries=2147483648 CMD x", "no number from 0 up"),
        ('VOLUME [" "]', "empty path"),
        ("WORKDIR", "takes exactly one"),
        ("MAINTAINER", "takes exactly one"),
        ("STOPSIGNAL", "takes exactly one"),
        ("SHELL []", "at least one"),
        ("ONBUILD", "no instruction"),
        ("ONBUILD ONBUILD RUN a", "cannot set a trigger"),
        ("ONBUILD from a", "cannot be a trigger"),
        ("ONBUILD maintainer a", "cannot be a trigger"),
        ("FROM a AS 1b", "no name for a stage"),
        ("FROM a b", "it takes an image or stage"),
    ],
)
def test_typed_instruction_that_is_wrong_says_what_was_expected(text: str, said: str) -> None:
    # When
    error = refusal(text)

    # Then
    assert said in error.problem
    assert error.first_line == 2


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("RNU a", "did you mean RUN?"),
        ("copu a b", "did you mean COPY?"),
        ("COPY --form=a b c", "did you mean --from?"),
        ("RUN --mnt=type=cache a", "did you mean --mount?"),
        ("FRIEND a", ""),
        ("RUN --network=hots a", "did you mean host?"),
    ],
)
def test_typed_misspelling_has_the_right_name_as_its_hint(text: str, hint: str) -> None:
    assert refusal(text).hint == hint
