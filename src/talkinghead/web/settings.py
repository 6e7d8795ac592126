"""Settings of the service."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from talkinghead.errors import InputError

SHORTEST_TOKEN = 16  # characters
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LARGEST_PORT = 65_535


@dataclass(frozen=True)
class ServiceSettings:
    """What the service may take and who may use it.

    Attributes:
        data: the folder of jobs, persons and their files.
        host: the address to listen at.
        port: the port; 0: any that is free.
        workers: processes that make videos.
        ray: address of a Ray cluster that makes them instead, with at most so many workers; None: this machine does.
        token: the secret that clients must know; None: nobody is asked, and ``host`` is this machine itself.
        max_upload: bytes of one request.
        max_seconds: of work for one job.
        max_memory: bytes that a worker may hold.
        queue: jobs that may wait.
        per_client: jobs of one client that may wait or run.
        keep: seconds for which results are kept.
        names: names under which the service is reached, besides addresses and "localhost".
        proxy: address of the reverse proxy whose word on the clients' addresses is taken; None: nobody's.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8765
    workers: int = 1
    ray: str | None = None
    token: str | None = None
    max_upload: int = 200_000_000
    max_seconds: float = 600.0
    max_memory: int = 4_000_000_000
    queue: int = 100
    per_client: int = 10
    keep: float = 86_400.0
    names: tuple[str, ...] = ()
    proxy: str | None = None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for numbers out of range, and for doors that would be open to everybody."""
        for name, value in (
            ("workers", self.workers),
            ("queue", self.queue),
            ("per-client", self.per_client),
            ("max-upload", self.max_upload),
            ("max-memory", self.max_memory),
        ):
            if value < 1:
                raise InputError(f"--{name} {value} is out of range: choose a number from 1 up.")
        if not 0 < self.max_seconds < float("inf"):
            raise InputError(f"--max-seconds {self.max_seconds:g} is out of range: choose seconds above 0.")
        if not 0 <= self.port <= _LARGEST_PORT:
            raise InputError(f"--port {self.port} is out of range: choose a number up to {_LARGEST_PORT}.")
        if self.token is None and not is_loopback(self.host):
            raise InputError(
                f"--host {self.host} can be reached from other machines: give --token-file, or leave out --host."
            )

    @property
    def loopback(self) -> bool:
        """Whether the service can be reached from this machine alone."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as seen from itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_token(path: Path) -> str:
    """The secret in a file, without white space around it.

    Raises:
        InputError: the file cannot be read, or the secret is short or not in ASCII.
    """
    from talkinghead.media.files import existing_file

    content = existing_file(path).read_bytes()[:10_000].strip()
    token = content.decode("ascii", errors="replace")
    if not re.fullmatch(rf"[!-~]{{{SHORTEST_TOKEN},}}", token):
        make = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        raise InputError(
            f"{path} holds no token of at least {SHORTEST_TOKEN} letters, digits and signs: make one with {make}."
        )
    return token


def parse_size(text: str, option: str) -> int:
    """Bytes from a text such as "200MB" or "1.5 GB".

    Raises:
        InputError: it is no size; the sentence names ``option``.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([KMGT]?)B?", text.strip().upper(), re.ASCII)
    if found is None:
        raise InputError(f"{option} {text} is not a size: write one such as 200MB.")
    return int(float(found[1]) * _UNITS[found[2]])


def parse_span(text: str, option: str) -> float:
    """Seconds from a text such as "24h", "30m", "90s" or "7d".

    Raises:
        InputError: it is no span of time; the sentence names ``option``.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhd])", text.strip().lower(), re.ASCII)
    if found is None:
        raise InputError(f"{option} {text} is not a span of time: write one such as 24h, 30m or 7d.")
    return float(found[1]) * _SECONDS[found[2]]
