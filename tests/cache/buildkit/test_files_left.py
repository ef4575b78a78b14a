"""What steps leave in a stage, seen by a `COPY --from` of it; measured on BuildKit 0.32.2.

Two builds differ in how a stage comes about; the copy from it hits if its files are the same.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import replace

import pytest

from layerscope.cache.builders.buildkit import modes
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree
from tests.cache.buildkit.builds import build, step, verdicts
from tests.cache.buildkit.builds import predict as predicted

FILES: dict[str, str | FileNode] = {
    "a.txt": "alpha",
    "b.txt": "beta",
    "run.sh": FileNode("file", 0o755),
    "src": FileNode("dir", 0o700),
    "src/main.py": "main",
    "src/in": FileNode("symlink", 0o777, link="../a.txt"),
    "src/lib": FileNode("dir", 0o711),
    "src/lib/util.py": "util",
    "s2": FileNode("dir", 0o755),
    "s2/lib": FileNode("dir", 0o755),
    "s2/lib/x": "x",
    "e": FileNode("dir", 0o755),
    "lk/d": FileNode("symlink", 0o777, link="/t"),
    "lk/f": "z",
}


def copied(first: str, second: str, base: str = "scratch") -> str:
    """Does the copy of /s hit, where the stage has the second steps instead of the first?"""
    text = "FROM {} AS b\n{}\nFROM base:1\nCOPY --from=b /s /f\n"
    builds = [build(text.format(base, steps), FILES) for steps in (first, second)]
    prediction = predicted(*builds)
    assert prediction.failed is None
    return step(prediction, text.format(base, second).count("\n")).outcome


@pytest.mark.parametrize("base", ["scratch", "base:1"])
@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        # The destination is made as a new directory; below it the source's own modes count.
        ("COPY src /s", "COPY src/main.py src/in /s/\nCOPY src/lib /s/lib", "miss"),
        ("COPY src /s\nCOPY s2 /s", "COPY s2 /s\nCOPY src /s", "miss"),
        (
            "COPY src/lib /s/lib\nCOPY s2/lib/x /s/lib/",
            "COPY src/lib /s/lib\nCOPY s2/lib /s/lib",
            "hit",
        ),
        # Directories that have to be made get the mode and owner that the step names.
        ("COPY --chmod=600 a.txt /s/a", "WORKDIR /s\nCOPY --chmod=600 a.txt /s/a", "miss"),
        ("COPY --chmod=755 a.txt /s/x/a", "WORKDIR /s/x\nCOPY --chmod=755 a.txt /s/x/a", "hit"),
        ("COPY --chown=5 a.txt /s/x/a", "WORKDIR /s/x\nCOPY --chown=5 a.txt /s/x/a", "miss"),
        (
            "COPY --chown=5 a.txt /s/x/a",
            "USER 5\nWORKDIR /s/x\nCOPY --chown=5 a.txt /s/x/a",
            "hit",
        ),
        ("WORKDIR /s/x", "COPY e /s/x", "hit"),
        # Symbolic modes change the mode of the source.
        ("COPY --chmod=u+x src /s", "COPY src /s", "miss"),
        ("COPY --chmod=go-rwx a.txt /s/a", "WORKDIR /s\nCOPY --chmod=600 a.txt /s/a", "hit"),
        ("COPY --chmod=g=u a.txt /s/", "WORKDIR /s\nCOPY --chmod=664 a.txt /s/", "hit"),
        ("COPY --chmod=u=rwx,go=rx src /s", "COPY --chmod=755 src /s", "hit"),
        # Files that come by another way are the same files.
        ("COPY a.txt b.txt /s/", "COPY b.txt /s/\nCOPY a.txt /s/", "hit"),
        ("ADD a.txt /s/", "COPY a.txt /s/", "hit"),
        ("COPY --exclude=lib --exclude=in src /s", "COPY src/main.py /s/", "hit"),
        ("COPY --exclude=*.txt *.txt /s/", "COPY *.txt /s/", "hit"),
        ("COPY --exclude=* src /s", "WORKDIR /s", "hit"),
        ("COPY s2 /s\nCOPY --link src /s", "COPY s2 /s\nCOPY src /s", "hit"),
        ("COPY src /s\nCOPY --link a.txt /s/lib/", "COPY src /s\nCOPY a.txt /s/lib/", "miss"),
        ("COPY <<x /s/\nalpha\nx", "COPY <<x /s/\nbeta\nx", "miss"),
    ],
)
def test_a_copy_hits_where_the_steps_leave_the_same_files(
    first: str, second: str, outcome: str, base: str
) -> None:
    assert copied(first, second, base) == outcome


def test_links_in_a_destination_are_followed() -> None:
    # Measured: the file takes the place of what the link leads to, not of the link.
    assert copied("COPY lk /s\nCOPY a.txt /s/d", "COPY lk/f /s/f\nCOPY a.txt /s/d") == "miss"


def test_an_empty_stage_can_be_copied_as_a_whole() -> None:
    one = build("FROM scratch AS a\nFROM base:1\nCOPY --from=a / /x\nRUN echo\n")

    assert verdicts(one, one) == "HH"


def tar_gz(files: dict[str, bytes], mtime: int = 0, level: int = 9) -> bytes:
    """A compressed archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), level, mtime=0)


