"""Words before a command that start it: `sudo`, `env A=B`, `timeout 60`, `xargs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.cache.lint.shell_words import Word

_MOST = 8
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True)
class _Prefix:
    """What stands between the prefix and the command: options, values of options, words."""

    with_value: frozenset[str] = frozenset()
    words: int = 0
    assignments: bool = False


_PREFIXES = {
    "busybox": _Prefix(),
    "command": _Prefix(),
    "doas": _Prefix(frozenset({"-u", "-C"})),
    "eatmydata": _Prefix(),
    "env": _Prefix(frozenset({"-u", "-C", "--unset", "--chdir"}), assignments=True),
    "exec": _Prefix(frozenset({"-a"})),
    "gosu": _Prefix(words=1),
    "ionice": _Prefix(frozenset({"-c", "-n"})),
    "nice": _Prefix(frozenset({"-n"})),
    "nohup": _Prefix(),
    "setpriv": _Prefix(frozenset({"--reuid", "--regid"})),
    "stdbuf": _Prefix(frozenset({"-i", "-o", "-e"})),
    "su-exec": _Prefix(words=1),
    "sudo": _Prefix(frozenset({"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"}), assignments=True),
    "time": _Prefix(frozenset({"-f", "-o"})),
    "timeout": _Prefix(frozenset({"-k", "-s"}), words=1),
    "xargs": _Prefix(frozenset({"-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"})),
}
# With these options they start nothing.
_ASKS = {"command": frozenset({"-v", "-V"}), "sudo": frozenset({"-l", "-v", "-k"})}


def without_prefixes(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words from the program on that is really started; never empty."""
    for _ in range(_MOST):
        name = words[0].text.rpartition("/")[2]
        prefix = _PREFIXES.get(name)
        if prefix is None:
            break
        rest = _behind(words, prefix, _ASKS.get(name, frozenset()))
        if not rest:
            break
        words = rest
    return words


def _behind(words: tuple[Word, ...], prefix: _Prefix, asks: frozenset[str]) -> tuple[Word, ...]:
    at, more = 1, prefix.words
    while at < len(words):
        text = words[at].text
        if text in asks:
            return ()
        if text.startswith("-") and len(text) > 1:
            at += 2 if text in prefix.with_value else 1
        elif prefix.assignments and _ASSIGNMENT.match(text):
            at += 1
        elif more:
            more -= 1
            at += 1
        else:
            break
    return words[at:]
