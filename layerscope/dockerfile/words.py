"""Words of a Dockerfile, expanded as BuildKit does it before an instruction runs.

`expand` gives one text with quotes taken off, `expand_words` splits it at white space after
expansion, and `expand_noting` also says which variables were looked up. Many words with the same
variables share one `Environment`:

>>> env = Environment.of(["VERSION=1.2", "FLAVOUR="])
>>> expand("app-${VERSION%.*}${FLAVOUR:+-$FLAVOUR}", env)
'app-1'
>>> expand_words("a '$VERSION b' $VERSION", env)
['a', '$VERSION b', '1.2']

Text is a `str` with `surrogateescape` for bytes that are not UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.dockerfile.words_lexer import Lexer
from layerscope.dockerfile.words_splitter import Splitter, Unsplit
from layerscope.dockerfile.words_text import canonical, quoted
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Options:
    """The switches of the lexer; each is off in a plain `expand`.

    Attributes:
        escape: The escape character of the Dockerfile.
        raw_quotes: Keep quotes.
        raw_escapes: Keep escape characters.
        skip_process_quotes: Treat quotes as plain text.
        skip_unset_env: Leave variables that are not set as they are written.
    """

    escape: str = "\\"
    raw_quotes: bool = False
    raw_escapes: bool = False
    skip_process_quotes: bool = False
    skip_unset_env: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables by name, made once for many words.

    Attributes:
        values: The value of each variable that is set, the empty ones as well.
    """

    values: dict[str, str]

    @classmethod
    def of(cls, env: Sequence[str] | Environment) -> Environment:
        """The variables of a list of `NAME=value`; the last one of a name counts.

        An entry without `=` sets its name to nothing.
        """
        if isinstance(env, Environment):
            return env
        values: dict[str, str] = {}
        for entry in env:
            name, _, value = entry.partition("=")
            values[name] = value
        return cls(values)


_NO_VARIABLES = Environment({})


@dataclass(frozen=True, slots=True)
class Expansion:
    """What became of one word.

    Attributes:
        text: The word, expanded, quotes and escapes taken off.
        words: The same, split at white space that was not quoted.
        matched: The variables that were looked up and set, also where their value was not used.
        unmatched: Those that were looked up and not set.
    """

    text: str
    words: tuple[str, ...]
    matched: frozenset[str]
    unmatched: frozenset[str]


def expand(
    word: str,
    env: Sequence[str] | Environment,
    *,
    escape: str = "\\",
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    skip_process_quotes: bool = False,
    skip_unset_env: bool = False,
) -> str:
    """The one text that `word` becomes.

    Raises:
        DockerfileError: The word is one that BuildKit refuses, or a limit of `words_budget` is
            reached. The message is BuildKit's.
    """
    options = Options(escape, raw_quotes, raw_escapes, skip_process_quotes, skip_unset_env)
    return _lexed(word, env, options, Unsplit())[0]


def expand_words(
    word: str,
    env: Sequence[str] | Environment,
    *,
    escape: str = "\\",
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    skip_process_quotes: bool = False,
    skip_unset_env: bool = False,
) -> list[str]:
    """The words that `word` becomes when it is split after expansion.

    Raises:
        DockerfileError: As for `expand`.
    """
    options = Options(escape, raw_quotes, raw_escapes, skip_process_quotes, skip_unset_env)
    splitter = Splitter()
    _lexed(word, env, options, splitter)
    return [canonical(each) for each in splitter.words]


def expand_noting(
    word: str,
    env: Sequence[str] | Environment,
    *,
    escape: str = "\\",
    raw_quotes: bool = False,
    raw_escapes: bool = False,
    skip_process_quotes: bool = False,
    skip_unset_env: bool = False,
) -> Expansion:
    """Both forms of `word`, and the names of the variables that it looked up.

    Raises:
        DockerfileError: As for `expand`.
    """
    options = Options(escape, raw_quotes, raw_escapes, skip_process_quotes, skip_unset_env)
    splitter = Splitter()
    text, lexer = _lexed(word, env, options, splitter)
    words = tuple(canonical(each) for each in splitter.words)
    return Expansion(text, words, frozenset(lexer.matched), frozenset(lexer.unmatched))


def _lexed(
    word: str, env: Sequence[str] | Environment, options: Options, splitter: Unsplit
) -> tuple[str, Lexer]:
    # Most words have no variable in them; a long list need not be read for those.
    values = Environment.of(env).values if "$" in word else _NO_VARIABLES.values
    lexer = Lexer(word, values, options, splitter)
    try:
        return canonical(lexer.whole()), lexer
    except DockerfileError as error:
        raise DockerfileError(f"failed to process {quoted(word)}: {error.problem}") from None