@pytest.mark.parametrize(
    ("before", "after", "path", "outcome"),
    [
        (tar_gz({"x/y": b"1", "z": b"2"}), tar_gz({"x/y": b"1", "z": b"2"}, level=1), "/d", "hit"),
        (tar_gz({"x/y": b"1", "z": b"2"}), tar_gz({"x/y": b"1", "z": b"2"}, mtime=9), "/d", "hit"),
        (tar_gz({"x/y": b"1"}), tar_gz({"x/y": b"1", "q": b"3"}), "/d", "miss"),
        (tar_gz({"x/y": b"1"}), tar_gz({"x/y": b"1", "q": b"3"}), "/d/x", "hit"),
        (gzip.compress(b"no archive", mtime=0), gzip.compress(b"no", mtime=0), "/d", "miss"),
    ],
    ids=["compressed", "times", "one-more", "another", "no-archive"],
)
def test_members_of_an_archive_are_compared_and_not_its_bytes(
    before: bytes, after: bytes, path: str, outcome: str
) -> None:
    text = f"FROM scratch AS s\nADD t.tgz /d/\nFROM base:1\nCOPY --from=s {path} /e\n"
    builds = []
    for data in (before, after):
        node = FileNode("file", 0o644, size=len(data))
        context = MemoryTree({"t.tgz": node}, {"t.tgz": data})
        builds.append(replace(build(text), context=context, full_context=context))

    prediction = predicted(*builds)

    assert step(prediction, 2).outcome == "miss"
    assert step(prediction, 4).outcome == outcome


@pytest.mark.parametrize(
    ("text", "mode", "is_dir", "expected"),
    [
        ("u+x", 0o644, False, 0o744),
        ("+x", 0o644, False, 0o755),
        ("a=r,u+w", 0o777, False, 0o644),
        ("go=", 0o755, False, 0o700),
        ("a+X", 0o644, False, 0o644),
        ("a+X", 0o644, True, 0o755),
        ("g=u", 0o641, False, 0o661),
        ("u+s,+t", 0o755, False, 0o5755),
        ("o+s", 0o755, False, 0o755),
        ("u+r+w-x", 0o500, False, 0o600),
    ],
)
def test_symbolic_modes_work_as_chmod_does(
    text: str, mode: int, expected: int, *, is_dir: bool
) -> None:
    assert modes.is_symbolic(text)
    assert modes.applied(text, mode, is_dir=is_dir) == expected


@pytest.mark.parametrize("text", ["", "u", "x+", "u=rw,", "644", "u+q", "0o644", "+644"])
def test_what_is_no_symbolic_mode_is_refused(text: str) -> None:
    assert not modes.is_symbolic(text)
