"""Digests as values, and the chain identities of layers that are computed from them.

Source: OCI image-spec v1.1, descriptor.md, "Digests"; config.md, "Layer ChainID".
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from layerscope.errors import BadDigestError, shown
from layerscope.oci.document import kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from hashlib import _Hash

# The registered algorithms that can be checked, each with the exact form of its hex. The grammar of
# the spec allows more; a digest that cannot be checked is no proof of anything, so it is refused.
_FORM = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")

SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm and the hex of a hash, which prints as `sha256:…`.

    Build one with `parse` or `of`; both fields are then safe as parts of a file name.

    Attributes:
        algorithm: `sha256` or `sha512`.
        hex: 64 or 128 lower-case hexadecimal digits.
    """

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: object) -> Digest:
        """The digest that `text` stands for.

        Raises: `BadDigestError` for anything but `sha256:` with 64 or `sha512:` with 128 lower-case
            hexadecimal digits, for other types too.

        >>> Digest.parse("sha256:" + "0a" * 32).short
        '0a0a0a0a0a0a'
        """
        # Compared by exact type: a number kept as text (`document.HugeNumber`) is a string too.
        if type(text) is not str:
            raise BadDigestError(f"expected a digest, found {kind(text)}")
        match = _FORM.fullmatch(text)
        if match is None:
            raise BadDigestError(
                "expected sha256: or sha512: and lower-case hexadecimal digits, found "
                f'"{shown(text, SHOWN_CHARACTERS)}"'
            )
        return cls(match[1] or match[3], match[2] or match[4])

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """The sha256 digest of `data`."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits, as engines print image ids."""
        return self.hex[:12]

    def new_hasher(self) -> _Hash:
        """A fresh `hashlib` object of this digest's algorithm."""
        return hashlib.new(self.algorithm)

    def matches(self, data: bytes) -> bool:
        """Whether `data` has this digest."""
        hasher = self.new_hasher()
        hasher.update(data)
        return hasher.hexdigest() == self.hex

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


DiffID = NewType("DiffID", Digest)
"""The digest of a layer's uncompressed tar."""

ChainID = NewType("ChainID", Digest)
"""The identity of a layer applied on all below it."""


def chain_ids(diff_ids: Sequence[DiffID]) -> list[ChainID]:
    """The ChainID of each layer, from the base up.

    Source: OCI image-spec v1.1, config.md, "Layer ChainID": the base's ChainID is its DiffID; each
    next one is the sha256 of the ChainID below, a space and the layer's own DiffID.
    """
    chain: list[ChainID] = []
    for diff_id in diff_ids:
        if chain:
            chain.append(ChainID(Digest.of(f"{chain[-1]} {diff_id}".encode())))
        else:
            chain.append(ChainID(diff_id))
    return chain
