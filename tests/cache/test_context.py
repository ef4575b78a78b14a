from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerscope.cache.context import index_folder, open_context
from layerscope.errors import DockerignoreError, UnreadableInputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "context"
    (place / "docker").mkdir(parents=True)
    for name in ("Dockerfile", "docker/Dockerfile", "a", "b", "c", "d"):
        (place / name).write_text("")
    return place


def hidden(folder: Path, dockerfile: str, builder: str) -> set[str]:
    """Which of a, b, c and d are left out."""
    context = open_context(folder, folder / dockerfile, builder=builder)
    return set("abcd") - set(context.tree.children(""))


def test_context_without_an_ignore_file_is_the_whole_folder(folder: Path) -> None:
    context = open_context(folder, folder / "Dockerfile")

    assert context.ignore_source is None
    assert context.patterns == 0
    assert context.tree is context.full_tree
    assert context.tree.children("") == ("Dockerfile", "a", "b", "c", "d", "docker")


@pytest.mark.parametrize(
    ("builder", "there", "used"),
    [
        ("buildkit", "abcd", "a"),
        ("buildkit", "bcd", "d"),
        ("buildkit", "c", ""),
        ("classic", "abcd", "d"),
        ("classic", "ab", ""),
        # Beside the Dockerfile buildah takes .dockerignore first, in the root the other one.
        ("buildah", "abcd", "a"),
        ("buildah", "bcd", "b"),
        ("buildah", "cd", "c"),
        ("buildah", "d", "d"),
    ],
)
def test_ignore_file_is_the_one_that_the_builder_takes(
    folder: Path, builder: str, there: str, used: str
) -> None:
    # given: each ignore file leaves out the file of its letter
    files = {
        "a": "docker/Dockerfile.dockerignore",
        "b": "docker/Dockerfile.containerignore",
        "c": ".containerignore",
        "d": ".dockerignore",
    }
    for letter in there:
        (folder / files[letter]).write_text(f"{letter}\n")

    # then
    assert hidden(folder, "docker/Dockerfile", builder) == set(used)


def test_empty_ignore_file_beside_the_dockerfile_hides_the_one_in_the_root(folder: Path) -> None:
    (folder / ".dockerignore").write_text("a\n")
    (folder / "Dockerfile.dockerignore").write_text("")

    context = open_context(folder, folder / "Dockerfile")

    assert context.ignore_source == folder / "Dockerfile.dockerignore"
    assert "a" in context.tree.children("")


def test_ignore_file_is_itself_a_file_of_the_context(folder: Path) -> None:
    (folder / ".dockerignore").write_text("a\n")

    tree = open_context(folder, folder / "Dockerfile").tree

    assert ".dockerignore" in tree.children("")
    assert tree.read(".dockerignore") == b"a\n"


def test_full_tree_has_what_is_ignored(folder: Path) -> None:
    (folder / ".dockerignore").write_text("docker\n")

    context = open_context(folder, folder / "Dockerfile")

    assert context.tree.node("docker") is None
    assert context.full_tree.children("docker") == ("Dockerfile",)


def test_context_without_a_dockerfile_takes_the_ignore_file_of_the_root(folder: Path) -> None:
    (folder / ".dockerignore").write_text("a\n")

    assert open_context(folder, Path()).ignore_source == folder / ".dockerignore"


def test_broken_ignore_file_is_named_in_the_error(folder: Path) -> None:
    (folder / ".dockerignore").write_text("a[\n")

    with pytest.raises(DockerignoreError, match=r"\.dockerignore"):
        open_context(folder, folder / "Dockerfile")


def test_pipe_in_place_of_the_ignore_file_is_an_error_and_does_not_block(folder: Path) -> None:
    os.mkfifo(folder / ".dockerignore")

    with pytest.raises(UnreadableInputError, match="no regular file"):
        open_context(folder, folder / "Dockerfile")


def test_keep_says_why_the_index_was_not_written(folder: Path, tmp_path: Path) -> None:
    # given: a file where the index's folder should be
    (tmp_path / "taken").write_text("")
    context = open_context(folder, folder / "Dockerfile", index=tmp_path / "taken")
    context.tree.digest("a")

    # when
    problem = context.keep()

    # then
    assert problem.startswith("the index of the context was not written: ")


def test_keep_writes_one_file_that_only_its_owner_reads(folder: Path, tmp_path: Path) -> None:
    context = open_context(folder, folder / "Dockerfile", index=tmp_path / "index")
    context.tree.digest("a")

    assert not context.keep()

    (file,) = (tmp_path / "index").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_index_folder_follows_the_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert index_folder() == Path("/caches/layerscope/contexts")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert index_folder() == Path("/someone/.cache/layerscope/contexts")
