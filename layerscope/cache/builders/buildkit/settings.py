"""Metadata instructions that BuildKit refuses: they make no step, but a wrong one ends the build.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb` (`convert_expose.go`, `dispatchStopSignal`)
and `moby/sys/signal`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Expose, Stopsignal
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.dockerfile.instructions import Instruction

PROTOCOLS = frozenset({"", "tcp", "udp", "sctp"})
LARGEST_PORT = 65535
NUMBER = re.compile(r"[-+]?[0-9]{1,18}\Z", re.ASCII)
SIGNALS = (
    frozenset({"ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO"})
    | {"IOT", "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS"}
    | {"TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU"}
    | {"XFSZ", "RTMIN", "RTMAX"}
    | {f"RTMIN+{number}" for number in range(1, 16)}
    | {f"RTMAX-{number}" for number in range(1, 15)}
)


def check(instruction: Instruction) -> None:
    """Raise for a metadata instruction that is refused. Raises: `DockerfileError`."""
    if isinstance(instruction, Expose):
        _check_expose(instruction)
    elif isinstance(instruction, Stopsignal):
        _check_stopsignal(instruction)


def _check_expose(instruction: Expose) -> None:
    for text in instruction.ports:
        problem = _wrong_port(text)
        if problem:
            raise DockerfileError(f"EXPOSE {shown(text)}: {problem}")


def _wrong_port(text: str) -> str:
    address, host, port = _parts(text)
    port, _, protocol = port.partition("/")
    if not port or protocol.lower() not in PROTOCOLS:
        return "expected a port, and tcp, udp or sctp after a slash"
    if address and not _is_address(address):
        return f"{shown(address)} is no IP address"
    ports = _range(port)
    if ports is None:
        return f"{shown(port)} is no port"
    if not host:
        return ""
    of_host = _range(host)
    if of_host is None:
        return f"{shown(host)} is no port"
    count, count_of_host = (last - first for first, last in (ports, of_host))
    return "the ranges differ in length" if count and count != count_of_host else ""


def _parts(text: str) -> tuple[str, str, str]:
    above, _, port = text.rpartition(":")
    address, _, host = above.rpartition(":")
    return address, host, port


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _range(text: str) -> tuple[int, int] | None:
    first, dash, last = text.partition("-")
    start, end = _port(first), _port(last if dash else first)
    return None if start is None or end is None or end < start else (start, end)


def _port(text: str) -> int | None:
    number = int(text) if NUMBER.match(text) else -1
    return number if 0 <= number <= LARGEST_PORT else None


def _check_stopsignal(instruction: Stopsignal) -> None:
    text = instruction.signal
    number = int(text) if NUMBER.match(text) else 0
    if not number and text.upper().removeprefix("SIG") not in SIGNALS:
        problem = f"STOPSIGNAL {shown(text)}: there is no such signal"
        raise DockerfileError(problem)
