"""Rule `secret-in-build`: secrets in ARG and ENV stay in the image and in the keys of the cache.

No text here ever holds a value, only names and lines.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from layerscope.cache.lint.finding import Finding
from layerscope.dockerfile.instructions import Arg, Env, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.reading import Reading, Step

RULE = "secret-in-build"

_WORDS = frozenset(
    {
        *("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL"),
        *("CREDENTIALS", "PASSWORT", "AUTHTOKEN"),
    }
)
# What a KEY must be to be secret: many are public.
_SECRET_KEYS = frozenset({"API", "ACCESS", "PRIVATE", "SECRET", "SSH", "ENCRYPTION", "SIGNING"})
# A name that ends so says where a secret is, or something else about it.
_ABOUT = frozenset(
    {
        *("FILE", "PATH", "DIR", "URL", "URI", "NAME", "ID", "TTL", "LENGTH", "TYPE", "ENDPOINT"),
        *("VERSION", "HEADER", "ALGORITHM", "ENABLED", "EXPIRATION", "EXPIRY", "EXPIRES", "LIMIT"),
        *("SIZE", "POLICY", "ARN", "REF", "MOUNT", "BACKEND", "STORE", "FORMAT", "ISSUER", "HOST"),
        *("TIMEOUT", "PREFIX", "SERVICE", "USER", "PARSER", "PROVIDER", "DUMMY", "MANAGER"),
    }
)
_NOT_SECRET = frozenset({"PUBLIC", "EMPTY", "RANDOM", "ALLOW", "DISABLE", "REQUIRE", "ENABLE"})
_HARMLESS = frozenset(
    {
        *("", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null", "dummy"),
        *("placeholder", "example", "unset", "fake", "build", "xxx", "notset", "not-set"),
    }
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_\-.]+")
# Values that say by their form what they are.
_VALUES = {
    "a GitHub token": re.compile(
        r"(?:\A|[^A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})"
    ),
    "a GitLab token": re.compile(r"(?:\A|[^A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}"),
    "an npm token": re.compile(r"(?:\A|[^A-Za-z0-9])npm_[A-Za-z0-9]{36}"),
    "a PyPI token": re.compile(r"(?:\A|[^A-Za-z0-9])pypi-[A-Za-z0-9_-]{50}"),
    "an AWS key": re.compile(r"(?:\A|[^A-Za-z0-9])A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])"),
    "a Slack token": re.compile(r"(?:\A|[^A-Za-z0-9])xox[abprs]-[0-9A-Za-z-]{20}"),
    "a Stripe key": re.compile(r"(?:\A|[^A-Za-z0-9])[sr]k_live_[0-9A-Za-z]{20}"),
    "a Google API key": re.compile(r"(?:\A|[^A-Za-z0-9])AIza[0-9A-Za-z_-]{35}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY"),
    "a password in a URL": re.compile(
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@$<{'\"]{1,100}:[^\s/@$<{*'\"]{3,100}@[A-Za-z0-9]"
    ),
}
_LONGEST_NAME = 200
_LONGEST_TEXT = 200_000


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
        kind = _kind_of(argument.value or "")
        if kind is not None:
            yield Finding(
                RULE,
                "error",
                meta.location.first_line,
                meta.location.last_line,
                None,
                f"the default of ARG {argument.key} looks like {kind}",
                _remedy(argument.key),
            )


def _judged(reading: Reading, step: Step, name: str, value: str | None) -> Iterator[Finding]:
    keyword = step.instruction.keyword.upper()
    kind = _kind_of(value or "")
    plain = (value or "").strip("\"'")
    if kind is not None:
        what = f"the value of {keyword} {name} looks like {kind}"
    elif is_secret_name(name) and not _is_harmless(keyword, value, plain):
        what = f"{keyword} {name} is named like a secret"
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
    yield reading.finding(RULE, "error", step, f"{what}: {where}", _remedy(name))


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
        kind = _kind_of(text)
        if kind is not None:
            yield reading.finding(
                RULE,
                "error",
                step,
                f"the command holds what looks like {kind}: it stays in the history of the image",
                _remedy("NAME"),
            )
            return


def is_secret_name(name: str) -> bool:
    """Is a variable of this name secret, as far as its name tells?

    >>> [is_secret_name(name) for name in ("DB_PASSWORD", "NPM_TOKEN", "GPG_KEY", "TOKEN_FILE")]
    [True, True, False, False]
    """
    if len(name) > _LONGEST_NAME:
        return False
    parts = _SEPARATORS.split(_CAMEL.sub("_", name).upper())
    if parts[-1] in _ABOUT or not _NOT_SECRET.isdisjoint(parts):
        return False
    if not _WORDS.isdisjoint(parts) or (len(parts) > 1 and parts[-1] == "PWD"):
        return True
    return any(second == "KEY" and first in _SECRET_KEYS for first, second in pairwise(parts))


def _kind_of(text: str) -> str | None:
    """What kind of secret a text holds, by its form; None if none is seen."""
    text = text[:_LONGEST_TEXT]
    return next((kind for kind, pattern in _VALUES.items() if pattern.search(text)), None)


def _remedy(name: str) -> str:
    return (
        f"RUN --mount=type=secret,id={name},env={name} …  and"
        f"  docker build --secret id={name},env={name}"
    )
