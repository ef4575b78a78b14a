"""Rule `secret-in-build`: secrets in ARG and ENV stay in the image and in the keys of the cache.

No text here ever holds a value, only names and lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.credentials import is_secret_name, kind_of_secret
from layerscope.cache.lint.finding import Finding
from layerscope.cache.lint.placeholders import holds_placeholders_only, is_placeholder
from layerscope.dockerfile.instructions import Arg, Env, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Severity
    from layerscope.cache.lint.reading import Reading, Step

RULE = "secret-in-build"
_IN_URL = "a password in a URL"

_HARMLESS = frozenset(
    {
        *("", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null", "dummy"),
        *("placeholder", "example", "unset", "fake", "build", "xxx", "notset", "not-set"),
    }
)


def check(reading: Reading) -> Iterator[Finding]:
    """ARG and ENV whose name or value is a secret's, and RUN with a known form of secret in it."""
    for meta in reading.dockerfile.meta_args:
        yield from _defaults(meta)
    for stage in reading.stages:
        for step in stage.steps:
            instruction = step.instruction
            if isinstance(instruction, Arg):
                for argument in instruction.arguments:
                    yield from _judged(reading, step, argument.key, argument.value)
            elif isinstance(instruction, Env):
                for pair in instruction.pairs:
                    yield from _judged(reading, step, pair.key, pair.value)
            elif isinstance(instruction, Run):
                yield from _run(reading, step, instruction)


def _defaults(meta: Arg) -> Iterator[Finding]:
    """An ARG above the first FROM is in no key and no history, but its default is in the file."""
    for argument in meta.arguments:
        kind = kind_of_secret(argument.value or "")
        if kind is not None and not _is_placeholder(kind, argument.value or ""):
            yield Finding(
                RULE,
                "error",
                meta.location.first_line,
                meta.location.last_line,
                None,
                f"the default of ARG {argument.key} looks like {kind}",
                _for_a_step(argument.key),
            )


def _is_placeholder(kind: str, text: str) -> bool:
    return kind == _IN_URL and holds_placeholders_only(text)


def _judged(reading: Reading, step: Step, name: str, value: str | None) -> Iterator[Finding]:
    keyword = step.instruction.keyword.upper()
    kind = kind_of_secret(value or "")
    plain = (value or "").strip("\"'")
    severity: Severity = "error"
    if kind is not None and _is_placeholder(kind, plain):
        severity = "info"
        what = f"the value of {keyword} {name} looks like a place-holder for {kind}"
    elif kind is not None:
        what = f"the value of {keyword} {name} looks like {kind}"
    elif is_secret_name(name) and not _is_harmless(keyword, value, plain):
        what = f"{keyword} {name} is named like a secret"
        if is_placeholder(plain):
            severity = "info"
            what += ", and its value looks like a place-holder"
    else:
        return
    if step.stage not in reading.lineage:
        where = "it is in the environment and the cache key of every RUN below, and in the cache"
    elif keyword == "ARG":
        where = (
            "it stays in the history of the image, and in the environment and the cache key of"
            " every RUN below"
        )
    else:
        where = "it stays in the config of the image, for every container and all who pull it"
    # What no container starts with is only for steps of the build.
    starts = keyword == "ENV" and step.stage in reading.lineage
    remedy = _for_a_container(name) if starts else _for_a_step(name)
    yield reading.finding(RULE, severity, step, f"{what}: {where}", remedy)


def _is_harmless(keyword: str, value: str | None, plain: str) -> bool:
    """Is it a switch, a place-holder, or a path to where the secret is?"""
    if value is None:
        return False
    # An ARG with an empty default is one to be given at the command line.
    if keyword == "ARG" and not plain:
        return False
    return plain.lower() in _HARMLESS or plain.startswith(("/", "./"))


def _run(reading: Reading, step: Step, run: Run) -> Iterator[Finding]:
    for text in (*run.words, *(file.content for file in run.files)):
        kind = kind_of_secret(text)
        if kind is not None and not _is_placeholder(kind, text):
            yield reading.finding(
                RULE,
                "error",
                step,
                f"the command holds what looks like {kind}: it stays in the history of the image",
                _for_a_step("NAME"),
            )
            return


def _for_a_step(name: str) -> str:
    return (
        f"RUN --mount=type=secret,id={name},env={name} …  and"
        f"  docker build --secret id={name},env={name}"
    )


def _for_a_container(name: str) -> str:
    return (
        "no ENV: give it when the container starts:"
        f"  docker run --env {name} …  or a secret of the orchestrator"
    )
