"""History records of a config, and which layer each one made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.oci.document import as_object, optional_bool, optional_str, others

if TYPE_CHECKING:
    from collections.abc import Sequence

BEYOND: Literal["beyond"] = "beyond"
"""Stands for the layer of a record that should have made one, where the image has no more."""

_KNOWN = frozenset({"created", "created_by", "author", "comment", "empty_layer"})


@dataclass(frozen=True, slots=True)
class History:
    """One step of an image's making, as the builder told it (untrusted text, None where missing).

    Attributes:
        created: The time as stored. It is kept as text: builders store times that no clock shows.
        created_by: The command or instruction.
        author: Who did it.
        comment: Which tool did it, often.
        empty_layer: Whether it made no layer.
        extra: Fields that the spec does not have, as JSON values.
    """

    created: str | None
    created_by: str | None
    author: str | None
    comment: str | None
    empty_layer: bool
    extra: dict[str, object]

    @classmethod
    def from_json(cls, obj: object, where: str) -> History:
        """The record in a JSON value; a null is one that says nothing, as Go reads it.

        Raises: `BadDocumentError` if it is no object or a field has another type.
        Source: OCI image-spec v1.1, config.md, `history`.
        """
        fields = {} if obj is None else as_object(obj, where)
        return cls(
            optional_str(fields, "created", where),
            optional_str(fields, "created_by", where),
            optional_str(fields, "author", where),
            optional_str(fields, "comment", where),
            optional_bool(fields, "empty_layer", where),
            others(fields, _KNOWN),
        )


def layer_of_each(
    history: Sequence[History], layer_count: int
) -> list[int | Literal["beyond"] | None]:
    """For each record the index of the layer that it made, in the records' order.

    None for records that say they made none, `"beyond"` for those left when all `layer_count`
    layers have their record. There may be fewer records than layers: the last layers have none.
    """
    owners: list[int | Literal["beyond"] | None] = []
    layer = 0
    for record in history:
        if record.empty_layer:
            owners.append(None)
        elif layer < layer_count:
            owners.append(layer)
            layer += 1
        else:
            owners.append(BEYOND)
    return owners
