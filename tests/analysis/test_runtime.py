from __future__ import annotations

import pytest

from layerscope.analysis.runtime import runtime
from layerscope.analysis.traps import TRAPS
from tests.analysis.documents import config_of, setting
from tests.surroundings import REPOSITORY

SHELL_ENTRY = ["/bin/sh", "-c", "exec_entry p1_entry"]
EXEC_ENTRY = ["exec_entry", "p1_entry"]
SHELL_CMD = ["/bin/sh", "-c", "exec_cmd p1_cmd"]
EXEC_CMD = ["exec_cmd", "p1_cmd"]


def codes(settings: dict[str, object], os: str = "linux") -> set[str]:
    found = runtime(config_of({"User": "app", **settings}, os=os))
    return {trap.code for trap in found.traps}


# The table of Docker's Dockerfile reference, "Understand how CMD and ENTRYPOINT interact".
@pytest.mark.parametrize(
    ("entrypoint", "cmd", "runs"),
    [
        (None, None, []),
        (SHELL_ENTRY, None, SHELL_ENTRY),
        (EXEC_ENTRY, None, EXEC_ENTRY),
        (None, EXEC_CMD, EXEC_CMD),
        (SHELL_ENTRY, EXEC_CMD, SHELL_ENTRY),
        (EXEC_ENTRY, EXEC_CMD, [*EXEC_ENTRY, *EXEC_CMD]),
        (None, SHELL_CMD, SHELL_CMD),
        (SHELL_ENTRY, SHELL_CMD, SHELL_ENTRY),
        (EXEC_ENTRY, SHELL_CMD, [*EXEC_ENTRY, *SHELL_CMD]),
    ],
)
def test_runtime_runs_what_dockers_table_of_entrypoint_and_cmd_says(
    entrypoint: list[str] | None, cmd: list[str] | None, runs: list[str]
) -> None:
    found = runtime(config_of({"Entrypoint": entrypoint, "Cmd": cmd}))

    assert list(found.runs) == runs
    assert list(found.argv) == [*(entrypoint or []), *(cmd or [])]


def test_runtime_with_arguments_puts_them_in_the_place_of_cmd() -> None:
    both = runtime(config_of({"Entrypoint": EXEC_ENTRY, "Cmd": EXEC_CMD}))
    only_cmd = runtime(config_of({"Cmd": EXEC_CMD}))

    assert both.with_arguments(["a", "b"]) == (*EXEC_ENTRY, "a", "b")
    assert both.with_arguments([]) == both.argv
    assert only_cmd.with_arguments(["a"]) == ("a",)
    assert (both.how, only_cmd.how) == ("entrypoint+cmd", "cmd")


def test_runtime_of_a_single_text_takes_it_as_one_word_as_docker_does() -> None:
    found = runtime(config_of({"Entrypoint": "nginx -g x", "Cmd": "a"}))

    assert found.argv == ("nginx -g x", "a")
    assert found.entrypoint.form == "exec"


def test_runtime_of_an_entrypoint_of_one_empty_word_has_none() -> None:
    found = runtime(config_of({"Entrypoint": [""], "Cmd": ["a"]}))

    assert (found.argv, found.how) == (("a",), "cmd")


def test_runtime_defaults_are_root_in_the_root_folder() -> None:
    found = runtime(config_of({}))

    assert (found.user, found.is_root, found.workdir, found.env) == ("root", True, "/", ())
    assert (found.exposed, found.volumes, found.stop_signal, found.shell) == ((), (), None, ())
    assert (found.healthcheck, found.labels, found.onbuild) == (None, 0, 0)
    assert [trap.code for trap in found.traps] == ["no-command", "runs-as-root"]


def test_runtime_without_a_config_says_that_nothing_is_known() -> None:
    found = runtime(None)

    assert (found.known, found.is_root, found.argv, found.traps) == (False, None, (), ())


@pytest.mark.parametrize(
    ("user", "root"),
    [
        ("", True),
        ("root", True),
        ("0", True),
        ("00:7", True),
        ("root:app", True),
        (":5", True),
        ("app", False),
        ("1000:0", False),
        ("0x0", False),
        ("\u0660", False),
    ],
)
def test_runtime_user_is_root_by_name_or_number(user: str, root: bool) -> None:
    assert runtime(config_of({"User": user})).is_root is root


