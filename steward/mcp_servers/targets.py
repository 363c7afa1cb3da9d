"""Where an MCP server is and what opens it, in the clear: for the moment of a connection, never stored or shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Streams: TypeAlias = tuple[Any, Any]
"""What the SDK reads messages from, and what it writes them to."""

MOST_BYTES: Final = 8_000_000
"""What a server may send in one session, whatever it is: its tools and its answer."""

TOO_MUCH: Final = f"sent too much: at most {MOST_BYTES / 1e6:g} MB are read"


class ServerTrouble(Exception):
    """A server did not do as the protocol says; the sentence begins with what it did, and names no address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server of a workspace.

    Attributes:
        url: of one that speaks streamable HTTP; None for a program.
        command: full path of a program that speaks over its standard input and output.
        headers: sent with every request over HTTP.
        environment: all that the program gets beside a path and a folder of its own.
    """

    name: str
    url: str | None = None
    command: str | None = None
    arguments: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    environment: dict[str, str] = field(default_factory=dict[str, str], repr=False)


class Allowance:
    """Counts what a server sends."""

    def __init__(self) -> None:
        self._seen = 0

    def take(self, count: int) -> None:
        """Count so many bytes.

        Raises:
            ServerTrouble: they are too many.
        """
        self._seen += count
        if self._seen > MOST_BYTES:
            raise ServerTrouble(TOO_MUCH)
