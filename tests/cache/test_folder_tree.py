from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache import folder_scan
from layerscope.cache.filetree import KeepsValues
from layerscope.cache.folder_tree import FolderTree
from layerscope.dockerfile.dockerignore import Ignore
from layerscope.errors import OverLimitError, UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_AGO_NS = 1_500_000_000_000_000_000


def write(root: Path, **contents: str) -> None:
    """Files by path, `__` for a slash."""
    for name, content in contents.items():
        place = root / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        place.chmod(0o644)


def settle() -> None:
    """Wait until a change made now can be told from the next one by its time."""
    time.sleep(0.03)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def save(tree: FolderTree) -> None:
    tree.scan.save()


class TestFiles:
    def test_node_has_kind_mode_owner_size_and_time(self, root: Path) -> None:
        write(root, a="hello")
        (root / "a").chmod(0o4750)
        os.utime(root / "a", ns=(LONG_AGO_NS, LONG_AGO_NS))

        node = FolderTree.open(root).node("a")

        assert node is not None
        assert (node.kind, node.mode, node.size) == ("file", 0o4750, 5)
        assert (node.uid, node.gid) == (os.getuid(), os.getgid())
        assert node.mtime_ns == LONG_AGO_NS

    def test_symlink_is_a_link_with_its_target_and_is_never_entered(self, root: Path) -> None:
        write(root, real__a="x")
        (root / "link").symlink_to("real")

        tree = FolderTree.open(root)

        node = tree.node("link")
        assert node is not None
        assert (node.kind, node.link, node.size) == ("symlink", "real", 0)
        assert tree.children("link") == ()
        assert tree.node("link/a") is None
        with pytest.raises(UnreadableInputError):
            tree.digest("link")

    def test_pipe_is_recorded_and_socket_left_out(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        os.mkfifo(root / "pipe")
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("sock")

            tree = FolderTree.open(root)

            assert [(path, node.kind) for path, node in tree.walk()] == [("pipe", "fifo")]
            with pytest.raises(UnreadableInputError):
                tree.read("pipe")

    def test_names_are_sorted_by_bytes_and_need_not_be_text(self, root: Path) -> None:
        for name in (b"\xff", "\U0001f600".encode(), b"a", b"Z"):
            with open(os.path.join(os.fsencode(root), name), "wb"):
                pass

        names = FolderTree.open(root).children("")

        assert names == ("Z", "a", "\U0001f600", "\udcff")

    def test_walk_gives_parents_first_sorted_by_components(self, root: Path) -> None:
        write(root, d__x="1", **{"d-e": "2", "d__y__z": "3"})

        paths = [path for path, _ in FolderTree.open(root).walk()]

        assert paths == ["d", "d/x", "d/y", "d/y/z", "d-e"]

    def test_digest_and_read_give_the_content(self, root: Path) -> None:
        write(root, d__a="hello")

        tree = FolderTree.open(root)

        assert tree.digest("d/a") == blake3(b"hello").digest()
        assert tree.read("d/a") == b"hello"

    def test_large_file_is_hashed_in_pieces(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folder_scan, "PIECE", 4)
        write(root, a="hello world")

        assert FolderTree.open(root).digest("a") == blake3(b"hello world").digest()

    def test_missing_folder_is_an_error(self, root: Path) -> None:
        with pytest.raises(UnreadableInputError):
            FolderTree.open(root / "nothing")

    def test_path_longer_than_the_system_takes_is_an_error(self, root: Path) -> None:
        descriptor = os.open(root, os.O_RDONLY)
        for _ in range(42):
            os.mkdir("d" * 100, dir_fd=descriptor)
            deeper = os.open("d" * 100, os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        os.close(descriptor)

        with pytest.raises(OverLimitError):
            list(FolderTree.open(root).walk())

    def test_folder_that_a_link_replaced_meanwhile_is_not_followed(self, root: Path) -> None:
        write(root, d__a="inside", other__a="outside")
        tree = FolderTree.open(root)
        assert tree.children("") == ("d", "other")
        (root / "d").rename(root / "moved")
        (root / "d").symlink_to("other")

        with pytest.raises(UnreadableInputError):
            tree.children("d")

    def test_forbidden_file_is_an_error_only_when_its_content_is_needed(self, root: Path) -> None:
        write(root, a="secret")
        (root / "a").chmod(0)
        tree = FolderTree.open(root)
        assert tree.node("a") is not None

        # Root reads everything, so that the question is asked as nobody.
        with (
            as_somebody_else(),
            pytest.raises(UnreadableInputError, match="a: permission denied"),
        ):
            tree.digest("a")


class TestHardLinks:
    def test_second_name_leads_to_the_first_in_the_order_of_a_walk(self, root: Path) -> None:
        write(root, b__x="1", d="2", e="2")
        (root / "b" / "y").hardlink_to(root / "b" / "x")
        (root / "a").hardlink_to(root / "b" / "x")

        tree = FolderTree.open(root)

        names = {path: tree.first_name(path) for path in ("a", "b/x", "b/y", "d", "e")}
        assert names == {"a": "a", "b/x": "a", "b/y": "a", "d": "d", "e": "e"}

    def test_name_that_is_ignored_does_not_count(self, root: Path) -> None:
        write(root, x="1")
        (root / "a").hardlink_to(root / "x")
        (root / "y").hardlink_to(root / "x")

        tree = FolderTree.open(root, Ignore.of(["a"]))

        assert tree.first_name("y") == "x"


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """The block runs without root's right to read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestChanging:
    def test_file_that_changed_after_the_walk_is_read_again(self, root: Path) -> None:
        write(root, a="before")
        tree = FolderTree.open(root)
        assert tree.children("") == ("a",)
        write(root, a="after all")

        assert tree.digest("a") == blake3(b"after all").digest()
        node = tree.node("a")
        assert node is not None
        assert node.size == len("after all")

    def test_file_that_changes_at_every_reading_is_an_error(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(root, a="x")
        tree = FolderTree.open(root)
        assert tree.children("") == ("a",)
        real = os.fstat

        def growing(descriptor: int) -> os.stat_result:
            with open(root / "a", "a") as stream:
                stream.write("x")
            return real(descriptor)

        monkeypatch.setattr("layerscope.cache.folder_scan.os.fstat", growing)

        with pytest.raises(UnreadableInputError, match="changes while it is read"):
            tree.digest("a")


class TestIgnore:
    def test_ignored_files_and_folders_are_not_there(self, root: Path) -> None:
        write(root, a="1", **{"b.log": "2"}, node_modules__x="3")

        tree = FolderTree.open(root, Ignore.of(["*.log", "node_modules"]))

        assert tree.children("") == ("a",)
        assert tree.node("b.log") is None
        assert tree.node("node_modules/x") is None
        assert tree.children("node_modules") == ()
        with pytest.raises(UnreadableInputError):
            tree.read("b.log")

    def test_ignored_folder_is_not_even_read(self, root: Path) -> None:
        write(root, a="1", secret__x="2")
        tree = FolderTree.open(root, Ignore.of(["secret"]))

        assert [path for path, _ in tree.walk()] == ["a"]
        assert "secret" not in tree.scan._directories

    def test_folder_of_which_an_exception_keeps_something_is_there(self, root: Path) -> None:
        write(root, d__deep__keep="1", d__deep__drop="2", d__other__drop="3")

        tree = FolderTree.open(root, Ignore.of(["d", "!d/deep/keep"]))

        assert [path for path, _ in tree.walk()] == ["d", "d/deep", "d/deep/keep"]

    def test_folder_of_which_an_exception_keeps_nothing_is_not_there(self, root: Path) -> None:
        write(root, d__deep__drop="1", a="2")

        tree = FolderTree.open(root, Ignore.of(["d", "!d/deep/keep"]))

        assert tree.children("") == ("a",)
        assert tree.node("d") is None

    @pytest.mark.hypothesis
    @given(
        files=st.sets(
            st.lists(st.sampled_from("abc"), min_size=2, max_size=4).map(tuple), max_size=9
        ),
        patterns=st.lists(
            st.builds(
                "{}{}".format,
                st.sampled_from(["", "!"]),
                st.lists(st.sampled_from(["a", "b", "c", "*", "**"]), min_size=1, max_size=3).map(
                    "/".join
                ),
            ),
            max_size=4,
        ),
    )
    def test_what_is_shown_is_what_a_walk_with_these_patterns_sends(
        self, files: set[tuple[str, ...]], patterns: list[str]
    ) -> None:
        # given: every file has a name that no folder has
        paths = {"/".join([*parts[:-1], f"{parts[-1]}.f"]) for parts in files}
        folders = {
            path.rsplit("/", cut)[0] for path in paths for cut in range(1, path.count("/") + 1)
        }
        everything = sorted(paths | folders)
        ignore = Ignore.of(patterns)
        kept = ignore.kept(everything, folders)
        with TemporaryDirectory() as name:
            for path in paths:
                write(Path(name), **{path: ""})

            # when
            shown = [path for path, _ in FolderTree.open(Path(name), ignore).walk()]

        # then
        assert sorted(shown) == [
            path for path, is_kept in zip(everything, kept, strict=True) if is_kept
        ]


class TestIndex:
    def test_unchanged_file_is_not_read_again(
        self, root: Path, index: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # given
        write(root, d__a="hello")
        settle()
        first = FolderTree.open(root, index=index)
        digest = first.digest("d/a")
        save(first)

        # when
        second = FolderTree.open(root, index=index)
        monkeypatch.setattr(second.scan, "_hash", lambda *_: pytest.fail("read again"))

        # then
        assert second.digest("d/a") == digest

    @pytest.mark.parametrize("change", ["content", "touched back", "replaced"])
    def test_changed_file_is_read_again(self, root: Path, index: Path, change: str) -> None:
        # given
        write(root, a="before", b="stays")
        os.utime(root / "a", ns=(LONG_AGO_NS, LONG_AGO_NS))
        settle()
        first = FolderTree.open(root, index=index)
        first.digest("a")
        save(first)

        # when
        if change == "replaced":
            write(root, new="beyond")
            (root / "new").rename(root / "a")
        else:
            write(root, a="beyond")
        if change != "content":
            os.utime(root / "a", ns=(LONG_AGO_NS, LONG_AGO_NS))

        # then
        assert FolderTree.open(root, index=index).digest("a") == blake3(b"beyond").digest()

    def test_file_written_as_the_index_was_is_not_trusted(self, root: Path, index: Path) -> None:
        # given: the file's time is not before the time at which the run began
        first = FolderTree.open(root, index=index)
        write(root, a="before")
        first.digest("a")

        # when
        save(first)

        # then
        (record,) = FolderTree.open(root, index=index).scan.index.records.values()
        assert record.digests == bytes(32)

    def test_file_not_older_than_the_index_is_not_trusted(self, root: Path, index: Path) -> None:
        # given
        write(root, a="before")
        settle()
        first = FolderTree.open(root, index=index)
        first.digest("a")
        save(first)
        (file,) = index.iterdir()

        # when: the index says that it is as old as the file
        then = (root / "a").stat().st_ctime_ns
        os.utime(file, ns=(then, then))

        # then
        (record,) = FolderTree.open(root, index=index).scan.index.records.values()
        assert record.digests == bytes(32)

    @pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
    def test_damaged_index_is_taken_for_none(self, root: Path, index: Path, damage: str) -> None:
        # given
        write(root, a="hello")
        settle()
        first = FolderTree.open(root, index=index)
        first.digest("a")
        save(first)
        (file,) = index.iterdir()
        data = bytearray(file.read_bytes())
        assert FolderTree.open(root, index=index).scan.index.records

        # when
        data[-5] ^= 1
        wrong = {"empty": b"", "cut": data[:-9], "flipped": data, "other": b"not an index"}
        file.write_bytes(bytes(wrong[damage]))

        # then
        tree = FolderTree.open(root, index=index)
        assert not tree.scan.index.records
        assert tree.digest("a") == blake3(b"hello").digest()

    def test_links_and_attributes_come_back(self, root: Path, index: Path) -> None:
        write(root, a="hello")
        (root / "link").symlink_to("a")
        try:
            os.setxattr(root / "a", "user.note", b"kept")
        except OSError:
            pytest.skip("no extended attributes here")
        settle()
        first = FolderTree.open(root, index=index)
        nodes = dict(first.walk())
        save(first)

        second = FolderTree.open(root, index=index)

        assert dict(second.walk()) == nodes
        assert nodes["a"].xattrs == (("user.note", b"kept"),)
        assert not second.scan.unsaved

    def test_folder_that_nobody_asked_for_stays_in_the_index(self, root: Path, index: Path) -> None:
        # given
        write(root, d__a="1", gone__a="2", e="3")
        settle()
        first = FolderTree.open(root, index=index)
        list(first.walk())
        save(first)
        (root / "gone" / "a").unlink()
        (root / "gone").rmdir()
        write(root, e="4")

        # when
        second = FolderTree.open(root, index=index)
        second.digest("e")
        save(second)

        # then
        assert sorted(FolderTree.open(root, index=index).scan.index.records) == [b"", b"d"]


class TestKeptValues:
    def kept_tree(self, root: Path, index: Path, ignore: Ignore | None = None) -> FolderTree:
        write(root, d__e__a="1", d__b="2", x__c="3", **{"t.log": "4"})
        settle()
        tree = FolderTree.open(root, ignore, index=index)
        list(tree.walk())
        for path in ("", "d", "d/e", "x"):
            tree.keep(path, "test", path.encode() + b"!")
        save(tree)
        return tree

    def values(self, tree: FolderTree) -> list[bytes | None]:
        return [tree.kept(path, "test") for path in ("", "d", "d/e", "x")]

    def test_values_come_back_where_nothing_changed(self, root: Path, index: Path) -> None:
        tree = self.kept_tree(root, index)
        assert isinstance(tree, KeepsValues)

        again = FolderTree.open(root, index=index)

        assert self.values(again) == [b"!", b"d!", b"d/e!", b"x!"]
        assert again.kept("", "other") is None

    def test_change_takes_back_the_values_at_and_above_it(self, root: Path, index: Path) -> None:
        self.kept_tree(root, index)
        write(root, d__e__a="9")

        again = FolderTree.open(root, index=index)

        assert self.values(again) == [None, None, None, b"x!"]

    @pytest.mark.parametrize("change", ["mode", "new", "gone", "renamed", "folder mode"])
    def test_every_kind_of_change_counts(self, root: Path, index: Path, change: str) -> None:
        self.kept_tree(root, index)
        file = root / "d" / "b"
        match change:
            case "mode":
                file.chmod(0o600)
            case "new":
                write(root, d__new="5")
            case "gone":
                file.unlink()
            case "renamed":
                file.rename(root / "d" / "bb")
            case _:
                (root / "d" / "e").chmod(0o700)

        again = FolderTree.open(root, index=index)

        below = None if change == "folder mode" else b"d/e!"
        assert self.values(again) == [None, None, below, b"x!"]

    def test_values_stay_in_the_index_until_they_are_wrong(self, root: Path, index: Path) -> None:
        # given
        self.kept_tree(root, index)
        write(root, x__c="9")
        second = FolderTree.open(root, index=index)
        list(second.walk())
        save(second)

        # when
        third = FolderTree.open(root, index=index)

        # then
        assert self.values(third) == [None, b"d!", b"d/e!", None]

    def test_value_of_a_folder_that_changed_itself_does_not_stay(
        self, root: Path, index: Path
    ) -> None:
        # given
        self.kept_tree(root, index)
        (root / "d" / "e").chmod(0o700)
        second = FolderTree.open(root, index=index)
        list(second.walk())
        save(second)

        # when
        third = FolderTree.open(root, index=index)

        # then
        assert self.values(third) == [None, None, None, b"x!"]

    def test_other_patterns_have_other_values(self, root: Path, index: Path) -> None:
        self.kept_tree(root, index, Ignore.of(["*.log"]))

        assert self.values(FolderTree.open(root, index=index)) == [None] * 4
        same = FolderTree.open(root, Ignore.of(["*.log"]), index=index)
        assert self.values(same) == [b"!", b"d!", b"d/e!", b"x!"]

    def test_value_over_files_that_are_too_new_is_not_kept(self, root: Path, index: Path) -> None:
        tree = FolderTree.open(root, index=index)
        write(root, d__a="1")
        list(tree.walk())
        tree.keep("", "test", b"!")

        save(tree)

        assert FolderTree.open(root, index=index).kept("", "test") is None

    def test_much_to_compare_is_compared_with_the_same_answers(
        self, root: Path, index: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folder_scan, "MOST_ALONE", 0)
        self.kept_tree(root, index)
        assert self.values(FolderTree.open(root, index=index)) == [b"!", b"d!", b"d/e!", b"x!"]
        write(root, d__e__a="9")

        assert self.values(FolderTree.open(root, index=index)) == [None, None, None, b"x!"]