def test_runtime_environment_keeps_the_last_value_and_leaves_words_without_a_sign_out() -> None:
    found = runtime(config_of({"User": "a", "Cmd": ["x"], "Env": ["A=1", "B=x=y", "A=2", "C"]}))

    assert found.env == (("A", "2"), ("B", "x=y"))
    assert {trap.code for trap in found.traps} == {"env-set-twice", "env-without-value"}


def test_runtime_lists_ports_volumes_and_counts_sorted() -> None:
    found = runtime(
        config_of(
            {
                "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
                "Volumes": {"/v": None, "/data": {}},
                "StopSignal": "SIGINT",
                "Shell": ["/bin/bash", "-c"],
                "Labels": {"a": "b", "c": "d"},
                "OnBuild": ["RUN x"],
                "WorkingDir": "/srv",
            }
        )
    )

    assert (found.exposed, found.volumes) == (("53/udp", "80/tcp"), ("/data", "/v"))
    assert (found.stop_signal, found.shell) == ("SIGINT", ("/bin/bash", "-c"))
    assert (found.labels, found.onbuild, found.workdir) == (2, 1, "/srv")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"Entrypoint": SHELL_ENTRY, "Cmd": EXEC_CMD},
            {"shell-entrypoint-ignores-cmd", "shell-entrypoint-no-signals"},
        ),
        ({"Entrypoint": ["/bin/sh", "-c", "exec app"]}, {"shell-entrypoint-ignores-cmd"}),
        (
            {"Entrypoint": ["/bin/sh", "-c", "cd /app && exec app"]},
            {"shell-entrypoint-ignores-cmd"},
        ),
        (
            {"Entrypoint": ["/bin/sh", "-c", "executor run"]},
            {"shell-entrypoint-ignores-cmd", "shell-entrypoint-no-signals"},
        ),
        ({"Entrypoint": ["sh", "-c", 'exec app "$@"']}, {"shell-entrypoint-takes-arguments"}),
        ({"Cmd": SHELL_CMD}, {"shell-cmd-no-signals"}),
        ({"Cmd": ["/bin/bash", "-euo", "pipefail", "-c", "exec a"]}, set()),
        ({"Entrypoint": EXEC_ENTRY, "Cmd": SHELL_CMD}, {"shell-cmd-as-arguments"}),
        ({"Entrypoint": ["app"], "Cmd": ["--flag"]}, set()),
        ({"Cmd": ["bash"]}, set()),
        (
            {"Cmd": ["/bin/sh", "-c", "['node', 'a.js']"]},
            {"exec-form-misspelt", "shell-cmd-no-signals"},
        ),
        ({"Cmd": ["/bin/sh", "-c", "[ -f a ] && exec b"]}, set()),
        ({"Cmd": ["nginx -g 'daemon off;'"]}, {"one-word-with-blanks"}),
        ({"Cmd": ["echo", "$HOME"]}, {"exec-form-no-variables"}),
        ({"Cmd": ["echo", "${HOME}"]}, {"exec-form-no-variables"}),
        ({"Cmd": ["awk", "{print $1}"]}, set()),
        ({"Entrypoint": ["tini", "--", "sh", "-c", "echo $HOME"]}, set()),
        ({"Cmd": ["a"], "WorkingDir": "app"}, {"relative-workdir"}),
        ({"Cmd": ["a"], "Volumes": {"/v": {}}}, {"anonymous-volumes"}),
        ({"Cmd": ["a"], "OnBuild": ["RUN x"]}, {"onbuild-triggers"}),
        ({"Cmd": ["a"], "Healthcheck": {"Test": ["NONE"]}}, {"healthcheck-disabled"}),
        ({"Cmd": ["a"], "Healthcheck": [1]}, {"healthcheck-unreadable"}),
        ({"Cmd": ["a"], "User": "0"}, {"runs-as-root"}),
        ({}, {"no-command"}),
    ],
)
def test_trap_is_found_in_the_settings(settings: dict[str, object], expected: set[str]) -> None:
    assert codes(settings) == expected


