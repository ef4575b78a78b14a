"""How the files of a vertex come about when it runs, and what sources are known by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import selecting, sent
from layerscope.cache.builders.buildkit.changes import ChangedSnapshot, MergedSnapshot
from layerscope.cache.builders.buildkit.contents import Checksums
from layerscope.cache.builders.buildkit.placed import PlacedTree
from layerscope.cache.builders.buildkit.selecting import literal_prefix
from layerscope.cache.builders.buildkit.snapshot import (
    BaseSnapshot,
    RunSnapshot,
    Snapshot,
    TreeSnapshot,
    UnknownSnapshot,
)
from layerscope.cache.builders.served import path_and_query
from layerscope.cache.definition import (
    CopyFiles,
    Exec,
    FileChanges,
    Image,
    Local,
    MakeDirectory,
    MakeFile,
    Merge,
    Remote,
)
from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build, ServedFile
    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.builders.buildkit.records import Key, Records
    from layerscope.cache.builders.buildkit.snapshot import Content
    from layerscope.cache.definition import Definition, Operation, Selector, Vertex
    from layerscope.cache.filetree import FileTree

DOWNLOAD_MODE = 0o600
COMMIT_DIGITS = 40
DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


class FailedStepError(Exception):
    """A step that cannot succeed; `problem` says why, in one line."""

    def __init__(self, problem: str) -> None:
        """`problem` is for people."""
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class KnownTrees:
    """The checksums of each tree that builds are given, kept for all that ask."""

    by_identity: dict[tuple[int, bool], Checksums] = field(default_factory=dict)

    def checksums(self, tree: FileTree, *, owners: bool) -> Checksums:
        """The checksums of `tree`."""
        key = (id(tree), owners)
        if key not in self.by_identity:
            self.by_identity[key] = Checksums(tree, owners=owners)
        return self.by_identity[key]


class Execution:
    """One build's vertices, run.

    Args:
        rules: The version's rules.
        build: The build.
        number: Which one it is.
        records: The cache, for the ETags of earlier downloads.
        trees: Checksums of trees that are given.
        definition: All that the build does.
    """

    def __init__(
        self,
        rules: Dialect,
        build: Build,
        definition: Definition,
        number: int,
        *,
        records: Records,
        trees: KnownTrees,
    ) -> None:
        self._definition = definition
        self._rules = rules
        self._build = build
        self._number = number
        self._records = records
        self._trees = trees

    @property
    def passes_keys_on(self) -> bool:
        """Can what builds on a step that ran be looked up by its key?"""
        return self._rules.solver

    def origin(self, vertex: Vertex) -> str:
        """Where files come from, in the words of a `Selection`."""
        return origin(vertex)

    def source(self, vertex: Vertex) -> tuple[tuple[Key, ...], Snapshot]:
        """The keys and the files of a source. Raises: `FailedStepError`."""
        operation = vertex.operation
        if isinstance(operation, Image):
            return self._image(operation)
        if isinstance(operation, Local):
            if sent.malformed(sent.patterns_of(self._definition, operation.name)):
                problem = "a wildcard in the path of a source is malformed"
                raise FailedStepError(problem)
            # A folder has another key in every session.
            checksums = self._trees.checksums(operation.tree, owners=False)
            snapshot = TreeSnapshot(self._rules, operation.tree, checksums)
            return (("local", (operation.name, self._number)),), snapshot
        if isinstance(operation, Remote):
            return self._remote(operation)
        problem = "this source is not known"
        raise FailedStepError(problem)

    def _image(self, image: Image) -> tuple[tuple[Key, ...], Snapshot]:
        base = image.base
        if base is None:
            identity: object = (image.name, image.platform)
            return (("image", identity),), BaseSnapshot(self._rules, identity, None, None, None)
        keys: tuple[Key, ...] = (("manifest", base.manifest), ("layers", base.layers))
        users = base.users or None
        snapshot = BaseSnapshot(self._rules, base.layers, base.files, users, base.groups)
        return keys, snapshot

    def _remote(self, remote: Remote) -> tuple[tuple[Key, ...], Snapshot]:
        if remote.git or not (self._served(remote.url) or self._build.served_all):
            return self._unknown(remote)
        if remote.checksum:
            wanted: Key = ("url", (remote.filename, remote.checksum, None))
            content = self._records.downloads.get(wanted) or self._content_with_checksum(remote)
            return (wanted,), self._download(remote, wanted, content)
        file = self._served(remote.url)
        if file is None:
            problem = f"{remote.url}: the server answers 404"
            raise FailedStepError(problem)
        content, modified = self._fetched(remote, file)
        identity = hashlib.sha256(content).hexdigest()
        key: Key = ("url", (remote.filename, f"sha256:{identity}", modified))
        return (key,), self._download(remote, key, content)

    def _fetched(self, remote: Remote, file: ServedFile) -> tuple[bytes, str | None]:
        """What the cache then holds for a URL: an ETag that was seen before is believed."""
        if not file.etag:
            return file.content, file.last_modified
        seen = self._records.etags.setdefault((remote.url, remote.filename), {})
        return seen.setdefault(file.etag.removeprefix("W/"), (file.content, file.last_modified))

    def _content_with_checksum(self, remote: Remote) -> bytes | None:
        """The bytes that the checksum asks for; None where the server has others, or nothing."""
        file = self._served(remote.url)
        algorithm, _, wanted = remote.checksum.partition(":")
        if file is None or algorithm not in DIGESTS:
            return None
        known = [file.content]
        known.extend(content for content, _ in self._etags(remote))
        for content in known:
            if DIGESTS[algorithm](content).hexdigest() == wanted:
                return content
        return None

    def _etags(self, remote: Remote) -> list[tuple[bytes, str | None]]:
        return list(self._records.etags.get((remote.url, remote.filename), {}).values())

    def _served(self, url: str) -> ServedFile | None:
        path, query = path_and_query(url)
        path = f"{path or '/'}?{query}" if query else path or "/"
        return self._build.served.get(url) or self._build.served.get(path)

    def _download(self, remote: Remote, key: Key, content: bytes | None) -> Snapshot:
        if content is None:
            return _NotFetched(self._rules, remote)
        self._records.downloads[key] = content
        tree = PlacedTree(None)
        node = FileNode("file", DOWNLOAD_MODE, size=len(content))
        tree.write(remote.filename, node, content)
        return TreeSnapshot(self._rules, tree, Checksums(tree, owners=self._rules.owners))

    def _unknown(self, remote: Remote) -> tuple[tuple[Key, ...], Snapshot]:
        """A download that nobody has looked at: another one in every build, or the same."""
        pinned = remote.checksum or (_commit(remote.url) if remote.git else "")
        when: object = pinned or self._number
        identity = (remote.url, remote.filename, when)
        return (("unknown url", identity),), UnknownSnapshot(self._rules, ("url", identity))

    def missing(self, vertex: Vertex, path: str) -> str:
        """What is wrong where a path is not there, in one line."""
        operation = vertex.operation
        full = self._build.full_context
        if isinstance(operation, Local) and not operation.name and full is not None:
            checksums = self._trees.checksums(full, owners=False)
            place = checksums.resolve(path, follow=True)
            if place is not None and full.node(place) is not None:
                return f"{path}: not found; .dockerignore leaves it out of the context"
        return f"{path}: not found"

    def run(self, vertex: Vertex, inputs: Sequence[Snapshot | None]) -> Snapshot:
        """The files that a vertex leaves. Raises: `FailedStepError`, `MissingPathError`."""
        operation: Operation = vertex.operation
        present = [each for each in inputs if each is not None]
        for each in present:
            if isinstance(each, _NotFetched):
                raise FailedStepError(each.problem)
        if isinstance(operation, FileChanges):
            return self._file_changes(vertex, operation, present)
        if isinstance(operation, Merge):
            return MergedSnapshot(self._rules, present)
        if isinstance(operation, Exec):
            self._refuse_command(operation, present)
            token = ("run", self._number, vertex.number)
            return RunSnapshot(self._rules, present[0] if present else None, token)
        problem = "this step is not known"
        raise FailedStepError(problem)

    def _file_changes(
        self, vertex: Vertex, operation: FileChanges, inputs: Sequence[Snapshot]
    ) -> Snapshot:
        if not operation.on_input and any(_names_someone(each) for each in operation.actions):
            # There is no user database in an empty tree.
            problem = "invalid user index: -1"
            raise FailedStepError(problem)
        for action in operation.actions:
            if isinstance(action, CopyFiles):
                self._require_source(vertex, action, inputs)
        parent = inputs[0] if operation.on_input else None
        snapshot = ChangedSnapshot(self._rules, parent, operation, inputs)
        if snapshot.may_conflict() and snapshot.files.conflict:
            raise FailedStepError(snapshot.files.conflict)
        return snapshot

    def _require_source(
        self, vertex: Vertex, action: CopyFiles, inputs: Sequence[Snapshot]
    ) -> None:
        """The directory that a wildcard or patterns are looked up in must be there."""
        selector = action.selector
        path = literal_prefix(selector)
        if action.source < 0:
            if path:
                problem = f"{selector.path}: not found in an empty stage"
                raise FailedStepError(problem)
            return
        source = inputs[action.source]
        if selector.plain or not path or source.files.marks:
            return
        place = source.checksums.resolve(path, follow=True)
        there = place is not None and source.checksums.tree.node(place) is not None
        operation = vertex.inputs[action.source].vertex.operation
        if there and place and isinstance(operation, Local):
            there = self._is_sent(source, operation.name, selector, place)
        if not there:
            problem = f"{path}: not found"
            raise FailedStepError(problem)

    def _is_sent(self, context: Snapshot, name: str, selector: Selector, place: str) -> bool:
        # Most often something matches, and there is no need to look for others that do.
        if selector.wildcard and selecting.selected(context.checksums, selector):
            return True
        patterns = sent.patterns_of(self._definition, name)
        return patterns is None or sent.is_sent(patterns, context.checksums, place)

    def _refuse_command(self, operation: Exec, inputs: Sequence[Snapshot]) -> None:
        failing = {" ".join(text.split()) for text in self._build.failing_runs}
        if " ".join(operation.text.split()) in failing:
            problem = f"the command fails: {operation.text}"
            raise FailedStepError(problem)
        name = operation.user.partition(":")[0]
        if not inputs or not name or name.isdigit() or not self._build.bases:
            return
        files = inputs[0].files
        if files.users and name not in files.users and not _may_have_users(inputs[0]):
            problem = f"unable to find user {name}: no matching entries in passwd file"
            raise FailedStepError(problem)


class _NotFetched(UnknownSnapshot):
    """A download with a checksum that the server does not have any more."""

    def __init__(self, rules: Dialect, remote: Remote) -> None:
        super().__init__(rules, ("url", remote.url, remote.checksum))
        self.problem = f"{remote.url}: the server has nothing with the digest {remote.checksum}"

    def content(self, selectors: Sequence[Selector]) -> Content:
        """Nothing can be compared: it would have to be fetched."""
        del selectors
        raise FailedStepError(self.problem)


def _names_someone(action: CopyFiles | MakeDirectory | MakeFile) -> bool:
    """Does an action need a user database?"""
    owner = None if isinstance(action, MakeFile) else action.owner
    return owner is not None and (isinstance(owner.user, str) or isinstance(owner.group, str))


def _may_have_users(snapshot: Snapshot) -> bool:
    """Can a step have changed the user database of the base image?"""
    files = snapshot.files
    return any(mark.run for mark in files.marks) or files.tree.placed("etc/passwd") is not None


def _commit(url: str) -> str:
    """The commit that a Git reference names in full; empty if it names a branch or nothing."""
    name = url.partition("#")[2].partition(":")[0]
    is_commit = len(name) == COMMIT_DIGITS and set(name) <= set("0123456789abcdef")
    return name if is_commit else ""


def origin(vertex: Vertex) -> str:
    """Where files come from, in the words of a `Selection`."""
    operation = vertex.operation
    if isinstance(operation, Local):
        return f"context {operation.name}" if operation.name else "context"
    if isinstance(operation, Remote):
        return f"url {operation.url}"
    if isinstance(operation, Image):
        return f"image {operation.name}"
    return f"stage {vertex.stage}"
