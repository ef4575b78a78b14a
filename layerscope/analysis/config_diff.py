"""What differs between two images beside their files: settings, history, layers."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.alignment import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Change = Literal["added", "removed", "changed"]
Value = str | list[str] | None
"""A setting: a text, a list of words, or JSON text for anything else."""

MAPS = {"Labels": "label"}
SETS = {"ExposedPorts": "port", "Volumes": "volume"}
"""Objects that the config uses as sets: only their keys say something."""
PLAIN = {
    "Entrypoint": "entrypoint",
    "Cmd": "cmd",
    "User": "user",
    "WorkingDir": "workdir",
    "StopSignal": "stop-signal",
    "Shell": "shell",
    "Healthcheck": "healthcheck",
    "OnBuild": "onbuild",
}
DERIVED = frozenset({"created", "Image"})
"""What `--semantic` leaves out, with the order of ENV: the time, and the id of the image before the
last step, which the classic builder stores and which is over times too."""
ENV_ORDER = "env-order"
PRESENT = ""
"""The value of a member of a set."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that differs.

    Attributes:
        setting: What it is, such as `env` or `cmd`; the config's own word where we have none.
        name: Of a variable, label, port or volume; empty for all else.
        change: Of what kind.
        old: The value before; None if there was none.
        new: The value after; None if there is none.
    """

    setting: str
    name: str
    change: Change
    old: Value
    new: Value

    @property
    def counts_semantically(self) -> bool:
        """Whether it is more than a time, an id over times, or an order."""
        return self.setting not in DERIVED and self.setting != ENV_ORDER


@dataclass(frozen=True, slots=True)
class Step:
    """One history record: its position, its instruction, and the layer that it made, if any."""

    position: int
    created_by: str | None
    layer: int | None


@dataclass(frozen=True, slots=True)
class StepChange:
    """One instruction that differs; `rebuilt` is the same one with another layer."""

    change: Literal["added", "removed", "changed", "rebuilt"]
    old: Step | None
    new: Step | None


def config_diff(
    old: Mapping[str, object],
    new: Mapping[str, object],
    *,
    top: Sequence[tuple[str, str, str]] = (),
) -> list[Setting]:
    """The settings that differ, sorted by setting and name.

    Args:
        old: The `config` object of the image before, as `oci.config` checked it.
        new: That after.
        top: Fields beside `config` as (setting, old, new); empty texts are none.

    An image without a setting and one where it is empty are alike, as they are for engines.
    """
    found = [
        *_named("env", _variables(old), _variables(new)),
        *(
            row
            for key, word in MAPS.items()
            for row in _named(word, _map(old, key), _map(new, key))
        ),
        *(
            row
            for key, word in SETS.items()
            for row in _named(word, _set(old, key), _set(new, key))
        ),
    ]
    if not any(row.setting == "env" for row in found):
        before, after = _value(old.get("Env")), _value(new.get("Env"))
        found += _compared(ENV_ORDER, "", before, after)
    told = {"Env", *MAPS, *SETS}
    for key in sorted({*old, *new} - told):
        word = PLAIN.get(key, key)
        found += _compared(word, "", _value(old.get(key)), _value(new.get(key)))
    for word, before_text, after_text in top:
        found += _compared(word, "", before_text or None, after_text or None)
    return sorted(found, key=lambda row: (row.setting, row.name))


def history_diff(
    old: Sequence[Step],
    new: Sequence[Step],
    old_layers: Sequence[str | None],
    new_layers: Sequence[str | None],
) -> list[StepChange]:
    """The instructions that differ, from the base up: what went stands before what came.

    Equal texts are aligned in order. Between them, an instruction that went and one that came
    are one that changed if they begin with the same word, such as COPY.

    Args:
        old: The records of the image before.
        new: Those after.
        old_layers: DiffIDs before, which tell whether an equal instruction made an equal layer.
        new_layers: Those after.
    """
    pairs = aligned([step.created_by for step in old], [step.created_by for step in new])
    changes: list[StepChange] = []
    left = right = 0
    for old_end, new_end in [*pairs, (len(old), len(new))]:
        changes += _gap(old[left:old_end], new[right:new_end])
        if old_end < len(old) and new_end < len(new):
            before, after = old[old_end], new[new_end]
            if not _same_layer(before, after, old_layers, new_layers):
                changes.append(StepChange("rebuilt", before, after))
        left, right = old_end + 1, new_end + 1
    return changes


def verb(created_by: str | None) -> str:
    r"""The word that an instruction begins with; `RUN` where the builder wrote only its shell.

    >>> verb("/bin/sh -c #(nop) COPY file:1 in /"), verb("/bin/sh -c make"), verb("CMD [\"a\"]")
    ('COPY', 'RUN', 'CMD')
    """
    text = (created_by or "")[:4096]
    _, marker, rest = text.partition("#(nop)")
    words = (rest if marker else text).split(maxsplit=1)
    if not words:
        return ""
    return "RUN" if words[0].startswith(("/", "|")) else words[0]


def _gap(old: Sequence[Step], new: Sequence[Step]) -> list[StepChange]:
    """The changes of a stretch in which no two records are equal."""
    waiting: dict[str, deque[int]] = {}
    for position, step in enumerate(new):
        waiting.setdefault(verb(step.created_by), deque()).append(position)
    partners: dict[int, int] = {}
    last = -1
    for position, step in enumerate(old):
        places = waiting.get(verb(step.created_by), deque())
        while places and places[0] <= last:
            places.popleft()
        if places:
            last = partners[position] = places.popleft()
    changes = []
    done = 0
    for position, step in enumerate(old):
        partner = partners.get(position)
        if partner is None:
            changes.append(StepChange("removed", step, None))
            continue
        changes += [StepChange("added", None, new[place]) for place in range(done, partner)]
        changes.append(StepChange("changed", step, new[partner]))
        done = partner + 1
    return changes + [StepChange("added", None, step) for step in new[done:]]


def _same_layer(
    before: Step, after: Step, old: Sequence[str | None], new: Sequence[str | None]
) -> bool:
    if before.layer is None or after.layer is None:
        return before.layer is after.layer
    return old[before.layer] == new[after.layer]


def _named(word: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Setting]:
    return [
        row
        for name in sorted({*old, *new})
        for row in _compared(word, name, old.get(name), new.get(name))
    ]


def _compared(setting: str, name: str, old: Value, new: Value) -> list[Setting]:
    if old == new:
        return []
    change: Change = "changed"
    if old is None:
        change = "added"
    elif new is None:
        change = "removed"
    return [Setting(setting, name, change, old, new)]


def _variables(settings: Mapping[str, object]) -> dict[str, str]:
    """ENV by name; of a name that stands there twice, the last counts, as for a process."""
    lines = settings.get("Env")
    pairs = [str(line).partition("=") for line in lines] if isinstance(lines, list) else []
    return {name: value for name, _, value in pairs}


def _map(settings: Mapping[str, object], key: str) -> dict[str, str]:
    found = settings.get(key)
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _set(settings: Mapping[str, object], key: str) -> dict[str, str]:
    found = settings.get(key)
    return dict.fromkeys(found, PRESENT) if isinstance(found, dict) else {}


def _value(value: object) -> Value:
    """The setting as a text or a list of words; None where there is none or it is empty."""
    if value in (None, "", [], {}, False, 0):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return list(value)
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except RecursionError:
        # Nobody nests a setting that deep but to do harm; that it is there is said all the same.
        return "(nested too deeply to show)"
