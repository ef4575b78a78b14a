"""What Python's tarfile and GNU tar write is read with the entries that were written."""

from __future__ import annotations

import os
import stat
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.files.walk import Walk
from layerscope.sources.image import Layer
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.tree import FORMATS, Tree, TreeMember
from tests.surroundings import require_program

NANOSECONDS = 10**9


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it was asked for, or as it was read."""

    name: bytes
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    link: bytes | None
    content: bytes | None
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


def rows_of(columns: FileColumns) -> list[Row]:
    return [
        Row(
            name,
            KINDS[columns.kinds[row]],
            columns.size_bytes[row],
            columns.modes[row],
            columns.uids[row],
            columns.gids[row],
            columns.mtimes_ns[row],
            columns.links.get(row),
            columns.content(row),
            columns.xattrs.get(row, ()),
        )
        for row, name in enumerate(columns.stored_names())
    ]


def scanned(path: str) -> list[Row]:
    region = Region.of_file(path)
    layer = Layer(0, None, None, None, None, None, region, "layer.tar")
    columns = scan_layer(layer).columns
    assert columns is not None
    return rows_of(columns)


def walked(tar: bytes, cuts: list[int]) -> list[Row]:
    """The rows of a tar that is fed in pieces which end at `cuts`."""
    walk = Walk(DEFAULT_LIMITS, blake3)
    ends = sorted({cut % (len(tar) + 1) for cut in cuts} | {0, len(tar)})
    for start, end in pairwise(ends):
        walk.feed(tar[start:end])
    walk.finish()
    return rows_of(walk.columns)


# Parts that start with ".wh." are whiteouts, which are no plain entries; "//" and a first slash
# do not survive tarfile's own way of splitting a long name.
part = st.binary(min_size=1, max_size=60).filter(
    lambda text: not {0, ord("/")} & set(text) and not text.startswith(b".wh.")
)
name = st.lists(part, min_size=1, max_size=5).map(b"/".join)


def as_text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


@st.composite
def members(draw: st.DrawFn, tar_format: str) -> TreeMember:
    most = 2**21 - 1 if tar_format == "ustar" else 2**55
    # Quarters of a second are exact as floats and as decimals.
    earliest = 0 if tar_format == "ustar" else -(2**32)
    mtime: float = draw(st.integers(earliest, 2**33 - 1))
    if tar_format == "pax":
        mtime += draw(st.sampled_from([0, 0, 0.25, 0.5]))
    member = TreeMember(
        as_text(draw(name)),
        draw(st.sampled_from(["file", "file", "file", "dir", "symlink", "hardlink", "fifo"])),
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 5) | st.integers(0, most)),
        gid=draw(st.integers(0, 5) | st.integers(0, most)),
        mtime=mtime,
    )
    if member.kind == "file":
        content = draw(st.binary(max_size=1600))
        return replace(member, content=content * draw(st.sampled_from([1, 1, 400])))
    if member.kind in {"symlink", "hardlink"}:
        return replace(member, link=as_text(draw(name if tar_format != "ustar" else part)))
    return member


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, Tree]:
    tar_format = draw(st.sampled_from(sorted(FORMATS)))
    made = draw(st.lists(members(tar_format), max_size=6))
    if tar_format == "pax" and made:
        key = st.text("abcXYZ._-", min_size=1, max_size=9)
        attributes = draw(st.dictionaries(key, st.binary(min_size=1, max_size=40), max_size=3))
        made[0] = replace(made[0], xattrs={f"user.{name}": v for name, v in attributes.items()})
    return tar_format, Tree(tuple(made))


def expected(member: TreeMember) -> Row:
    linked = member.kind in {"symlink", "hardlink"}
    return Row(
        member.name.encode("utf-8", "surrogateescape"),
        member.kind,
        len(member.content),
        member.mode,
        member.uid,
        member.gid,
        int(member.mtime * 4) * NANOSECONDS // 4,
        member.link.encode("utf-8", "surrogateescape") if linked else None,
        blake3(member.content).digest() if member.kind == "file" else None,
        tuple(sorted((key.encode(), value) for key, value in member.xattrs.items())),
    )


@given(trees(), st.lists(st.integers(0, 2**31), max_size=12))
def test_tar_of_tarfile_is_read_as_written_however_it_is_cut(
    made: tuple[str, Tree], cuts: list[int]
) -> None:
    tar_format, tree = made
    try:
        tar = tree.layer_tar(tar_format=tar_format)
    except ValueError:
        assume(False)  # noqa: FBT003 - hypothesis wants it so: the format cannot hold the name

    rows = walked(tar, cuts)

    assert rows == [expected(member) for member in tree.members]


@given(trees())
def test_tar_written_by_tarfile_itself_is_read_from_its_file(made: tuple[str, Tree]) -> None:
    tar_format, tree = made
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/layer.tar"
        try:
            with tarfile.open(path, "w", format=FORMATS[tar_format]) as archive:
                for member in tree.members:
                    archive.addfile(member.tar_info(), BytesIO(member.content))
        except ValueError:
            assume(False)  # noqa: FBT003 - as above

        rows = scanned(path)

    assert rows == [expected(member) for member in tree.members]


# What GNU tar is given: a few real files. Short names fit into every format.
short = st.text("abcdefghij-é\N{SNOWMAN}", min_size=1, max_size=12)
GNU_FORMATS = ["gnu", "oldgnu", "pax", "ustar", "v7"]
SPARSE = [[], ["--sparse"], ["--sparse", "--sparse-version=0.0"]]
SPARSE += [["--sparse", "--sparse-version=0.1"], ["--sparse", "--sparse-version=1.0"]]


@st.composite
def contents(draw: st.DrawFn) -> list[tuple[int, bytes]]:
    """Pieces of a file and where they lie: holes between them may be stored as such."""
    if draw(st.booleans()):
        return [(0, draw(st.binary(max_size=2000)))]
    starts = draw(st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True))
    return [(start * 65536, draw(st.binary(min_size=1, max_size=900))) for start in starts]


@st.composite
def folders(draw: st.DrawFn) -> list[tuple[str, str, list[tuple[int, bytes]], int]]:
    names = draw(st.lists(short, min_size=1, max_size=7, unique=True))
    kinds = st.sampled_from(["file", "file", "file", "dir", "symlink", "hardlink", "fifo"])
    time = st.integers(0, 2**32 * NANOSECONDS)
    return [(text, draw(kinds), draw(contents()), draw(time)) for text in names]


def make(folder: Path, plan: list[tuple[str, str, list[tuple[int, bytes]], int]]) -> None:
    first: Path | None = None
    for text, kind, pieces, time in plan:
        path = folder / text
        if kind == "dir":
            path.mkdir()
        elif kind == "symlink":
            path.symlink_to(text * 2)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "hardlink" and first is not None:
            path.hardlink_to(first)
            continue
        else:
            with path.open("wb") as stream:
                for start, piece in pieces:
                    stream.seek(start)
                    stream.write(piece)
            path.chmod(0o4755 if len(text) % 2 else 0o600)
            first = first or path
        os.utime(path, ns=(time, time), follow_symlinks=False)


def on_disk(folder: Path, row: Row, *, whole_seconds: bool) -> Row:
    """What the row should be: the kind is tar's choice for names of one inode, all else is not."""
    path = folder / os.fsdecode(row.name)
    status = path.lstat()
    regular = stat.S_ISREG(status.st_mode)
    linked = regular and row.kind == "hardlink"
    content = path.read_bytes() if regular and not linked else None
    link = os.fsencode(path.readlink()) if path.is_symlink() else None
    time = status.st_mtime_ns
    return Row(
        row.name,
        row.kind if linked else KIND_OF_MODE[stat.S_IFMT(status.st_mode)],
        len(content or b""),
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        time // NANOSECONDS * NANOSECONDS if whole_seconds else time,
        row.link if linked else link,
        None if content is None else blake3(content).digest(),
    )


