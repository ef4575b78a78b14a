"""Values that stand for a secret and are none, such as `user:pass@localhost`."""

from __future__ import annotations

import re

_WORDS = frozenset(
    {
        *(
            "pass",
            "password",
            "passwd",
            "pwd",
            "secret",
            "test",
            "testing",
            "changeme",
            "change-me",
        ),
        *("change_me", "example", "dummy", "fake", "placeholder", "postgres", "mysql", "root"),
        *("admin", "guest", "mypassword", "your-password", "yourpassword", "your_password"),
    }
)
_MARKS = re.compile(r"[xX]{3,100}|\.{3,100}|[-_]{3,100}")
_IN_URL = re.compile(r"://([^\s:/@$<{'\"]{1,100}):([^\s/@$<{*'\"]{3,100})@([A-Za-z0-9.-]{1,253})")
_LONGEST_TEXT = 200_000
# Names that nobody can own (RFC 2606).
_RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.org")


def is_placeholder(value: str) -> bool:
    """Is this, without its quotes, a word that people write where a secret will be?"""
    return value.lower() in _WORDS or bool(_MARKS.fullmatch(value))


def holds_placeholders_only(text: str) -> bool:
    """Is each password in a URL of this text a place-holder, for a host that is near?

    Near is the machine itself, a service (a name without a dot) and a name reserved for examples. A
    password counts that is such a word, or the same as its user. False where there is none.

    >>> holds_placeholders_only("postgresql://app:app@db/x")
    True
    """
    found = _IN_URL.findall(text[:_LONGEST_TEXT])
    return bool(found) and all(
        _is_near(host.lower()) and (is_placeholder(password) or password == user)
        for user, password, host in found
    )


def _is_near(host: str) -> bool:
    return "." not in host or host.startswith("127.") or host.endswith(_RESERVED)
