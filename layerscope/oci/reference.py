"""Names of images in registries: parsed, completed, printed, and told from file names.

Source: the reference grammar of the distribution project and the defaults of Docker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from layerscope.errors import BadDigestError, UsageError, shown
from layerscope.oci.digest import Digest

DEFAULT_REGISTRY = "docker.io"
OFFICIAL = "library/"
MAX_NAME = 255
"""Characters of registry and repository together."""

_HOST_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = re.compile(
    rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?",
)
_PATH_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")

_FILE_ENDINGS = (
    *(".tar", ".tgz", ".tzst", ".tbz2", ".txz", ".gz", ".zst", ".bz2", ".xz"),
    *(".zip", ".oci", ".json", ".txt"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A full image name; it prints as one.

    Attributes:
        registry: Host and perhaps port, such as `docker.io` or `localhost:5000`.
        repository: Such as `library/nginx`.
        tag: None where the name has none; nothing is put in its place.
        digest: Or None.
    """

    registry: str
    repository: str
    tag: str | None
    digest: Digest | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference that `text` stands for, with Docker's defaults for registry and folder.

        Raises: `UsageError` if it is none, or has a digest that cannot be checked.

        >>> str(Reference.parse("nginx:1.27"))
        'docker.io/library/nginx:1.27'
        """
        name, at, digest_text = text.partition("@")
        try:
            digest = Digest.parse(digest_text) if at else None
        except BadDigestError as error:
            raise UsageError(error.problem, shown(text)) from None
        name, tag = _without_tag(name)
        registry, repository = _split_registry(name)
        fits = (
            len(registry) + 1 + len(repository) <= MAX_NAME
            and _REGISTRY.fullmatch(registry)
            and _REPOSITORY.fullmatch(repository)
            and (tag is None or _TAG.fullmatch(tag))
            # Engines take 64 hexadecimal digits for an image id, never for a name.
            and not _IDENTIFIER.fullmatch(text)
        )
        if not fits:
            raise UsageError(f'expected an image name, found "{shown(text)}"')
        return cls(registry, repository, tag, digest)

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.registry}/{self.repository}{tag}{digest}"


def looks_like_reference(text: str) -> bool:
    """Whether `text`, where no such file exists, was rather meant as an image of a registry.

    It must parse as a reference, must not end like a file, and must show one mark of a reference: a
    tag, a digest, or a registry's host. A bare word (`nginx`) is as likely a mistyped folder.

    >>> looks_like_reference("nginx:latest"), looks_like_reference("./nginx.tar")
    (True, False)
    """
    try:
        reference = Reference.parse(text)
    except UsageError:
        return False
    if reference.repository.endswith(_FILE_ENDINGS):
        return False
    return (
        reference.tag is not None
        or reference.digest is not None
        or text.startswith(f"{reference.registry}/")
    )


def _without_tag(name: str) -> tuple[str, str | None]:
    """A colon before the last slash belongs to the registry's port."""
    start = name.find(":", name.rfind("/") + 1)
    return (name, None) if start < 0 else (name[:start], name[start + 1 :])


def _split_registry(name: str) -> tuple[str, str]:
    """The first part is a registry if it could be no folder of the default one."""
    first, slash, rest = name.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first.lower() != first
    if not slash or not is_host:
        registry, repository = DEFAULT_REGISTRY, name
    elif first == "index.docker.io":
        registry, repository = DEFAULT_REGISTRY, rest
    else:
        registry, repository = first, rest
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = OFFICIAL + repository
    return registry, repository
