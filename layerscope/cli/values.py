"""What the words of a command line mean, for the four kinds of value that our options have.

typer converts each value, given or not, through an adapter of pydantic that it builds in that very
run, which takes longer than all the rest of starting up. Texts, lists of texts, counts and choices
need none of that. Where a typer has no such place to put a converter, it goes on using its own.
"""

from __future__ import annotations

from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

import typer
from typer._coercion import RuntimeParam
from typer.core import TyperCommand


class PlainCommand(TyperCommand):
    """A command whose parameters are converted without pydantic, as far as they are plain."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's signature
        """The parameters, that of `--help` too."""
        return use_plain_values(super().get_params(ctx))


def use_plain_values(parameters: list[Any]) -> list[Any]:
    """The same parameters; those of the kinds above have a converter of ours."""
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is not None and _kind(descriptor.annotation) is not None:
            plain = PlainValue(descriptor.parameter_info, descriptor.annotation)
            parameter._runtime_param = plain  # noqa: SLF001 - there is no public way
    return parameters


def _kind(annotation: Any) -> type | None:  # noqa: ANN401 - whatever a parameter is declared as
    """The type of one value: `str`, `int`, `bool` or an enumeration; None if it is another."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [each for each in get_args(annotation) if each is not type(None)]
        annotation = inner[0] if len(inner) == 1 else None
    if get_origin(annotation) is list:
        annotation = get_args(annotation)[0]
    if annotation in (str, int, bool) or (
        isinstance(annotation, type) and issubclass(annotation, Enum)
    ):
        kind: type = annotation
        return kind
    return None


class PlainValue(RuntimeParam):
    """Converts the values of one parameter."""

    def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 - typer's signature
        if isinstance(value, list | tuple):
            return [self._one(each, param, ctx) for each in value]
        return self._one(value, param, ctx)

    def _one(self, value: object, param: Any, ctx: Any) -> object:  # noqa: ANN401 - typer's signature
        kind = _kind(self.annotation) or str
        if isinstance(value, kind):
            return value
        try:
            made: object = kind(value)
        except ValueError:
            raise typer.BadParameter(_wrong(kind, value), ctx=ctx, param=param) from None
        least = self.parameter_info.min
        if isinstance(made, int) and least is not None and made < least:
            raise typer.BadParameter(
                f"{value} is not in the range x>={least}.", ctx=ctx, param=param
            )
        return made


def _wrong(kind: type, value: object) -> str:
    if issubclass(kind, Enum):
        choices = ", ".join(repr(str(choice.value)) for choice in kind)
        return f"{value!r} is not one of {choices}."
    return f"{value!r} is not a valid whole number."
