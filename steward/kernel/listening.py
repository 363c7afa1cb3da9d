"""Listening to PostgreSQL: what triggers and other processes tell, on a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from steward.kernel.work import Database

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_AGAIN_SECONDS: Final = 0.5


async def keep_listening(
    database: Database,
    channels: Mapping[str, Callable[[str], None]],
    *,
    on_up: Callable[[int], None] = lambda _backend_id: None,
    on_down: Callable[[], None] = lambda: None,
) -> None:
    """Hear what is told until cancelled; comes back by itself after the database was away.

    Args:
        database: where to listen.
        channels: for each what takes the payload of a notice.
        on_up: called as soon as nothing is missed, with the id of PostgreSQL's own process behind the line.
        on_down: called when the line is gone, and until the next `on_up` anything may be missed.
    """
    while True:
        try:
            await _listen(database, channels, on_up, on_down)
        except Exception as error:
            log.warning("listener_lost", channels=sorted(channels), error=type(error).__name__)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _listen(
    database: Database,
    channels: Mapping[str, Callable[[str], None]],
    on_up: Callable[[int], None],
    on_down: Callable[[], None],
) -> None:
    connection = await database.listen_connection()
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _connection: lost.set())
    try:
        for channel, hear in channels.items():
            await connection.add_listener(
                channel, lambda _line, _pid, _name, payload, hear=hear: hear(str(payload))
            )
        on_up(connection.get_server_pid())
        await lost.wait()
    finally:
        on_down()
        with contextlib.suppress(Exception):
            await connection.close(timeout=1)
