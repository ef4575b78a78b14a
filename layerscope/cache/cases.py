"""Measured cases: builds that a real builder ran, and what it did in the last one.

Source: the format of measured cases (`FORMAT.md` beside them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.build import IMAGE_CONTEXT, Build, NamedImage
from layerscope.cache.case_parts import (
    as_bytes,
    bad,
    entries_tree,
    flag,
    ignored_away,
    images,
    listing,
    mapping,
    number,
    optional_text,
    served_files,
    text,
    text_pairs,
    texts,
)
from layerscope.cache.json_texts import loads
from layerscope.errors import BadCaseError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.filetree import FileTree
    from layerscope.cache.memory_tree import MemoryTree


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One step of the measured build: where it stands and whether it was taken from the cache."""

    vertex: str
    stage: str | None
    line: int
    platform: str | None
    instruction: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What one builder did in the last build of a case.

    `failed` is its error, where the build failed.
    """

    rows: tuple[MeasuredRow, ...]
    failed: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: Its name.
        about: What it probes.
        tags: What it is about, and which assumption about stages that run again it needs.
        builds: All its builds in order; the last one is the one in question.
        truth: What each builder did, by `BUILDER-VERSION`.
    """

    id: str
    about: str
    tags: frozenset[str]
    builds: tuple[Build, ...]
    truth: Mapping[str, Measured]


def load(data: bytes) -> Case:
    """The case in the bytes of its file. Raises: `BadCaseError`, `DockerignoreError`."""
    try:
        document = loads(data)
    except ValueError as error:
        problem = f"expected a JSON document: {shown(error, 80)}"
        raise BadCaseError(problem) from None
    case = mapping(document, "case")
    if not case:
        raise bad("case", "an object")
    known = images(case.get("bases"))
    states = [case.get("before"), *listing(case.get("between"), "between"), case.get("after")]
    return Case(
        id=optional_text(case.get("id"), "id") or "",
        about=optional_text(case.get("about"), "about") or "",
        tags=frozenset(texts(case.get("tags"), "tags")),
        builds=tuple(_build(state, known) for state in states),
        truth={
            builder: _measured(value, builder)
            for builder, value in mapping(case.get("truth"), "truth").items()
        },
    )


def _build(value: object, known: Mapping[str, NamedImage]) -> Build:
    state = mapping(value, "state")
    if not state:
        raise bad("before, between or after", "an object")
    full = entries_tree(listing(state.get("context"), "context"), "context")
    ignore_file = optional_text(state.get("dockerignore"), "dockerignore")
    full = _with_ignore_file(full, state, ignore_file)
    own = optional_text(state.get("dockerfile_dockerignore"), "dockerfile_dockerignore")
    platform = optional_text(state.get("platform"), "platform")
    return Build(
        dockerfile=as_bytes(text(state.get("dockerfile"), "dockerfile")),
        context=ignored_away(full, ignore_file if own is None else own),
        full_context=full,
        bases=_tags(known, text_pairs(state.get("base_tags"), "base_tags")),
        build_args=text_pairs(state.get("build_args"), "build_args"),
        target=optional_text(state.get("target"), "target"),
        no_cache=flag(state.get("no_cache"), "no_cache"),
        no_cache_filter=texts(state.get("no_cache_filter"), "no_cache_filter"),
        platforms=tuple(platform.split(",")) if platform else (),
        named_contexts=_named_contexts(state.get("named_contexts")),
        served=served_files(state.get("http")),
        served_all=True,
        frontend_options=text_pairs(state.get("frontend_opts"), "frontend_opts"),
        labels=text_pairs(state.get("labels"), "labels"),
        cache_from=(texts(state["cache_from"], "cache_from") if state.get("cache_from") else None),
        failing_runs=texts(state.get("failing_runs"), "failing_runs"),
    )


def _with_ignore_file(
    tree: MemoryTree, state: Mapping[str, object], ignore_file: str | None
) -> MemoryTree:
    """The tree with the file `.dockerignore`, which is a file of the context like any other."""
    if ignore_file is None or tree.node(".dockerignore") is not None:
        return tree
    entries = listing(state.get("context"), "context")
    return entries_tree([*entries, {"path": ".dockerignore", "content": ignore_file}], "context")


def _tags(known: Mapping[str, NamedImage], moved: Mapping[str, str]) -> dict[str, NamedImage]:
    bases = dict(known)
    for tag, image in moved.items():
        if image not in known:
            raise bad(f"base_tags.{tag}", "the name of one of the case's bases")
        bases[tag] = known[image]
    return bases


def _named_contexts(value: object) -> dict[str, FileTree | str]:
    contexts: dict[str, FileTree | str] = {}
    for name, source in mapping(value, "named_contexts").items():
        if isinstance(source, str):
            contexts[name] = source.removeprefix(IMAGE_CONTEXT)
        else:
            contexts[name] = entries_tree(listing(source, name), f"named_contexts.{name}")
    return contexts


def _measured(value: object, builder: str) -> Measured:
    truth = mapping(value, f"truth.{builder}")
    rows = []
    for index, item in enumerate(listing(truth.get("steps"), "steps")):
        row = mapping(item, f"truth.{builder}.steps[{index}]")
        rows.append(
            MeasuredRow(
                vertex=text(row.get("vertex"), "vertex"),
                stage=optional_text(row.get("stage"), "stage"),
                line=number(row.get("line"), "line"),
                platform=optional_text(row.get("platform"), "platform"),
                instruction=text(row.get("instruction"), "instruction"),
                cached=flag(row.get("cached"), "cached"),
            )
        )
    return Measured(tuple(rows), optional_text(truth.get("failed"), "failed"))
