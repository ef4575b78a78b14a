"""The program end to end: exit codes, streams, files, and what is said when something is wrong."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope import __version__
from layerscope.__main__ import main
from layerscope.report import published
from tests.cli.running import Run, app_tar, damaged_tar, run, two_tar
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


def checked(result: Run, name: str) -> dict[str, Any]:
    """The document on standard output, valid by its published schema."""
    document: dict[str, Any] = json.loads(result.out)
    schema = json.loads(published.schema(name))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert result.out.isascii()
    return document


def test_version_is_printed_without_loading_typer_or_rich(tmp_path: Path) -> None:
    code = (
        "import sys; from layerscope.__main__ import main; main(['--version']);"
        "print(sorted({name.partition('.')[0] for name in sys.modules} "
        "& {'typer', 'rich', 'msgspec', 'json', 'pandas', 'pyarrow'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )

    assert done.stdout.splitlines() == [f"layerscope {__version__}", "[]"]


@pytest.mark.parametrize("arguments", [["--help"], ["analyze", "-f", "json", "app.tar"]])
def test_heavy_libraries_are_not_imported(tmp_path: Path, arguments: list[str]) -> None:
    app_tar(tmp_path)
    code = (
        "import sys; from layerscope.__main__ import main; status = main(sys.argv[1:]);"
        "heavy = {name.partition('.')[0] for name in sys.modules}"
        "& {'pandas', 'pyarrow', 'networkx', 'numpy', 'rich'};"
        "sys.exit(f'{status} {heavy}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )

    assert done.stderr.splitlines() == ["0 set()"]


def test_every_command_has_help(tmp_path: Path) -> None:
    listed = run("--help", cwd=tmp_path).out.decode()

    for command in ("analyze", "validate", "history", "ls", "cat", "demo", "schema"):
        assert f"  {command} " in listed
        result = run(command, "--help", cwd=tmp_path)
        assert result.status == 0
        assert result.err == ""
        assert f"Usage: layerscope {command}" in result.out.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--nope"],
        ["nope"],
        ["analyze"],
        ["analyze", "--nope", "app.tar"],
        ["analyze", "-f", "xml", "app.tar"],
        ["analyze", "--jobs", "0", "app.tar"],
        ["analyze", "--jobs", "two", "app.tar"],
        ["analyze", "--max-spool", "much", "app.tar"],
        ["analyze", "--max-entries", "-1", "app.tar"],
        ["analyze", "--platform", "linux", "app.tar"],
        ["analyze", "--save", "json", "app.tar"],
        ["analyze", "--save", "xml=x", "app.tar"],
        ["analyze", "--save", "json=a", "-o", "a", "app.tar"],
        ["analyze", "-o", "no/such/folder/x", "app.tar"],
        ["analyze", "-o", "-", "app.tar"],
        ["analyze", "--save", "json=-", "app.tar"],
        ["analyze", "docker://app:1"],
        ["analyze", ""],
        ["analyze", "@none"],
        ["ls", "app.tar", "--layer", "0", "--platform", "linux/s390x", "-f", "json"],
        ["history", "two.tar", "-f", "json"],
        ["history", "two.tar"],
        ["ls", "app.tar", "--layer", "0", "--digest", "md5"],
        ["schema", "nope"],
        ["analyze", "--\x1b[31m", "app.tar"],
    ],
)
def test_wrong_usage_is_one_line_and_status_two(
    tmp_path: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app_tar(tmp_path)
    two_tar(tmp_path)
    monkeypatch.chdir(tmp_path)

    status = main(arguments)

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert status == 2
    assert said.out == ""
    assert lines[0].startswith("layerscope: ")
    assert lines[0].endswith(" (usage)")
    assert all(line.isprintable() for line in lines)
    assert [line.startswith("hint: ") for line in lines[1:]] in ([], [True])


def test_command_for_one_image_lists_those_that_there_are(tmp_path: Path) -> None:
    two_tar(tmp_path)

    result = run("history", "two.tar", cwd=tmp_path)

    assert result.err.splitlines()[1] == (
        "hint: pick one: two.tar:@0 (base:1, linux/amd64); :@1 (app:1, linux/amd64)"
    )


def test_analyze_json_has_sizes_worked_out_by_hand(tmp_path: Path) -> None:
    app_tar(tmp_path)

    document = checked(run("analyze", "-f", "json", "app.tar", cwd=tmp_path), "report")

    (image,) = document["images"]
    # Headers, blocks of content, two end blocks. A name that is not ASCII takes a PAX header, of
    # two blocks.
    sizes = [(2 + 1 + 2) * 512, (3 + 2 + 6 + 2) * 512]
    assert [layer["uncompressed_bytes"] for layer in image["layers"]] == sizes
    assert [layer["compressed_bytes"] for layer in image["layers"]] == sizes
    assert [layer["content_bytes"] for layer in image["layers"]] == [5, 3000]
    assert [layer["entries"] for layer in image["layers"]] == [2, 3]
    assert [layer["files"] for layer in image["layers"]] == [1, 1]
    assert image["content_bytes"] == 3005
    assert image["input"] == "app.tar"
    assert document["tool"]["version"] == __version__
    assert str(tmp_path).encode() not in json.dumps(document).encode()


def test_analyze_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    two_tar(tmp_path)
    app_tar(tmp_path)
    arguments = ["analyze", "-f", "json", "two.tar", "app.tar"]

    first = run(*arguments, cwd=tmp_path, PYTHONHASHSEED="1")
    second = run(*arguments, "--jobs", "2", cwd=tmp_path, PYTHONHASHSEED="2")

    assert first.out == second.out


def test_analyze_reads_standard_input(tmp_path: Path) -> None:
    data = two_tar(tmp_path).read_bytes()

    document = checked(run("analyze", "-f", "json", "-", cwd=tmp_path, stdin=data), "report")

    assert [image["input"] for image in document["images"]] == ["-", "-"]
    assert [len(image["layers"]) for image in document["images"]] == [1, 2]


def test_damaged_input_is_one_line_and_does_not_hide_the_others(tmp_path: Path) -> None:
    damaged_tar(tmp_path)
    app_tar(tmp_path)
    arguments = ["damaged.tar", "app.tar", "none.tar"]

    result = run("analyze", "-f", "json", *arguments, cwd=tmp_path)
    text = run("analyze", *arguments, cwd=tmp_path)

    document = checked(result, "report")
    assert result.status == text.status == 3
    assert result.err == text.err
    lines = [line for line in result.err.splitlines() if not line.startswith("hint: ")]
    assert [line.split(": ")[1] for line in lines] == ["damaged.tar", "none.tar"]
    assert lines[0].endswith("(digest-mismatch)")
    assert lines[1].endswith("(unreadable)")
    assert {fault["code"] for fault in document["faults"]} == {"digest-mismatch", "unreadable"}
    damaged, whole = document["images"]
    assert damaged["content_bytes"] is None
    assert whole["content_bytes"] == 3005
    assert document["sharing"]["blob_bytes"]["referenced"] is None
    assert "damaged  " in text.out.decode()


def test_input_without_an_image_ends_with_status_three(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    result = run("analyze", "-f", "json", "empty", cwd=tmp_path)

    assert result.status == 3
    assert checked(result, "report")["images"] == []
    assert len([line for line in result.err.splitlines() if "hint: " not in line]) == 1


def test_validate_says_ok_or_faulty(tmp_path: Path) -> None:
    damaged_tar(tmp_path)
    two_tar(tmp_path)

    good = run("validate", "-f", "json", "two.tar", cwd=tmp_path)
    both = run("validate", "-f", "json", "two.tar", "damaged.tar", cwd=tmp_path)
    text = run("validate", "two.tar", "damaged.tar", cwd=tmp_path)

    assert (good.status, both.status, text.status) == (0, 3, 3)
    assert checked(good, "validate")["valid"] is True
    document = checked(both, "validate")
    assert [one["valid"] for one in document["inputs"]] == [True, False]
    assert [line.split()[0] for line in text.out.decode().splitlines()][:2] == ["ok", "FAULTY"]


def test_history_has_a_step_for_each_record(tmp_path: Path) -> None:
    app_tar(tmp_path)

    document = checked(run("history", "-f", "json", "app.tar", cwd=tmp_path), "history")

    steps = [
        (step["created_by"], step["layer"], step["content_bytes"]) for step in document["steps"]
    ]
    assert steps == [("ADD rootfs.tar /", 0, 5), ("COPY app /srv", 1, 3000)]
    assert [step["origin"] for step in document["steps"]] == ["root-filesystem", "instruction"]


def test_ls_lists_a_layer_sorted_by_path(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("ls", "app.tar", "--layer", "1", "-f", "json", cwd=tmp_path)

    entries = checked(result, "files")["entries"]
    assert [(entry["path"], entry["kind"], entry["size_bytes"]) for entry in entries] == [
        ("/srv", "dir", 0),
        ("/srv/app", "file", 3000),
        ("/srv/caf\udce9", "symlink", 0),
    ]
    assert entries[2]["link_target"] == "app"
    assert entries[1]["content"].startswith("blake3:")
    text = run("ls", "app.tar", "--layer", "1", cwd=tmp_path).out.decode()
    assert text.splitlines()[2].endswith(r"/srv/caf\xe9 -> app")


def test_ls_digest_is_what_was_asked_for(tmp_path: Path) -> None:
    app_tar(tmp_path)
    arguments = ["ls", "app.tar", "etc/motd", "--layer", "0", "-f", "json", "--digest"]

    sha256 = json.loads(run(*arguments, "sha256", cwd=tmp_path).out)["entries"]
    none = json.loads(run(*arguments, "none", cwd=tmp_path).out)["entries"]

    # printf hello | sha256sum
    hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert [entry["content"] for entry in sha256] == [f"sha256:{hello}"]
    assert [entry["content"] for entry in none] == [None]


@pytest.mark.parametrize("arguments", [["--layer", "2"], ["/none", "--layer", "0"]])
def test_ls_of_what_is_not_there_ends_with_status_three(
    tmp_path: Path, arguments: list[str]
) -> None:
    app_tar(tmp_path)

    result = run("ls", "app.tar", *arguments, cwd=tmp_path)

    assert result.status == 3
    assert result.out == b""
    assert result.err.splitlines()[0].endswith("(no-such-entry)")


@pytest.mark.parametrize(
    ("arguments", "code", "layer"),
    [
        (["none.tar"], "unreadable", None),
        (["none.tar", "--layer", "3"], "unreadable", 3),
        (["app.tar", "--layer", "2"], "no-such-entry", 2),
        (["app.tar", "/none", "--layer", "0"], "no-such-entry", 0),
        (["damaged.tar", "--layer", "1"], "digest-mismatch", 1),
    ],
)
def test_ls_json_of_what_cannot_be_read_is_a_document_with_the_fault(
    tmp_path: Path, arguments: list[str], code: str, layer: int | None
) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    result = run("ls", *arguments, "-f", "json", cwd=tmp_path)

    document = checked(result, "files")
    assert result.status == 3
    assert document["entries"] is None
    assert document["layer"] == layer
    assert (document["image"] is None) == (arguments[0] == "none.tar")
    (fault,) = document["faults"]
    assert (fault["input"], fault["code"]) == (arguments[0], code)
    said = f"layerscope: {arguments[0]}: {fault['message']} ({code})"
    assert result.err.splitlines()[0] == said
    assert len(result.err.splitlines()) == 1 + bool(fault["hint"])


def test_ls_json_of_a_whole_layer_has_no_faults(tmp_path: Path) -> None:
    damaged_tar(tmp_path)

    result = run("ls", "damaged.tar", "--layer", "0", "-f", "json", cwd=tmp_path)

    assert (result.status, checked(result, "files")["faults"]) == (0, [])


def test_history_json_without_an_image_is_a_document_with_the_fault(tmp_path: Path) -> None:
    result = run("history", "none.tar", "-f", "json", cwd=tmp_path)

    document = checked(result, "history")
    assert result.status == 3
    assert (document["image"], document["steps"]) == (None, None)
    assert [fault["code"] for fault in document["faults"]] == ["unreadable"]
    assert result.err == "layerscope: none.tar: no such file or folder (unreadable)\n"


@pytest.mark.parametrize("command", ["history", "ls"])
def test_documents_with_faults_only_reach_files_and_text_does_not(
    tmp_path: Path, command: str
) -> None:
    saved = run(command, "none.tar", "--save", "json=saved", cwd=tmp_path)
    put = run(command, "none.tar", "-f", "json", "-o", "put", cwd=tmp_path)
    text = run(command, "none.tar", "-o", "text", "--save", "text=more", cwd=tmp_path)

    assert [(one.status, one.out) for one in (saved, put, text)] == [(3, b"")] * 3
    assert json.loads((tmp_path / "saved").read_bytes())["faults"]
    assert (tmp_path / "put").read_bytes() == (tmp_path / "saved").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["put", "saved"]


def test_cat_writes_the_bytes_and_nothing_else(tmp_path: Path) -> None:
    app_tar(tmp_path)

    to_stdout = run("cat", "app.tar", "/srv/app", "--layer", "1", cwd=tmp_path)
    to_file = run("cat", "app.tar", "srv/app", "--layer", "1", "-o", "copy", cwd=tmp_path)

    assert (to_stdout.status, to_stdout.out, to_stdout.err) == (0, b"x" * 3000, "")
    assert (to_file.status, to_file.out) == (0, b"")
    assert (tmp_path / "copy").read_bytes() == b"x" * 3000


def test_cat_of_a_damaged_layer_writes_nothing(tmp_path: Path) -> None:
    damaged_tar(tmp_path)

    result = run("cat", "damaged.tar", "/srv/app", "--layer", "1", "-o", "copy", cwd=tmp_path)

    assert result.status == 3
    assert not (tmp_path / "copy").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.tar"]


def test_files_are_not_overwritten_unless_forced(tmp_path: Path) -> None:
    app_tar(tmp_path)
    (tmp_path / "out.json").write_text("mine")
    arguments = ["analyze", "app.tar", "-f", "json", "-o", "out.json"]

    refused = run(*arguments, cwd=tmp_path)
    kept = (tmp_path / "out.json").read_text()
    forced = run(*arguments, "--force", cwd=tmp_path)

    assert (refused.status, kept) == (2, "mine")
    assert forced.status == 0
    assert json.loads((tmp_path / "out.json").read_bytes())["schema"] == "layerscope.report/1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.tar", "out.json"]


def test_save_writes_further_formats_from_the_same_run(tmp_path: Path) -> None:
    app_tar(tmp_path)
    plain = run("analyze", "app.tar", cwd=tmp_path)

    result = run(
        "analyze", "app.tar", "--save", "json=a.json", "--save", "text=a.txt", cwd=tmp_path
    )

    assert result.out == plain.out
    assert (tmp_path / "a.txt").read_bytes() == plain.out
    assert json.loads((tmp_path / "a.json").read_bytes())["images"][0]["names"] == ["app:1"]


def test_schema_prints_what_documents_are_checked_by(tmp_path: Path) -> None:
    names = run("schema", cwd=tmp_path).out.decode().split()

    assert names == published.names()
    for name in names:
        assert run("schema", name, cwd=tmp_path).out == published.schema(name)


def test_closed_standard_output_is_no_error(tmp_path: Path) -> None:
    app_tar(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "layerscope", "cat", "app.tar", "/srv/app", "--layer", "1"],
            cwd=tmp_path,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )

    assert done.returncode == 0
    assert done.stderr == b""


def test_unexpected_error_is_one_line_and_status_seventy(tmp_path: Path) -> None:
    app_tar(tmp_path)
    (tmp_path / "broken.py").write_text(
        "import sys\nfrom layerscope.journeys import analyze\n"
        "def fail(*args, **more): raise KeyError('a\\x1b[31m')\n"
        "analyze.open_inputs = fail\n"
        "from layerscope.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "broken.py", "analyze", "app.tar"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    plain = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    debug = subprocess.run(
        [*command, "--debug"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert plain.returncode == debug.returncode == 70
    assert len(plain.stderr.splitlines()) == 2
    assert plain.stderr.startswith("layerscope: unexpected KeyError: ")
    assert "\x1b" not in plain.stderr
    assert "Traceback" in debug.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "styled"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_terminal_output_is_styled_unless_it_may_not_be(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], styled: bool
) -> None:
    app_tar(tmp_path)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "layerscope", "analyze", "app.tar", *arguments],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "LAYERSCOPE_CATALOG": "",
            "TERM": "xterm",
            **environment,
        },
    )
    os.close(theirs)
    output = b""
    try:
        while piece := os.read(ours, 65536):
            output += piece
    except OSError:
        pass  # Linux tells the end of a terminal so.
    finally:
        os.close(ours)

    assert process.wait(timeout=60) == 0
    assert (b"\x1b[" in output) is styled
    assert b"COPY app /srv" in output


def test_demo_makes_images_and_says_where_they_are(tmp_path: Path) -> None:
    first = run("demo", "fleet", cwd=tmp_path)
    again = run("demo", "fleet", cwd=tmp_path)
    forced = run("demo", "fleet", "--force", "-q", cwd=tmp_path)

    assert first.status == 0
    assert "The images are in fleet" in first.err
    assert "shop/legacy:0.9" in first.out.decode()
    assert again.status == 2
    assert (forced.status, forced.out, forced.err) == (0, first.out, "")


def redirected(shell: str, folder: Path) -> Run:
    """A run of `sh`, in which `$layerscope` is the program."""
    done = subprocess.run(
        ["sh", "-c", shell],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "layerscope": f"{sys.executable} -m layerscope",
        },
    )
    return Run(done.returncode, done.stdout, done.stderr.decode())


COMMANDS = [
    "--version",
    "--help",
    "schema",
    "analyze app.tar",
    "validate app.tar",
    "history app.tar",
    "ls app.tar --layer 1",
    "cat app.tar /srv/app --layer 1",
]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full to write to")
@pytest.mark.parametrize("command", COMMANDS)
def test_full_disk_is_one_line_and_no_fault_of_layerscope(tmp_path: Path, command: str) -> None:
    app_tar(tmp_path)

    result = redirected(f"$layerscope {command} >/dev/full", tmp_path)

    assert result.status == 2
    assert result.err.splitlines() == [
        "layerscope: standard output: cannot write: no space left on device (usage)"
    ]


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "--help"])
def test_no_standard_output_is_one_line_and_no_fault_of_layerscope(
    tmp_path: Path, command: str
) -> None:
    app_tar(tmp_path)

    result = redirected(f"$layerscope {command} >&-", tmp_path)

    assert result.status == 2
    assert result.err.splitlines() == ["layerscope: standard output: it is closed (usage)"]


def test_no_standard_input_matters_only_where_it_is_read(tmp_path: Path) -> None:
    app_tar(tmp_path)

    wanted = redirected("$layerscope analyze - <&-", tmp_path)
    other = redirected("$layerscope analyze app.tar <&-", tmp_path)

    assert wanted.status == 3
    assert wanted.err == "layerscope: -: there is no standard input (unreadable)\n"
    assert (other.status, other.err) == (0, "")


def test_text_of_nothing_but_faults_is_on_standard_error_alone(tmp_path: Path) -> None:
    result = run("analyze", "none.tar", cwd=tmp_path)

    assert result.status == 3
    assert result.out == b""
    assert result.err == "layerscope: none.tar: no such file or folder (unreadable)\n"


@pytest.mark.parametrize("target", ["none/out", "folder"])
def test_target_that_cannot_be_a_file_is_refused_before_anything_is_read(
    tmp_path: Path, target: str
) -> None:
    (tmp_path / "folder").mkdir()

    result = run("analyze", "none.tar", "-o", target, "--force", cwd=tmp_path)

    assert result.status == 2
    assert result.err.startswith(f"layerscope: {target}: ")
    assert result.err.endswith(" (usage)\n")
    assert "--force" not in result.err


def test_validate_says_that_no_image_could_be_read(tmp_path: Path) -> None:
    result = run("validate", "none.tar", cwd=tmp_path)

    assert result.out.decode().splitlines()[0] == "FAULTY  none.tar  no image could be read"
