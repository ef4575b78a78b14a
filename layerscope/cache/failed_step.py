r"""The step at which a build stopped, and the last one before it that was good, out of its log.

Read are the console output of the classic builder, of BuildKit (`--progress=plain`, and what its
terminal display leaves) and of buildah and podman, also with a time in front of each line, and the
JSON streams of the engine API and of BuildKit's `rawjson`.

>>> log = "Step 1/2 : FROM a\n ---> 0a1b2c3d4e5f\nStep 2/2 : COPY x /\nCOPY failed: no such file\n"
>>> failed = failed_step(log)
>>> failed.step.text, failed.last_good.image
('COPY x /', '0a1b2c3d4e5f')
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

BuilderName = Literal["buildkit", "classic", "buildah"]

MOST_CHARACTERS = 64 << 20
"""Of a longer log only the end is read."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}(?:Z|[+-][0-9:]{4,6}) ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")

_CLASSIC_STEP = re.compile(r"Step ([0-9]{1,6})/([0-9]{1,6}) : (.*)")
_CLASSIC_IMAGE = re.compile(r" ---> ([0-9a-f]{12,64})")
_CLASSIC_RUNNING = re.compile(r" ---> Running in ([0-9a-f]{12,64})")
_CLASSIC_ERROR = re.compile(
    r"The command '.{0,100000}' returned a non-zero code: [0-9]+|(?:COPY|ADD) failed: .*"
    r"|(?:ERROR|Error)(?::| response from daemon: )?.*|.*(?:pull access denied|manifest unknown).*"
    r"|(?:failed|invalid|unable|unauthorized|cannot|dockerfile parse error)\b.*",
    re.DOTALL,
)
_CLASSIC_DONE = ("Successfully built ", "Successfully tagged ")

_VERTEX = re.compile(r"#([0-9]{1,9}) (.*)", re.DOTALL)
_NAME = re.compile(r"\[(?:(\S.{0,300}?) )?\s{0,12}([0-9]{1,6})/([0-9]{1,6})\] (.*)", re.DOTALL)
_PLATFORM = re.compile(r"(?:linux|windows|darwin|freebsd|wasi)/\S{1,40}")
_TERMINAL = re.compile(r"\s{0,4}=> (?:(CACHED|ERROR|CANCELED) )?(\[.*)")
_SECONDS = re.compile(r"[0-9.]{1,12}s")
_BUILDKIT_ERROR = re.compile(
    r"(?:ERROR: )?(?:failed to (?:solve|build|compute)|executor failed|error: failed to solve).*",
    re.DOTALL,
)
_TERMINAL_STATES = {"": "done", "CACHED": "cached", "ERROR": "error", "CANCELED": "canceled"}
_DONE = frozenset({"done", "cached"})

_BUILDAH_STEP = re.compile(
    r"(?:\[([0-9]{1,6})/[0-9]{1,6}\] )?STEP ([0-9]{1,6})(?:/([0-9]{1,6}))?: (.*)"
)
_BUILDAH_CACHED = re.compile(r"--> Using cache ([0-9a-f]{64})")
_BUILDAH_IMAGE = re.compile(r"--> ([0-9a-f]{11,64})")
_BUILDAH_AT = re.compile(r'[Ee]rror:? building at STEP "(.*)', re.DOTALL)
_BUILDAH_ERROR = re.compile(r"[Ee]rror:? (?:building|creating|committing|parsing|initializing).*")


@dataclass(frozen=True, slots=True)
class LogStep:
    """One step of a log.

    Attributes:
        number: As the builder counts it; 0 where it is not counted.
        total: Of how many; 0 where the log does not say.
        stage: The name that BuildKit prints (`build`, `stage-1`), buildah's number of the stage;
            None where the log has none.
        text: The instruction as the log has it.
        image: Id of the image after the step, as far as the log has it (12 or 11 digits, or all).
        container: The container in which the classic builder ran it.
    """

    number: int
    total: int
    stage: str | None
    text: str
    image: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True)
class FailedStep:
    """Where a build stopped.

    Attributes:
        builder: Whose log it is.
        step: The step that failed; None where the build failed before any step.
        last_good: The last step of the same stage that was good, or the one that the stage begins
            with; None where there is none, or the log does not have it.
        message: What the builder said of it, in one line.
    """

    builder: BuilderName
    step: LogStep | None
    last_good: LogStep | None
    message: str


