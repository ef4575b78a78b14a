"""Packages of Fedora, Red Hat, SUSE and others: rpm's database in each of its formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import InputError
from layerscope.files.packages import rpm_bdb, rpm_ndb, rpm_sqlite
from layerscope.files.packages.claims import MOST_CLAIMS, MOST_LISTED_BYTES, Evidence
from layerscope.files.packages.rpm_header import read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layerscope.files.packages.claims import Claim

HOMES = (b"/var/lib/rpm/", b"/usr/lib/sysimage/rpm/", b"/usr/share/rpm/")
DATABASES = frozenset(
    home + name for home in HOMES for name in (b"rpmdb.sqlite", b"Packages.db", b"Packages")
)
LOGS = frozenset(home + b"rpmdb.sqlite-wal" for home in HOMES)


def read_database(_path: bytes, content: bytes) -> Evidence:
    """The packages with their files; what its first bytes say counts, not its name.

    An empty file is a database without packages: rpm leaves one behind. A key that was imported to
    verify packages is a package `gpg-pubkey`, as `rpm -qa` has it.
    """
    if not content:
        return Evidence()
    headers = _headers(content)
    if headers is None:
        return Evidence(problem="unknown database: not SQLite, ndb, or a Berkeley DB hash")
    claims: list[Claim] = []
    damaged = listed = 0
    problem = ""
    try:
        for header in headers(content):
            claim = read_header(header)
            if claim is None:
                damaged += 1
                continue
            listed += len(claim.files)
            if len(claims) == MOST_CLAIMS or listed > MOST_LISTED_BYTES:
                problem = f"over {MOST_CLAIMS} packages or {MOST_LISTED_BYTES} bytes of paths"
                break
            claims.append(claim)
    except InputError as error:
        # What was read before the damage is true all the same, and is kept beside the problem.
        problem = error.problem
    if damaged:
        problem = "; ".join(filter(None, (problem, f"headers that cannot be read: {damaged}")))
    return Evidence(claims=tuple(claims), problem=problem)


def read_log(_path: bytes, content: bytes) -> Evidence:
    """A problem if the log holds changes: they are not in the database yet, and are not read."""
    return Evidence(problem="changes that are not in the database yet" if content else "")


def _headers(content: bytes) -> Callable[[bytes], Iterator[bytes]] | None:
    if content.startswith(rpm_sqlite.MAGIC):
        return rpm_sqlite.headers
    if content.startswith(rpm_ndb.MAGIC):
        return rpm_ndb.headers
    return rpm_bdb.headers if rpm_bdb.byte_order(content) else None
