from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from layerscope.cli.commands.render import UNFIT
from layerscope.cli.options import Format
from layerscope.cli.renderings import RENDERINGS, formats_of, renderers_of
from layerscope.cli.streams import Look
from layerscope.errors import BadDocumentError
from layerscope.report import published
from layerscope.report.store import convert
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.cli.running import app_tar, damaged_tar, run, two_tar
from tests.surroundings import REPOSITORY, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.running import Run

OLD, NEW = "FROM scratch\nCOPY a /a\n", "FROM scratch\nCOPY b /a\nCOPY a /b\n"

HOSTILE = "\x1b[2J\x9b2J\u202egpj\u2028\x00\x7f"
FOR_PROGRAMS = {
    Format.JSON,
    Format.NDJSON,
    Format.SARIF,
    Format.GITLAB,
    Format.JUNIT,
    Format.GRAPHML,
    Format.PARQUET,
}

# What a run of each command is, by the schema of its document. Each writes text and a document.
RUNS: dict[str, tuple[str, ...]] = {
    "report": ("analyze", "app.tar", "two.tar"),
    "report -v": ("analyze", "-v", "app.tar", "two.tar"),
    "validate": ("validate", "app.tar", "two.tar"),
    "history": ("history", "app.tar"),
    "files": ("ls", "app.tar"),
    "files of a folder": ("ls", "app.tar", "/srv"),
    "files of a layer": ("ls", "--layer", "1", "app.tar"),
    "find": ("find", "**", "two.tar"),
    "diff": ("diff", "app.tar", "new.tar"),
    "diff -v": ("diff", "-v", "app.tar", "new.tar"),
    "verdict": ("gate", "app.tar", "--config", "gate.toml", "--exit-zero", "--today", "2026-11-24"),
    "verdict against a baseline": (
        *("gate", "new.tar", "--config", "gate.toml", "--exit-zero", "--today", "2026-11-24"),
        *("--baseline", "app.tar"),
    ),
    "graph": ("graph", "app.tar", "two.tar"),
    "dedup": ("dedup", "app.tar", "two.tar"),
    "similar": ("similar", "app.tar", "two.tar"),
    "plan-pull": ("plan", "pull", "app.tar"),
    "plan-push": ("plan", "push", "app.tar"),
    "plan-remove": ("plan", "remove", "app.tar", "--keep", "new.tar"),
    "plan-rebase": ("plan", "rebase", "app.tar", "--onto", "new.tar", "--from-layers", "1"),
    "plan-repack": ("plan", "repack", "app.tar", "new.tar", "--max-layers", "2"),
    "plan-squash": ("plan", "squash", "app.tar"),
    "plan-merge": ("plan", "merge", "app.tar", "--layers", "0-1"),
    "plan-split": ("plan", "split", "app.tar", "--layer", "1", "--path", "srv/**"),
    "plan-nodes": ("plan", "nodes", "app.tar", "--trace", "trace.csv", "--sizes", "tar"),
    "cache": ("cache", "simulate", "--before", "old", "--after", "new", "--context", "context"),
    "explain": (
        *("cache", "explain", "--before", "old", "--after", "new", "--context", "context"),
        *("--line", "2"),
    ),
    "context": ("cache", "context", "context", "--file", "old"),
    "score": ("cache", "score", "case.json", "--builder", "classic"),
    "lint": ("dockerfile", "lint", "new"),
    "dockerfile": ("dockerfile", "parse", "new"),
    "catalog": ("catalog", "info", "--catalog", "kept"),
}


def place(folder: Path) -> Path:
    """A folder with all that the commands read."""
    app_tar(folder)
    two_tar(folder)
    grown = ImageBuilder(names=("app:2",)).layer(Tree().file("etc/motd", b"hello"), "ADD rootfs")
    docker_archive(folder / "new.tar", grown.layer(Tree().file("a", b"x" * 70_000), "COPY a"))
    (folder / "gate.toml").write_text(
        '[[budget]]\nname = "size"\nmetric = "compressed"\nmax = "2 kB"\nmax-increase = "1 kB"\n'
    )
    (folder / "trace.csv").write_text("time,image,count\n0,app:1,2\n")
    (folder / "old").write_text(OLD)
    (folder / "new").write_text(NEW)
    (folder / "context").mkdir()
    for name in "ab":
        (folder / "context" / name).write_text(name)
    case = shared("cache-cases", "classic", "run-edit-middle.json")
    if case.exists():
        (folder / "case.json").write_bytes(case.read_bytes())
    (folder / "kept").mkdir()
    return folder