def failed_step(text: str) -> FailedStep | None:
    """Where the build of this log failed; None if the log shows no failure, or is none.

    Nothing in a log can make this raise. It is linear in the length of the text.
    """
    lines = text[-MOST_CHARACTERS:].splitlines()
    records = _records(lines)
    if records is not None:
        if any("vertexes" in record for record in records):
            return _of_records(records)
        lines = _stream(records)
    plain = [_COLOUR.sub("", _TIME.sub("", line, count=1)) for line in lines]
    for reader in (_buildah, _classic, _buildkit):
        found = reader(plain)
        if found is not None:
            return found
    return None


def _records(lines: list[str]) -> list[dict[str, Any]] | None:
    """The JSON objects of a log that has one on each line; None for other logs."""
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith("{"):
        return None
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            # Other output can stand between the records.
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def _stream(records: Iterable[dict[str, Any]]) -> list[str]:
    """The lines that a client prints for the records of the engine API."""
    pieces = (record.get(key) for record in records for key in ("stream", "error"))
    return "".join(piece for piece in pieces if isinstance(piece, str)).splitlines()


def _classic(lines: list[str]) -> FailedStep | None:
    steps: list[LogStep] = []
    message = ""
    for line in lines:
        if header := _CLASSIC_STEP.fullmatch(line):
            steps.append(LogStep(int(header[1]), int(header[2]), None, header[3]))
        elif steps and line.startswith(" ---> "):
            steps[-1] = _with_id(steps[-1], line)
        elif line.startswith("#1 ") or (line.startswith(_CLASSIC_DONE) and _is_last(steps)):
            # A log of BuildKit, or of a build that ended well.
            return None
        elif _CLASSIC_ERROR.fullmatch(line):
            message = line
    if not message:
        return None
    if not steps:
        sent = any(line.startswith("Sending build context to Docker") for line in lines[:20])
        return FailedStep("classic", None, None, message) if sent else None
    before = steps[-2] if len(steps) > 1 and _keyword(steps[-1].text) != "FROM" else None
    if before is not None and before.image is None:
        before = None
    return FailedStep("classic", replace(steps[-1], image=None), before, message)


def _is_last(steps: list[LogStep]) -> bool:
    return bool(steps) and steps[-1].number == steps[-1].total


def _with_id(step: LogStep, line: str) -> LogStep:
    if image := _CLASSIC_IMAGE.fullmatch(line):
        return replace(step, image=image[1])
    if running := _CLASSIC_RUNNING.fullmatch(line):
        return replace(step, container=running[1])
    return step


@dataclass(slots=True)
class _Vertex:
    name: str
    state: str = ""
    error: str = ""
    inputs: list[str] = field(default_factory=list)


def _buildkit(lines: list[str]) -> FailedStep | None:
    vertices: dict[str, _Vertex] = {}
    message = ""
    for line in lines:
        if found := _VERTEX.fullmatch(line):
            _take_line(vertices, found[1], found[2])
        elif shown := _TERMINAL.fullmatch(line):
            name, _, time = shown[2].rstrip().rpartition(" ")
            if _SECONDS.fullmatch(time):
                vertex = vertices.setdefault(name.rstrip(), _Vertex(name.rstrip()))
                vertex.state = _TERMINAL_STATES[shown[1] or ""]
        elif _BUILDKIT_ERROR.fullmatch(line):
            message = line.removeprefix("ERROR: ")
    return _judged(vertices, message)


def _take_line(vertices: dict[str, _Vertex], number: str, rest: str) -> None:
    vertex = vertices.get(number)
    if vertex is None:
        vertices[number] = _Vertex(rest)
    elif rest == "CACHED":
        vertex.state = "cached"
    elif rest.startswith("DONE "):
        vertex.state = "done"
    elif rest == "CANCELED":
        vertex.state = "canceled"
    elif rest.startswith("ERROR: "):
        vertex.state, vertex.error = "error", rest.removeprefix("ERROR: ")


def _of_records(records: Iterable[dict[str, Any]]) -> FailedStep | None:
    """BuildKit's records; each vertex comes several times, with more fields each time."""
    vertices: dict[str, _Vertex] = {}
    message = ""
    for record in records:
        if isinstance(record.get("error"), str):
            message = record["error"]
        found = record.get("vertexes")
        for each in found if isinstance(found, list) else ():
            if not isinstance(each, dict) or not isinstance(each.get("digest"), str):
                continue
            vertex = vertices.setdefault(each["digest"], _Vertex(str(each.get("name", ""))))
            inputs = each.get("inputs")
            if isinstance(inputs, list):
                vertex.inputs = [name for name in inputs if isinstance(name, str)]
            if isinstance(each.get("error"), str) and each["error"]:
                vertex.state, vertex.error = "error", each["error"]
            elif each.get("cached") is True:
                vertex.state = "cached"
            elif each.get("completed"):
                vertex.state = vertex.state or "done"
    return _judged(vertices, message)