def test_trap_of_a_shell_setting_knows_shells_of_any_name() -> None:
    settings = {"Shell": ["/bin/hello", "-x"], "Entrypoint": ["/bin/hello", "-x", "line"]}

    assert "shell-entrypoint-ignores-cmd" in codes(dict(settings))
    assert "shell-entrypoint-ignores-cmd" not in codes({"Entrypoint": ["/bin/hello", "-x", "line"]})


def test_trap_of_commands_that_the_history_set_before() -> None:
    twice = config_of({"User": "a", "Cmd": ["b"]}, [setting('CMD ["a"]'), setting('CMD ["b"]')])
    reset = config_of(
        {"User": "a", "Entrypoint": ["e"]}, [setting('CMD ["a"]'), setting('ENTRYPOINT ["e"]')]
    )
    again = config_of(
        {"User": "a", "Entrypoint": ["e"]}, [setting("ENTRYPOINT x"), setting('ENTRYPOINT ["e"]')]
    )

    assert [trap.code for trap in runtime(twice).traps] == ["cmd-overwritten"]
    assert [trap.code for trap in runtime(reset).traps] == ["entrypoint-reset-cmd"]
    assert [trap.code for trap in runtime(again).traps] == ["entrypoint-overwritten"]


@pytest.mark.parametrize(
    "entrypoint",
    [
        ["cmd /S /C echo hello"],  # the classic builder
        ["cmd", "/S", "/C", "echo hello"],  # BuildKit
        ["powershell -NoProfile -Command echo hello"],
    ],
)
def test_runtime_for_windows_appends_cmd_to_a_shell_entrypoint(entrypoint: list[str]) -> None:
    config = config_of(
        {"Entrypoint": entrypoint, "Cmd": ["world"], "ArgsEscaped": True}, os="windows"
    )

    found = runtime(config)

    assert (found.entrypoint.form, found.entrypoint.line) == ("shell", "echo hello")
    assert found.runs == (*entrypoint, "world")
    assert (found.workdir, found.user, found.is_root) == ("C:\\", "", None)
    assert [trap.code for trap in found.traps] == ["windows-arguments-appended"]


def test_runtime_of_args_escaped_on_linux_changes_nothing() -> None:
    # BuildKit sets ArgsEscaped for every CMD.
    found = runtime(config_of({"Cmd": EXEC_CMD, "ArgsEscaped": True}))

    assert found.argv == ("exec_cmd", "p1_cmd")


@pytest.mark.parametrize(
    ("value", "form", "command"),
    [
        ({"Test": ["NONE"]}, "disabled", ()),
        ({"Test": ["CMD", "curl", "x"]}, "exec", ("curl", "x")),
        ({"Test": ["CMD-SHELL", "curl x || exit 1"]}, "shell", ("curl x || exit 1",)),
        ({"Interval": 5}, "inherited", ()),
        ({"Test": []}, "inherited", ()),
        ({"Test": ["curl"]}, "unknown", ("curl",)),
        ({"Test": "curl"}, "unknown", ()),
        ({"Test": ["CMD", 1]}, "unknown", ()),
        ("curl", "unknown", ()),
        (7, "unknown", ()),
    ],
)
def test_runtime_healthcheck_of_any_value_is_read(
    value: object, form: str, command: tuple[str, ...]
) -> None:
    found = runtime(config_of({"Healthcheck": value})).healthcheck

    assert found is not None
    assert (found.form, found.command) == (form, command)


def test_runtime_healthcheck_numbers_are_nanoseconds_or_none() -> None:
    value = {"Test": ["CMD", "a"], "Interval": 30_000_000_000, "Timeout": "x", "Retries": 3}

    found = runtime(config_of({"Healthcheck": value})).healthcheck

    assert found is not None
    assert (found.interval_ns, found.timeout_ns, found.retries) == (30_000_000_000, None, 3)


def test_trap_page_lists_every_code_with_its_sentence() -> None:
    page = (REPOSITORY / "docs" / "concepts" / "runtime.md").read_text(encoding="utf-8")

    for code, text in TRAPS.items():
        assert f"| `{code}` | {text} |" in page


def test_runtime_of_long_hostile_settings_is_found_without_delay() -> None:
    line = "exec" * 500_000 + " " * 1_000_000 + "$" * 500_000
    found = runtime(config_of({"Entrypoint": ["/bin/sh", "-c", line], "Cmd": ["[" + " " * 10**6]}))

    assert found.entrypoint.form == "shell"
