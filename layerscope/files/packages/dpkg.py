"""Packages of Debian and Ubuntu: dpkg's own database, and the one file a package of distroless."""

from __future__ import annotations

from layerscope.files.packages.claims import MOST_CLAIMS, Claim, Evidence, count, text

ADMIN = b"/var/lib/dpkg/"
STATUS = ADMIN + b"status"
DIVERSIONS = ADMIN + b"diversions"
INFO = ADMIN + b"info/"
STATUS_D = ADMIN + b"status.d/"
LIST_END = b".list"
SUMS_END = b".md5sums"

# A package of these states has left at most its configuration behind (dpkg(1), package states).
_GONE = (b"not-installed", b"config-files")
_FIELDS = (b"package", b"version", b"architecture", b"status", b"installed-size")


def read_status(_path: bytes, content: bytes) -> Evidence:
    """The installed packages of `status`, or of one file of `status.d`, without their files."""
    claims: list[Claim] = []
    problem = ""
    for stanza in content.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields = _fields(stanza)
        states = fields.get(b"status", b"installed").split()
        name = text(fields.get(b"package", b""))
        if not name:
            problem = problem or ("a stanza without a package" if stanza.strip() else "")
        elif not states or states[-1] not in _GONE:
            if len(claims) == MOST_CLAIMS:
                problem = f"over {MOST_CLAIMS} packages"
                break
            claims.append(
                Claim(
                    kind="deb",
                    name=name,
                    version=text(fields.get(b"version", b"")),
                    arch=text(fields.get(b"architecture", b"")),
                    declared_bytes=count(fields.get(b"installed-size", b""), 1024),
                )
            )
    return Evidence(claims=tuple(claims), problem=problem)


def read_list(_path: bytes, content: bytes) -> Evidence:
    """The paths of one `info/*.list`: files, links and directories."""
    return Evidence(files=_ended(content).replace(b"\n", b"\0"))


def read_sums(_path: bytes, content: bytes) -> Evidence:
    """The files of one `status.d/*.md5sums`, whose lines are a digest and a path from the root."""
    files = bytearray()
    for line in content.split(b"\n"):
        _, _, name = line.partition(b"  ")
        if name:
            files += b"/" + name.removeprefix(b"./").lstrip(b"/") + b"\0"
    return Evidence(files=bytes(files))


def read_diversions(_path: bytes, content: bytes) -> Evidence:
    """The diversions: three lines each, see dpkg-divert(1); a colon stands for every package."""
    lines = content.split(b"\n")
    whole = len(lines) // 3 * 3
    diversions = tuple(
        (lines[at], lines[at + 1], "" if lines[at + 2] == b":" else text(lines[at + 2]))
        for at in range(0, whole, 3)
    )
    problem = "the last diversion is not whole" if any(lines[whole:]) else ""
    return Evidence(diversions=diversions, problem=problem)


def listed_as(path: bytes) -> tuple[str, str] | None:
    """Name and architecture (may be empty) of the package whose files `path` lists.

    >>> listed_as(b"/var/lib/dpkg/info/libc6:amd64.list")
    ('libc6', 'amd64')
    >>> listed_as(b"/var/lib/dpkg/info/bash.list")
    ('bash', '')
    """
    if not path.startswith(INFO) or not path.endswith(LIST_END):
        return None
    name, _, arch = path[len(INFO) : -len(LIST_END)].partition(b":")
    return text(name), text(arch)


def _ended(content: bytes) -> bytes:
    return content if content.endswith(b"\n") or not content else content + b"\n"


def _fields(stanza: bytes) -> dict[bytes, bytes]:
    """The fields that are needed; of a repeated one the first. Case does not matter in names."""
    fields: dict[bytes, bytes] = {}
    for line in stanza.split(b"\n"):
        name, colon, value = line.partition(b":")
        # A line that goes on with the field before begins with a blank, so it is no name here.
        if colon and (name := name.lower()) in _FIELDS:
            fields.setdefault(name, value.strip())
    return fields
