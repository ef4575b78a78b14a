from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import UsageError
from layerscope.sources.arguments import Wanted, wanted
from layerscope.sources.select import Pick

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.tar").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.tar", Wanted("app.tar")),
        ("app.tar:app:1", Wanted("app.tar", None, Pick(reference="app:1"))),
        ("app.tar:@1", Wanted("app.tar", None, Pick(index=1))),
        ("docker-archive:app.tar:app:1", Wanted("app.tar", "docker-archive", Pick(None, "app:1"))),
        ("oci-archive://app.tar", Wanted("app.tar", "oci-archive")),
        ("oci-dir:app.tar:1", Wanted("app.tar", "oci", Pick(None, "1"))),
        ("layer:app.tar", Wanted("app.tar", "layer")),
        ("-", Wanted("-")),
        ("-:@0", Wanted("-", None, Pick(index=0))),
        ("layer:-", Wanted("-", "layer")),
    ],
)
def test_argument_is_read_as_path_and_pick(text: str, expected: Wanted) -> None:
    assert wanted([text]) == [expected]


@pytest.mark.parametrize("name", ["app.tar:app:1", "docker:x", "@list", "a[b].tar", "oci:x"])
def test_argument_path_that_exists_as_written_wins(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")

    assert wanted([name]) == [Wanted(name)]


@pytest.mark.parametrize(
    "text", ["docker:nginx", "docker://nginx", "docker-daemon:x:1", "podman:x", "http://a/b"]
)
def test_argument_of_absent_transport_names_those_that_exist(text: str) -> None:
    with pytest.raises(UsageError, match=r"docker-archive, oci-archive, oci, oci-dir, dir, layer"):
        wanted([text])


def test_argument_glob_is_sorted_and_keeps_its_pick(folder: Path) -> None:
    (folder / "b.tar").write_bytes(b"")

    assert wanted(["*.tar:@0"]) == [
        Wanted("app.tar", None, Pick(index=0)),
        Wanted("b.tar", None, Pick(index=0)),
    ]


def test_argument_glob_that_fits_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="fits no file"):
        wanted(["*.oci"])


def test_argument_list_gives_its_lines(folder: Path) -> None:
    (folder / "list.txt").write_text("# comment\n\napp.tar\r\n  app.tar:@2 \n")

    assert wanted(["@list.txt"]) == [Wanted("app.tar"), Wanted("app.tar", None, Pick(index=2))]


def test_argument_list_in_a_list_is_refused(folder: Path) -> None:
    (folder / "list.txt").write_text("@list2.txt\n")

    with pytest.raises(UsageError, match="names another list"):
        wanted(["@list.txt"])


def test_argument_missing_list_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        wanted(["@nothing.txt"])


def test_argument_like_a_reference_says_how_to_save_it() -> None:
    (one,) = wanted(["registry.example/ns/nginx:latest"])

    assert one.error is not None
    assert one.error.code == "reference-given"
    assert "docker save registry.example/ns/nginx:latest -o nginx.tar" in one.error.hint
    assert "skopeo copy docker://registry.example/ns/nginx:latest" in one.error.hint


@pytest.mark.parametrize("text", ["./nginx.tar", "nothing.tar", "/no/such", "a\0b", "oci:none:1"])
def test_argument_that_is_no_file_is_unreadable(text: str) -> None:
    (one,) = wanted([text])

    assert one.error is not None
    assert one.error.code == "unreadable"


def test_argument_none_at_all_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        wanted([])


def test_argument_index_of_a_million_digits_is_no_work() -> None:
    (one,) = wanted(["app.tar:@" + "9" * 1_000_000])

    assert one.pick == Pick(index=999_999_999_999)


def test_argument_list_line_ends_are_those_of_files_not_of_unicode(folder: Path) -> None:
    name = "a\u2028b\x85.tar"
    (folder / name).write_bytes(b"")
    (folder / "list").write_bytes(f"# all\r\n\r\n{name}\r\n".encode())

    assert wanted(["@list"]) == [Wanted(name)]


def test_argument_that_is_empty_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="an IMAGE is empty"):
        wanted(["app.tar", ""])


def test_argument_list_that_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(UsageError) as caught:
        wanted(["@none"])

    assert caught.value.problem == "the list cannot be read: no such file or directory"
