"""Which vertices are found in the cache, and why the others are not.

Every vertex is looked up by the keys of its inputs and, where that is allowed, by the content that
it takes from them. Whether content that nobody can know is the same as before is decided by
`assume_same`.

Source: BuildKit, `solver/edge.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.contents import MissingPathError
from layerscope.cache.builders.buildkit.execution import FailedStepError
from layerscope.cache.builders.buildkit.records import Lookup, SeenContent
from layerscope.cache.definition import Exec, FileChanges, Image, Local, Remote
from layerscope.cache.step import Cause, Outcome
from layerscope.errors import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.builders.buildkit.execution import Execution
    from layerscope.cache.builders.buildkit.records import Key, Records, Start
    from layerscope.cache.builders.buildkit.snapshot import Content, Snapshot
    from layerscope.cache.definition import Definition, Input, Vertex


@dataclass(frozen=True, slots=True)
class Solved:
    """What became of one vertex.

    Attributes:
        keys: What those that build on it are looked up by.
        own: The keys that its result is stored under.
        snapshot: Its files; None if it never came to that.
        outcome: Hit or miss; sources are neither.
        cause: Why it missed.
        cause_line: The line that the cause is about.
        doubtful: Does the miss hang on content that nobody can know?
        failure: What is wrong, where it cannot succeed; `started` says whether it was tried.
    """

    keys: tuple[Key, ...] = ()
    own: tuple[Key, ...] = ()
    snapshot: Snapshot | None = None
    outcome: Outcome = Outcome.NO_STEP
    cause: Cause | None = None
    cause_line: int = 0
    doubtful: bool = False
    failure: str = ""
    started: bool = True


NOT_STARTED = Solved(started=False)


class Solver:
    """One build on top of what earlier ones left.

    Args:
        records: The cache; it is changed.
        execution: How results come about.
        build: The number of this build.
        assume_same: Is content that cannot be known the same as in earlier builds?
    """

    def __init__(
        self, records: Records, execution: Execution, build: int, *, assume_same: bool
    ) -> None:
        self._records = records
        self._execution = execution
        self._build = build
        self._assume_same = assume_same
        self._solved: dict[int, Solved] = {}
        self._vertices: dict[int, Vertex] = {}
        self._ran: dict[Key, Solved] = {}
        self._cold = not records.results

    def solve(self, definition: Definition) -> Mapping[int, Solved]:
        """What became of each vertex, by its number.

        What comes before a step that fails is stored. If a source is missing, BuildKit cancels the
        steps that still run; which of them came to an end by then is a race, and they are taken as
        those that did.
        """
        for vertex in definition.vertices:
            self._vertices[vertex.number] = vertex
            solved = self._vertex(vertex, forced=vertex.number in definition.forced)
            self._solved[vertex.number] = solved
            if solved.outcome is Outcome.MISS and not solved.failure:
                for key in solved.own:
                    self._ran.setdefault(key, solved)
        return self._solved

    def _vertex(self, vertex: Vertex, *, forced: bool) -> Solved:
        inputs = [self._solved[each.vertex.number] for each in vertex.inputs]
        if any(not each.started or each.failure for each in inputs):
            return NOT_STARTED
        if isinstance(vertex.operation, Image | Local | Remote):
            return self._source(vertex)
        if not vertex.inputs:
            return self._root(vertex, forced=forced)
        try:
            return self._step(vertex, inputs, forced=forced)
        except FailedStepError as failed:
            return self._failed(failed.problem)
        except MissingPathError as missing:
            return self._failed(f"{shown(missing.path)}: not found")

    def _failed(self, problem: str) -> Solved:
        return Solved(outcome=Outcome.MISS, cause=Cause.FAILS, failure=problem)

    def _source(self, vertex: Vertex) -> Solved:
        try:
            keys, snapshot = self._execution.source(vertex)
        except FailedStepError as failed:
            return self._failed(failed.problem)
        return Solved(keys, keys, snapshot)

    def _root(self, vertex: Vertex, *, forced: bool) -> Solved:
        """A step that starts from nothing and takes nothing."""
        key: Key = ("root", vertex.key)
        stored = self._records.results.get(key)
        if stored is not None and not forced:
            return self._found((key,), key)
        return self._run(vertex, (), [], forced=forced, key=key)

    def _found(self, keys: tuple[Key, ...], best: Key) -> Solved:
        first = self._ran.get(best)
        if first is not None:
            # An equal step of this very build: they are one step, and it ran.
            return replace(first, keys=keys, own=(best,))
        return Solved(keys, (best,), self._records.results[best].snapshot, Outcome.HIT)

    def _first_cause(self) -> Cause:
        return Cause.NEVER if self._cold else Cause.OWN

    def _step(self, vertex: Vertex, inputs: list[Solved], *, forced: bool) -> Solved:
        lookups = [
            Lookup(vertex.key, index, each.selector) for index, each in enumerate(vertex.inputs)
        ]
        by_definition = [
            {} if forced else self._records.query([(key, lookup) for key in solved.keys])
            for solved, lookup in zip(inputs, lookups, strict=True)
        ]
        common = _common(by_definition)
        best = self._records.best(common)
        if best is not None:
            return self._found(tuple(common), best)
        contents = [self._content(each) for each in vertex.inputs]
        reached = [
            {**keys, **self._by_content(lookup, solved, content, forced=forced)}
            for keys, lookup, solved, content in zip(
                by_definition, lookups, inputs, contents, strict=True
            )
        ]
        if not forced:
            if self._assume_same:
                self._assume(vertex, reached, inputs, lookups, contents)
            common = _common(reached)
            best = self._records.best(common)
            if best is not None:
                self._see(vertex, contents, (best,))
                return self._found(tuple(common), best)
        solved = self._run(vertex, inputs, lookups, forced=forced, contents=contents)
        if solved.failure:
            return solved
        cause, line, doubtful = self._why(vertex, inputs, reached, contents, forced=forced)
        return Solved(solved.keys, solved.own, solved.snapshot, Outcome.MISS, cause, line, doubtful)

    def _content(self, each: Input) -> Content | None:
        if each.contents is None:
            return None
        snapshot = self._solved[each.vertex.number].snapshot
        if snapshot is None:
            return None
        try:
            return snapshot.content(each.contents)
        except MissingPathError as missing:
            problem = self._execution.missing(each.vertex, missing.path)
            raise FailedStepError(problem) from None

    def _by_content(
        self, lookup: Lookup, solved: Solved, content: Content | None, *, forced: bool
    ) -> dict[Key, None]:
        """The keys that equal content leads to; the input's own keys lead there afterwards."""
        if content is None:
            return {}
        plain = _without_selector(lookup)
        found = self._records.query([(content, plain)])
        # BuildKit ties what was found by definition and by content together, whatever comes of it.
        self._records.query([*((key, lookup) for key in solved.own), (content, plain)])
        return {} if forced else found

    def _assume(
        self,
        vertex: Vertex,
        reached: list[dict[Key, None]],
        inputs: list[Solved],
        lookups: list[Lookup],
        contents: list[Content | None],
    ) -> None:
        """Let content that cannot be known lead where such content led before."""
        for index, content in enumerate(contents):
            if content is None:
                continue
            others = _common([keys for at, keys in enumerate(reached) if at != index])
            alone = len(reached) == 1
            if reached[index] if alone else any(key in reached[index] for key in others):
                continue
            seen = self._like(vertex, index, content, None if alone else others)
            for each in seen:
                reached[index][each.key] = None
                self._records.link(content, _without_selector(lookups[index]), (each.key,))
                for key in inputs[index].own:
                    self._records.link(key, lookups[index], (each.key,))

    def _like(
        self, vertex: Vertex, index: int, content: Content, among: dict[Key, None] | None
    ) -> list[SeenContent]:
        origin = self._execution.origin(vertex.inputs[index].vertex)
        candidates = [
            seen
            for seen in self._records.seen_for(vertex.key, index, among)
            if seen.build != self._build
        ]
        at_place = [seen for seen in candidates if seen.stage == vertex.stage]
        if not content.hidden and any(not seen.content.hidden for seen in at_place):
            # What it took before is known as well, and it is something else.
            return []
        candidates = [seen for seen in candidates if _comparable(content, seen.content)]
        same_origin = [seen for seen in candidates if seen.origin == origin]
        at_place = [seen for seen in candidates if seen.stage == vertex.stage]
        both = [seen for seen in same_origin if seen.stage == vertex.stage]
        if origin.startswith("url "):
            return both or same_origin
        return both or at_place or same_origin or candidates

    def _run(
        self,
        vertex: Vertex,
        inputs: list[Solved] | tuple[()],
        lookups: list[Lookup],
        *,
        forced: bool,
        contents: list[Content | None] | None = None,
        key: Key | None = None,
    ) -> Solved:
        try:
            snapshot = self._execution.run(vertex, [each.snapshot for each in inputs])
        except FailedStepError as failed:
            return self._failed(failed.problem)
        contents = contents or []
        if key is None:
            key = self._records.save(_starts(inputs, lookups, contents), snapshot, self._build)
        else:
            self._records.store(key, snapshot, self._build)
        self._see(vertex, contents, (key,))
        passed = self._execution.passes_keys_on and not forced
        return Solved(
            (key,) if passed else (),
            (key,),
            snapshot,
            Outcome.MISS,
            Cause.FORCED if forced and not self._cold else self._first_cause(),
        )

    def _see(self, vertex: Vertex, contents: list[Content | None], keys: tuple[Key, ...]) -> None:
        for index, content in enumerate(contents):
            if content is not None:
                origin = self._execution.origin(vertex.inputs[index].vertex)
                for key in keys:
                    seen = SeenContent(content, key, self._build, vertex.stage, origin)
                    self._records.see(vertex.key, index, seen)

    def _why(
        self,
        vertex: Vertex,
        inputs: list[Solved],
        reached: list[dict[Key, None]],
        contents: list[Content | None],
        *,
        forced: bool,
    ) -> tuple[Cause, int, bool]:
        """Which rule made it miss, the line it is about, and whether it hangs on the unknown."""
        if self._cold:
            return Cause.NEVER, 0, False
        if forced:
            return Cause.FORCED, 0, False
        missing = [index for index, keys in enumerate(reached) if not keys]
        builds_on = [index for index in missing if contents[index] is None]
        for index in builds_on:
            source = inputs[index]
            if source.outcome is Outcome.MISS:
                line = vertex.inputs[index].vertex.line
                by_force = not source.keys and source.cause in {Cause.FORCED, Cause.AFTER_FORCED}
                return (Cause.AFTER_FORCED if by_force else Cause.PARENT), line, source.doubtful
            return Cause.OWN, 0, False
        for index in missing:
            taken_from = vertex.inputs[index].vertex
            content = contents[index]
            doubtful = content is not None and bool(content.hidden)
            line = self._lowest_miss(taken_from)
            if doubtful and not line and isinstance(taken_from.operation, Exec | FileChanges):
                line = taken_from.line
            if line or doubtful:
                return Cause.SOURCE, line, doubtful
        return Cause.OWN, 0, False

    def _lowest_miss(self, source: Vertex) -> int:
        """The line of the first step below `source`, in its own stage, that missed; 0 if none."""
        line = 0
        here: Vertex | None = source
        while here is not None:
            if self._solved[here.number].outcome is Outcome.MISS:
                line = here.line
            here = here.inputs[0].vertex if here.inputs else None
        return line


def _common(reached: list[dict[Key, None]]) -> dict[Key, None]:
    """The keys that every input leads to."""
    if not reached:
        return {}
    fewest = min(reached, key=len)
    return {key: None for key in fewest if all(key in keys for keys in reached)}


def _without_selector(lookup: Lookup) -> Lookup:
    return Lookup(lookup.operation, lookup.index, None)


def _starts(
    inputs: list[Solved] | tuple[()], lookups: list[Lookup], contents: list[Content | None]
) -> list[list[Start]]:
    """For each input, what leads from it to the key of the step."""
    starts: list[list[Start]] = []
    for solved, lookup, content in zip(inputs, lookups, contents, strict=True):
        of_input: list[Start] = [(key, lookup) for key in solved.own]
        if content is not None:
            of_input.append((content, _without_selector(lookup)))
        starts.append(of_input)
    return starts


def _comparable(content: Content, other: Content) -> bool:
    """Can nobody say that these two differ?"""
    if content.run or other.run:
        return True
    if content.hidden and other.hidden:
        return content.known == other.known
    return bool(content.hidden or other.hidden)