KIND_OF_MODE = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
}


@pytest.mark.programs
@pytest.mark.parametrize("tar_format", GNU_FORMATS)
@settings(max_examples=15)
@given(folders(), st.sampled_from(SPARSE))
def test_tar_of_gnu_tar_is_read_as_the_disk_has_it(
    tar_format: str, plan: list[tuple[str, str, list[tuple[int, bytes]], int]], sparse: list[str]
) -> None:
    program = require_program("tar")
    if tar_format in {"ustar", "v7"}:
        sparse = []  # these formats have no holes, and GNU tar refuses to write them
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "files")
        folder.mkdir()
        make(folder, plan)
        archive = f"{name}/layer.tar"
        command = [program, f"--format={tar_format}", *sparse, "--sort=name", "-cf", archive]
        if tar_format == "v7":
            plan = [item for item in plan if item[1] != "fifo"]  # v7 knows no pipes
        names = sorted(item[0] for item in plan)
        assume(names)
        subprocess.run([*command, "-C", folder, "--", *names], check=True, capture_output=True)

        rows = scanned(archive)

        seconds = tar_format != "pax"
        assert sorted(row.name for row in rows) == sorted(os.fsencode(text) for text in names)
        assert rows == [on_disk(folder, row, whole_seconds=seconds) for row in rows]
        files = {row.name for row in rows if row.kind == "file"}
        assert {row.link for row in rows if row.kind == "hardlink"} <= files