def test_runs_below_are_of_every_document_that_can_be_rendered() -> None:
    assert {f"layerscope.{name.partition(' ')[0]}/1" for name in RUNS} == RENDERINGS.keys()
    # What a gate keeps and what a user writes have no other form.
    others = {"layerscope.baseline/1", "layerscope.config/1"}
    assert RENDERINGS.keys() == set(published.names()) - others


@pytest.mark.parametrize("schema", RENDERINGS)
def test_document_of_each_rendering_has_its_schema_and_its_writers_are_there(schema: str) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(RENDERINGS[schema].load_type())}

    assert get_args(fields["schema"].type) == (schema,) or fields["schema"].default == schema
    assert formats_of(schema)[:2] == (Format.TEXT, Format.JSON)


class Workshop:
    """A folder in which each command was run once, when a test asked for it first."""

    def __init__(self, folder: Path) -> None:
        self.folder = place(folder)
        self._runs: dict[str, Run] = {}

    def made(self, name: str) -> Run:
        """The run of a command; its documents are in a folder `NAME made`, by format."""
        if name == "score" and not (self.folder / "case.json").exists():
            pytest.skip("../shared/cache-cases is not there")
        if name not in self._runs:
            cache = str(self.folder / "cache")
            saves = self.saves(name, f"{name} made")
            self._runs[name] = run(*RUNS[name], *saves, cwd=self.folder, XDG_CACHE_HOME=cache)
        return self._runs[name]

    def saves(self, name: str, into: str) -> list[str]:
        """Options that save every format but text into a new folder."""
        (self.folder / into).mkdir()
        return [word for kind in others(name) for word in ("--save", f"{kind}={into}/{kind}")]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


def schema_of(name: str) -> str:
    return f"layerscope.{name.partition(' ')[0]}/1"


def others(name: str) -> list[Format]:
    return [kind for kind in formats_of(schema_of(name)) if kind is not Format.TEXT]


@pytest.mark.parametrize("name", RUNS)
def test_rendered_document_is_what_its_command_printed_in_every_format(
    workshop: Workshop, name: str
) -> None:
    verbose = ("-v",) if "-v" in RUNS[name] else ()
    made = workshop.made(name)

    saves = workshop.saves(name, f"{name} again")
    again = run("render", *verbose, f"{name} made/json", *saves, cwd=workshop.folder)

    assert (made.status, again.status, again.err) == (0, 0, "")
    assert made.out == again.out != b""
    for kind in others(name):
        data = (workshop.folder / f"{name} made" / kind).read_bytes()
        assert (workshop.folder / f"{name} again" / kind).read_bytes() == data


