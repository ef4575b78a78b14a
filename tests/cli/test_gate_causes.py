"""One known cause at a time is put into an image: the verdict names exactly that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATUS = (
    "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
    "Description: made\n\n"
)
APT = "RUN /bin/sh -c apt-get install libfoo # buildkit"
APP = "COPY app /srv/app # buildkit"
CHMOD = "RUN /bin/sh -c chmod 755 /srv/data/big # buildkit"
DATA = "COPY data /srv/data # buildkit"
FIRST_BASE, SECOND_BASE = 5_000_000, 5_700_000


def base_layer(size: int = FIRST_BASE) -> Tree:
    return Tree().file("usr/lib/libc.so", bytes(size)).file("etc/os-release", b"ID=debian\n")


def packages(version: str = "1.0", size: int = 400_000) -> Tree:
    status = STATUS.format(name="libfoo", version=version).encode()
    return (
        Tree()
        .file("var/lib/dpkg/status", status.ljust(1_000))
        .file("var/lib/dpkg/info/libfoo.list", b"/usr/lib/libfoo.so\n")
        .file("usr/lib/libfoo.so", bytes(size))
    )


def app() -> Tree:
    return Tree().file("srv/app/main", bytes(300_000))


def data() -> Tree:
    return Tree().file("srv/data/big", bytes(600_000))


def built(*layers: tuple[Tree, str], base: int = FIRST_BASE) -> ImageBuilder:
    """An image whose history shows, by a CMD in the middle of it, where its base ends."""
    image = ImageBuilder(names=("shop/app:1",)).layer(base_layer(base), "ADD rootfs.tar /")
    image = image.empty_layer('CMD ["bash"]')
    for tree, words in layers:
        image = image.layer(tree, words)
    return image


BEFORE = ((packages(), APT), (app(), APP), (data(), DATA))


@dataclass(frozen=True)
class Cause:
    """What is done to the image, and what must be named: instruction, package, path, bytes."""

    after: ImageBuilder
    metric: str
    instruction: str | None
    package: str | None
    path: str | None
    delta: int


CAUSES = {
    "package bump": Cause(
        built((packages("1.1", 650_000), APT), *BEFORE[1:]),
        "content",
        APT,
        "libfoo",
        "/usr/lib/libfoo.so",
        250_000,
    ),
    "new file": Cause(
        built(BEFORE[0], (app().file("srv/app/model.bin", bytes(123_456)), APP), BEFORE[2]),
        "content",
        APP,
        "",
        "/srv/app/model.bin",
        123_456,
    ),
    "chmod copy": Cause(
        built(
            *BEFORE,
            (
                Tree().file("srv/data/big", bytes(600_000), mode=0o755),
                CHMOD,
            ),
        ),
        "wasted",
        None,
        None,
        "/srv/data/big",
        600_000,
    ),
    "deleted later": Cause(
        built(
            BEFORE[0],
            (app().file("tmp/cache.bin", bytes(222_222)), APP),
            BEFORE[2],
            (Tree().whiteout("tmp/cache.bin"), "RUN /bin/sh -c rm /tmp/cache.bin # buildkit"),
        ),
        "wasted",
        APP,
        "",
        "/tmp/cache.bin",
        222_222,
    ),
}


def verdict_of(
    folder: Path, cause: Cause, write: Callable[..., Path], *arguments: str, **limits: str
) -> tuple[int, dict[str, Any]]:
    write(folder / "old.tar", built(*BEFORE))
    write(folder / "new.tar", cause.after)
    lines = "".join(f"{key} = {value}\n" for key, value in limits.items())
    text = f'[[budget]]\nname = "size"\nmetric = "{cause.metric}"\n{lines}'.replace("_", "-")
    (folder / "layerscope.toml").write_text(text)
    done = run("gate", "new.tar", "-f", "json", *arguments, cwd=folder)
    return done.status, json.loads(done.out)


def changed(split: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts that changed; what is left over must not have."""
    assert all(row["delta"] == 0 for row in split["parts"] if row["rest"])
    return [row for row in split["parts"] if row["delta"]]


@pytest.mark.parametrize("write", [docker_archive, oci_archive])
@pytest.mark.parametrize("name", CAUSES)
def test_gate_of_one_injected_cause_names_exactly_that(
    name: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    cause = CAUSES[name]

    status, verdict = verdict_of(
        tmp_path, cause, write, "--baseline", "old.tar", max_increase='"1 kB"'
    )

    assert status == 1
    (check,) = [row for row in verdict["checks"] if row["outcome"] == "fail"]
    assert check["delta"] == cause.delta
    splits = {row["by"]: row for row in check["attribution"]}
    for by, expected in (
        ("instruction", cause.instruction),
        ("package", cause.package),
        ("path", cause.path),
    ):
        if expected is None:
            continue
        named = changed(splits[by])
        assert [row["label"] for row in named] == [expected], by
        assert named[0]["delta"] == splits[by]["delta"] == cause.delta
    for split in splits.values():
        assert sum(row["delta"] for row in split["parts"]) == split["delta"]


def test_gate_of_a_chmod_names_the_instruction_that_stored_the_copy(tmp_path: Path) -> None:
    cause = CAUSES["chmod copy"]

    status, verdict = verdict_of(
        tmp_path,
        Cause(cause.after, "content", None, None, None, 600_000),
        docker_archive,
        "--baseline",
        "old.tar",
        max_increase='"1 kB"',
    )

    assert status == 1
    splits = {row["by"]: row for row in verdict["checks"][0]["attribution"]}
    (step,) = changed(splits["instruction"])
    assert (step["label"], step["delta"]) == (CHMOD, 600_000)
    (path,) = changed(splits["path"])
    assert (path["label"], path["kind"]) == ("/srv/data/big", "metadata-only")


@pytest.mark.parametrize("write", [docker_archive, oci_archive])
def test_gate_of_a_base_bump_blames_the_base_and_passes(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    bumped = Cause(built(*BEFORE, base=SECOND_BASE), "content", None, None, None, 700_000)

    status, verdict = verdict_of(
        tmp_path, bumped, write, "--baseline", "old.tar", max_increase='"1 kB"'
    )

    by_part = {row["part"]: row for row in verdict["checks"]}
    assert status == 0
    assert by_part["own"]["outcome"] == "pass"
    assert by_part["own"]["delta"] == 0
    assert by_part["base"]["outcome"] == "warn"
    assert by_part["base"]["delta"] == bumped.delta
    (split,) = [row for row in by_part["base"]["attribution"] if row["by"] == "path"]
    assert [row["label"] for row in changed(split)] == ["/usr/lib/libc.so"]
