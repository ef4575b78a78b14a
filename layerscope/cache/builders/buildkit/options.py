"""Options of a build that act on its steps: BuildKit's frontend options and build arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.dockerfile.csvfields import split_fields
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build

NETWORKS = ("none", "host", "sandbox")
RESOURCES = (
    "memory",
    "memswap",
    "cpushares",
    "cpuperiod",
    "cpuquota",
    "cpusetcpus",
    "cpusetmems",
)
EPOCH = "SOURCE_DATE_EPOCH"
NANOSECONDS = 1_000_000_000
REMOTE = frozenset(":/@")
INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Options:
    """What is the same for all steps of a build.

    Attributes:
        network: `sandbox`, `none` or `host`.
        hosts: Names of extra hosts, in order; their addresses are in no key.
        hostname: Empty if not set.
        shm_size: In bytes; 0 if not set.
        limits: `ulimit`, each as `name=soft:hard`.
        parent_group: `cgroup-parent`.
        resources: Name and value of each limit that is set.
        cache_namespace: What stands in front of the ids of cache mounts.
    """

    network: str = "sandbox"
    hosts: tuple[str, ...] = ()
    hostname: str = ""
    shm_size: int = 0
    limits: tuple[str, ...] = ()
    parent_group: str = ""
    resources: tuple[tuple[str, str], ...] = ()
    cache_namespace: str = ""


def options_of(build: Build, *, all_known: bool) -> Options:
    """The options of a build. Raises: `DockerfileError`.

    `all_known` is false for frontends that know the network, hosts and hostname only.
    """
    given = build.frontend_options
    network = given.get("force-network-mode") or "sandbox"
    if network not in NETWORKS:
        problem = f"{shown(network)} is no network mode; there are {', '.join(NETWORKS)}"
        raise DockerfileError(problem)
    hostname = build.build_args.get("BUILDKIT_SANDBOX_HOSTNAME") or given.get("hostname", "")
    basic = Options(
        network=network,
        hosts=_hosts(given.get("add-hosts", "")),
        hostname=hostname,
        cache_namespace=build.build_args.get("BUILDKIT_CACHE_MOUNT_NS", ""),
    )
    if not all_known:
        return basic
    size = given.get("shm-size") or "0"
    try:
        shm_size = int(size)
    except ValueError:
        problem = f"shm-size {shown(size)} is no number of bytes"
        raise DockerfileError(problem) from None
    return Options(
        network=basic.network,
        hosts=basic.hosts,
        hostname=basic.hostname,
        cache_namespace=basic.cache_namespace,
        shm_size=shm_size,
        limits=_limits(given.get("ulimit", "")),
        parent_group=given.get("cgroup-parent", ""),
        resources=tuple((name, given[name]) for name in RESOURCES if given.get(name)),
    )


def _hosts(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    names = []
    for field in split_fields(text.lower()):
        name, equals, _ = field.partition("=")
        if not equals:
            problem = f"an extra host is name=address, not {shown(field)}"
            raise DockerfileError(problem)
        names.append(name)
    return tuple(names)


def epoch_ns(value: str, sources: Sequence[str] = ()) -> int | None:
    """The time that `SOURCE_DATE_EPOCH` sets, in nanoseconds; None if it sets none.

    It can name one of `sources`, the context or something remote to take the time from; that time
    is not known here. Raises: `DockerfileError`.
    """
    digits = value.removeprefix("-").removeprefix("+")
    if digits.isascii() and digits.isdigit():
        return int(value) * NANOSECONDS
    named = {"", "context", *(name.lower() for name in sources)}
    if value.lower() not in named and not REMOTE & set(value):
        problem = f"SOURCE_DATE_EPOCH {shown(value)} is neither a number nor the name of a source"
        raise DockerfileError(problem)
    return None


def _limits(text: str) -> tuple[str, ...]:
    return tuple(_limit(each) for each in split_fields(text)) if text else ()


def _limit(text: str) -> str:
    """A limit with both of its values; one alone is both."""
    name, equals, values = text.partition("=")
    soft, colon, hard = values.partition(":")
    if not equals or not all(INTEGER.match(each) for each in (soft, *([hard] if colon else []))):
        problem = f"ulimit {shown(text)} is not name=soft[:hard]"
        raise DockerfileError(problem)
    return f"{name}={int(soft)}:{int(hard) if colon else int(soft)}"
