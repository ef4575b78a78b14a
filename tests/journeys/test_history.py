from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.journeys.history import history
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.surroundings import require_conformance

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.answers import HistoryDocument


def history_of(path: Path | str) -> HistoryDocument:
    return history(str(path), platform=None, limits=DEFAULT_LIMITS, jobs=1, stdin=None)


def test_step_says_how_much_of_its_layer_is_hidden_later(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("big", b"x" * 5000).file("kept", b"x" * 70), "RUN /bin/sh -c make")
        .layer(Tree().whiteout("big"), "RUN /bin/sh -c rm /big")
    )

    document = history_of(docker_archive(str(tmp_path / "app.tar"), image))

    assert document.steps is not None
    assert [(step.content_bytes, step.hidden_bytes) for step in document.steps] == [
        (5070, 5000),
        (0, 0),
    ]
    assert [step.origin for step in document.steps] == ["instruction", "instruction"]
    assert all(step.reviewable for step in document.steps)


def test_committed_container_cannot_be_reviewed() -> None:
    document = history_of(require_conformance("images", "d04-commit", "image.tar"))

    assert document.steps is not None
    marked = [step for step in document.steps if step.origin == "hand-made"]
    assert len(marked) == 1
    assert not marked[0].reviewable


def test_imported_root_file_system_is_marked() -> None:
    document = history_of(require_conformance("images", "d05-import", "image.tar"))

    assert document.steps is not None
    assert [step.origin for step in document.steps] == ["imported"]
    assert document.builder is not None
    assert document.builder.name == "docker import"


def test_steps_between_the_bases_last_layer_and_the_first_own_one_belong_to_nobody(
    tmp_path: Path,
) -> None:
    # A CMD in the middle of the history ends a base: one layer, an ENV before it.
    image = (
        ImageBuilder(names=("app:1",))
        .empty_layer("ENV BASE=1")
        .layer(Tree().file("base", b"b"), "RUN /bin/sh -c one # buildkit")
        .empty_layer('CMD ["bash"]')
        .empty_layer("ENV OWN=1")
        .layer(Tree().file("own", b"o"), "RUN /bin/sh -c two # buildkit")
        .empty_layer("USER app")
    )

    document = history_of(docker_archive(str(tmp_path / "app.tar"), image))

    assert document.base is not None
    assert document.base.layers == 1
    assert document.steps is not None
    assert [step.from_base for step in document.steps] == [True, True, None, None, False, False]


def test_steps_of_an_image_without_a_known_base_belong_to_nobody(tmp_path: Path) -> None:
    image = ImageBuilder(names=("app:1",)).layer(
        Tree().file("a", b"a"), "RUN /bin/sh -c one # buildkit"
    )

    document = history_of(docker_archive(str(tmp_path / "app.tar"), image))

    assert document.steps is not None
    assert [step.from_base for step in document.steps] == [None]


def test_damaged_layer_leaves_its_sizes_and_all_hidden_bytes_unknown(tmp_path: Path) -> None:
    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("kept", b"k" * 70), "RUN /bin/sh -c one")
        .layer(Tree().file("hurt", b"h" * 5000), "RUN /bin/sh -c two")
    )
    path = tmp_path / "app.tar"
    docker_archive(str(path), image)
    path.write_bytes(path.read_bytes().replace(b"h" * 5000, b"x" * 5000))

    document = history_of(path)

    assert document.steps is not None
    assert [step.content_bytes for step in document.steps] == [70, None]
    assert [step.hidden_bytes for step in document.steps] == [None, None]
    assert [fault.layer for fault in document.faults] == [1]