def texts_in(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - any JSON
    """Where in a document texts are or may be, whatever the position in a list."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from texts_in(part, (*path, key))
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part, path)
    elif isinstance(value, str | None):
        yield path


def with_text(value: Any, path: tuple[str, ...], text: str) -> Any:  # noqa: ANN401 - any JSON
    """The document with another text wherever `path` leads."""
    if isinstance(value, list):
        return [with_text(part, path, text) for part in value]
    if isinstance(value, dict):
        return {
            key: with_text(part, path[1:], text) if path and key == path[0] else part
            for key, part in value.items()
        }
    return text if isinstance(value, str | None) and not path else value


@pytest.mark.parametrize("name", RUNS)
def test_no_text_of_a_document_reaches_a_terminal_or_a_page_as_it_is(
    workshop: Workshop, name: str
) -> None:
    workshop.made(name)
    values = json.loads((workshop.folder / f"{name} made" / "json").read_bytes())
    kind = RENDERINGS[schema_of(name)].load_type()
    shown = 0

    for path in sorted(set(texts_in(values))):
        try:
            document = convert(with_text(values, path, HOSTILE), kind, "")
            renderers = renderers_of(document, verbose=True)
            # JSON in any dress is ASCII, or escapes on its own; Parquet is for programs.
            for form in renderers.keys() - FOR_PROGRAMS:
                text = b"".join(renderers[form](Look())).decode()
                strange = {char for char in text if not char.isprintable()} - {"\n", "\r"}
                assert strange == set(), (path, form)
                shown += 1
        except (BadDocumentError, *UNFIT):
            # A word of ours that no document has another for, such as the state of a file.
            continue

    assert shown


def test_listing_of_a_release_that_did_not_count_layers_is_rendered(tmp_path: Path) -> None:
    app_tar(tmp_path)
    text = run("ls", "app.tar", "--save", "json=new.json", cwd=tmp_path).out
    document = json.loads((tmp_path / "new.json").read_bytes())
    assert document.pop("layers") == 2
    (tmp_path / "old.json").write_text(json.dumps(document))

    result = run("render", "old.json", cwd=tmp_path)

    assert (result.status, result.out) == (0, text)


def test_parquet_is_not_written_to_a_terminal(tmp_path: Path) -> None:
    app_tar(tmp_path)
    ours, terminal = os.openpty()

    done = subprocess.run(
        [sys.executable, "-m", "layerscope", "analyze", "app.tar", "-f", "parquet"],
        cwd=tmp_path,
        stdout=terminal,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )

    os.close(terminal)
    os.close(ours)
    assert done.returncode == 2
    assert b"-o FILE" in done.stderr


def test_document_of_standard_input_is_rendered(tmp_path: Path) -> None:
    app_tar(tmp_path)
    document = run("analyze", "app.tar", "-f", "json", cwd=tmp_path).out

    result = run("render", "-", cwd=tmp_path, stdin=document)

    assert (result.status, result.err) == (0, "")
    assert result.out == run("analyze", "app.tar", cwd=tmp_path).out


@pytest.mark.parametrize(
    "command",
    [
        ("analyze", "damaged.tar"),
        ("ls", "damaged.tar"),
        ("ls", "--layer", "1", "damaged.tar"),
        ("history", "damaged.tar"),
        ("find", "a", "damaged.tar"),
        ("graph", "damaged.tar"),
        ("validate", "damaged.tar"),
        ("plan", "pull", "damaged.tar"),
        ("cache", "simulate", "--context", "nothere"),
        ("cache", "explain", "--context", "nothere", "--line", "1"),
        ("cache", "context", "nothere"),
        ("cache", "score", "nothere"),
        ("dockerfile", "lint", "nothere"),
        ("dockerfile", "parse", "nothere"),
        ("analyze", "nothere.tar"),
    ],
    ids=" ".join,
)
def test_faults_of_a_document_are_told_again_with_its_status(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    damaged_tar(tmp_path)

    made = run(*command, "--save", "json=made.json", cwd=tmp_path)
    again = run("render", "made.json", cwd=tmp_path)

    assert (made.status, again.status) == (3, 3)
    assert again.out == made.out
    # What is left of the line is where in the input the fault lies.
    code = json.loads((tmp_path / "made.json").read_bytes())["faults"][0]["code"]
    assert again.err.startswith("layerscope: ")
    assert f"({code})" in again.err.splitlines()[0]
    assert f"({code})" in made.err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "expected a document of layerscope in JSON"),
        (b"\x1f\x8b\x08", "expected a document of layerscope in JSON"),
        (b"[" * 100_000, "expected a document of layerscope in JSON"),
        (b"[]", 'expected a document with a "schema", found none'),
        (b'{"schema": 7}', 'expected a document with a "schema", found none'),
        (b'{"schema": "layerscope.report/2"}', "knows layerscope.report/1 only"),
        (b'{"schema": "layerscope.baseline/1"}', "nothing here prints"),
        (b'{"schema": "sp\x1bdx/1"}', "in JSON"),
        (b'{"schema": "sp\\u001bdx/1"}', r"prints a document of 'sp\\x1bdx/1'"),
        (b'{"schema": "layerscope.report/1"}', "missing required field"),
        (b'{"schema": "layerscope.files/1", "entries": 5}', "saved.json: "),
    ],
)
def test_what_is_no_document_is_one_line_and_status_three(
    tmp_path: Path, data: bytes, says: str
) -> None:
    (tmp_path / "saved.json").write_bytes(data)

    result = run("render", "saved.json", "--save", "json=new.json", cwd=tmp_path)

    lines = result.err.splitlines()
    assert (result.status, result.out) == (3, b"")
    assert says in lines[0]
    assert lines[0].startswith("layerscope: saved.json: ")
    assert [line.partition(":")[0] for line in lines[1:]] in ([], ["hint"])
    assert not (tmp_path / "new.json").exists()


def test_file_that_is_not_there_or_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for name in ("nothere", ".", "nothere\n"):
        result = run("render", name, cwd=tmp_path)

        assert (result.status, result.out) == (3, b"")
        assert "cannot be read" in result.err
        assert len(result.err.splitlines()) == 1


def changed(data: bytes, *path: str | int, value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """A document with one value changed."""
    document = json.loads(data)
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("command", "path", "value"),
    [
        (("ls", "app.tar"), ("entries", 0, "mode"), "rwx"),
        (("ls", "app.tar"), ("entries", 0, "kind"), "spoon"),
        (("analyze", "app.tar", "two.tar"), ("sharing", "images"), []),
    ],
)
def test_document_whose_parts_do_not_fit_is_damaged_and_no_fault_of_ours(
    tmp_path: Path, command: tuple[str, ...], path: tuple[str | int, ...], value: object
) -> None:
    app_tar(tmp_path)
    two_tar(tmp_path)
    whole = run(*command, "-f", "json", cwd=tmp_path).out
    (tmp_path / "saved.json").write_bytes(changed(whole, *path, value=value))

    result = run("render", "saved.json", "-o", "text", cwd=tmp_path)

    assert result.status == 3
    assert result.err.startswith("layerscope: saved.json: ")
    assert "(bad-document)" in result.err
    assert not (tmp_path / "text").exists()


def test_format_that_a_document_has_not_is_wrong_usage_that_lists_those_it_has(
    tmp_path: Path,
) -> None:
    app_tar(tmp_path)
    run("graph", "app.tar", "-o", "g.json", "-f", "json", cwd=tmp_path)

    result = run("render", "g.json", "--save", "sarif=x", "-o", "y", cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert "written as text, json, dot, mermaid, graphml, not sarif" in result.err
    assert {each.name for each in tmp_path.iterdir()} == {"app.tar", "g.json"}


def test_tables_of_a_report_are_picked_by_name(tmp_path: Path) -> None:
    app_tar(tmp_path)
    names = ("--tables", "files,packages")
    run("analyze", "app.tar", *names, "--save", "json=r.json", cwd=tmp_path)

    for kind in ("csv", "ndjson"):
        for name in ("files", "growth", "packages"):
            alone = run("analyze", "app.tar", "--tables", name, "-f", kind, cwd=tmp_path)
            picked = run("render", "r.json", "--tables", name, "-f", kind, cwd=tmp_path)
            assert (picked.status, picked.out) == (0, alone.out)
            # Two folders, two files and a link; two layers; what no package owns.
            assert picked.out.count(b"\n") == {"files": 5, "growth": 2, "packages": 1}[name] + (
                kind == "csv"
            )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("render", "r.json", "--tables", "files", "-f", "csv"), "no table 'files'"),
        (("render", "r.json", "--tables", "spoons", "-f", "csv"), "no table 'spoons'"),
        (("render", "r.json", "--tables", "growth"), "only csv, ndjson, parquet hold a table"),
        (("render", "g.json", "--tables", "growth", "-f", "csv"), "not csv"),
        (("render", "v.json", "--tables", "growth", "-f", "csv"), "only a report has"),
        (("analyze", "app.tar", "--tables", "files,growth", "-f", "csv"), "csv holds one table"),
    ],
)
def test_tables_that_nothing_holds_are_wrong_usage(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    app_tar(tmp_path)
    (tmp_path / "gate.toml").write_text('[[budget]]\nname="a"\nmetric="compressed"\nmax="1 GB"\n')
    run("analyze", "app.tar", "--tables", "growth", "--save", "json=r.json", cwd=tmp_path)
    run("graph", "app.tar", "--save", "json=g.json", cwd=tmp_path)
    run("gate", "app.tar", "--config", "gate.toml", "--save", "json=v.json", cwd=tmp_path)

    result = run(*arguments, cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert says in result.err.splitlines()[0]


@pytest.mark.parametrize("command", ["analyze", "gate"])
def test_report_and_verdict_are_rendered_without_images_or_pandas(
    tmp_path: Path, command: str
) -> None:
    place(tmp_path)
    options = ("--config", "gate.toml", "--exit-zero") if command == "gate" else ()
    run(command, "app.tar", *options, "--save", "json=r.json", cwd=tmp_path)
    script = (
        "import sys\nfrom layerscope.cli.app import run\n"
        "status = run(['render', 'r.json', '--save', 'markdown=m', '--save', 'csv=c'])\n"
        "heavy = {'pandas', 'networkx', 'numpy', 'pyarrow', 'layerscope.sources',"
        " 'layerscope.files', 'layerscope.journeys', 'layerscope.fleet'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else status)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
    )

    assert (done.returncode, done.stderr) == (0, "")
