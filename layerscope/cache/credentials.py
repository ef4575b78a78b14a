"""Names and values that speak of credentials, so that no document holds what nobody may see."""

from __future__ import annotations

import re
from itertools import pairwise

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
# Parts of names whose values are not shown, though a name with one of them may well be harmless: a
# value that is hidden for nothing costs less than one that is shown.
_HIDDEN_PARTS = frozenset(
    {
        *("TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "PASSWORT", "APIKEY", "API_KEY"),
        *("CREDENTIAL", "PRIVATE_KEY", "ACCESS_KEY", "SIGNING_KEY", "ENCRYPTION_KEY", "SSH_KEY"),
    }
)
_HIDDEN_WORDS = frozenset({"PWD", "PASS", "AUTH", "PAT", "NETRC"})


def is_hidden(name: str, value: str) -> bool:
    """May the value of this variable be a credential, as far as its name or its form tells?

    >>> is_hidden("NPM_TOKEN_FILE", "x"), is_hidden("PATH", "/bin"), is_hidden("P", "http://u:pw1@h")
    (True, False, True)
    """
    spelled = _CAMEL.sub("_", name[:_LONGEST_TEXT]).upper().replace("-", "_").replace(".", "_")
    return (
        any(part in spelled for part in _HIDDEN_PARTS)
        or any(part in name.upper() for part in _HIDDEN_PARTS)
        or not _HIDDEN_WORDS.isdisjoint(spelled.split("_"))
        or kind_of_secret(value) is not None
    )


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


def kind_of_secret(text: str) -> str | None:
    """What kind of secret a text holds, by its form; None if none is seen."""
    text = text[:_LONGEST_TEXT]
    return next((kind for kind, pattern in _VALUES.items() if pattern.search(text)), None)