def _judged(vertices: dict[str, _Vertex], message: str) -> FailedStep | None:
    failed = [vertex for vertex in vertices.values() if vertex.state == "error"]
    # What was canceled because another one failed bears an error of its own in some versions.
    failed = [vertex for vertex in failed if "context canceled" not in vertex.error] or failed
    steps = [vertex for vertex in failed if _NAME.fullmatch(vertex.name)]
    if not failed and not message:
        return None
    error = next((vertex.error for vertex in (*steps, *failed) if vertex.error), message)
    if not steps:
        return FailedStep("buildkit", None, None, _one_line(error or message))
    step = _step_of(steps[0].name)
    return FailedStep("buildkit", step, _before(vertices, steps[0], step), _one_line(error))


def _before(vertices: dict[str, _Vertex], failed: _Vertex, step: LogStep | None) -> LogStep | None:
    """The good step that is the input of the failed one, or the one above it in its stage."""
    for name in failed.inputs[:1]:
        vertex = vertices.get(name)
        if vertex is not None and vertex.state in _DONE and _NAME.fullmatch(vertex.name):
            return _step_of(vertex.name)
        return None
    best: LogStep | None = None
    for vertex in vertices.values():
        other = _step_of(vertex.name) if vertex.state in _DONE else None
        if other is None or step is None or other.stage != step.stage:
            continue
        if other.number < step.number and (best is None or other.number > best.number):
            best = other
    return best


def _step_of(name: str) -> LogStep | None:
    found = _NAME.fullmatch(name)
    if found is None or found[1] == "internal":
        return None
    words = (found[1] or "").split()
    # In builds for several platforms the platform comes first; it tells stages apart as well.
    if len(words) == 1 and _PLATFORM.fullmatch(words[0]):
        words = [words[0]]
    return LogStep(int(found[2]), int(found[3]), " ".join(words) or None, _one_line(found[4]))


def _buildah(lines: list[str]) -> FailedStep | None:
    reader = _Buildah()
    for line in lines:
        reader.take(line)
    if not reader.steps or not reader.message:
        return None
    step = reader.failed()
    before = None
    for each in reader.steps:
        if each.stage == step.stage and each.number == step.number - 1:
            before = each
    return FailedStep("buildah", replace(step, image=None), before, reader.message)


class _Buildah:
    """Steps by stage; a line `--> ID` names no stage, see `take`."""

    def __init__(self) -> None:
        self.steps: list[LogStep] = []
        # Places of the steps that have no id yet, by stage.
        self.open: dict[str | None, int] = {}
        self.waiting: list[str] = []
        self.cached = ""
        self.at = ""
        self.message = ""

    def take(self, line: str) -> None:
        if header := _BUILDAH_STEP.fullmatch(line):
            self._header(LogStep(int(header[2]), int(header[3] or 0), header[1], header[4]))
        elif cached := _BUILDAH_CACHED.fullmatch(line):
            self.cached = cached[1]
        elif image := _BUILDAH_IMAGE.fullmatch(line):
            whole = self.cached if self.cached.startswith(image[1]) else image[1]
            self.cached = ""
            self.waiting.append(whole)
            if len(self.open) == 1:
                self._settle(next(iter(self.open)))
        elif at := _BUILDAH_AT.fullmatch(line):
            self.at, self.message = at[1], line
        elif _BUILDAH_ERROR.fullmatch(line) and not self.message:
            self.message = line

    def _header(self, step: LogStep) -> None:
        # The next header of a stage ends its step: an id that waits is that step's if it is alone.
        if step.stage in self.open:
            self._settle(step.stage)
        self.steps.append(step)
        if _keyword(step.text) != "FROM":
            self.open[step.stage] = len(self.steps) - 1

    def _settle(self, stage: str | None) -> None:
        place = self.open.pop(stage)
        if len(self.waiting) == 1:
            self.steps[place] = replace(self.steps[place], image=self.waiting[0])
        self.waiting.clear()

    def failed(self) -> LogStep:
        """The step that the error names, else the last one."""
        for step in reversed(self.steps):
            if self.at.startswith(f'{step.text}"'):
                return step
        # An unknown instruction is quoted without its arguments.
        for step in reversed(self.steps):
            if self.at and self.at.startswith(_keyword(step.text)):
                return step
        return self.steps[-1]


def _keyword(text: str) -> str:
    return text[:40].split(None, 1)[0].upper() if text[:40].strip() else ""


def _one_line(text: str) -> str:
    return " ".join(text.split("\n")).strip()
