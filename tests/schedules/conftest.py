"""One clock at a time: schedules are the house's, and a test that moves its clock must not move those of others."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import update

from steward.kernel.runtime import Runtime
from steward.schedules.tables import Schedule

_LOCK = 7_316_900


@pytest.fixture
async def lone_clock(house: Runtime) -> AsyncGenerator[None]:
    """No other test process moves a clock meanwhile, and no schedule is left that would begin."""
    connection = await house.database.listen_connection()
    try:
        await connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
        yield
        async with house.database.house() as session:
            await session.execute(update(Schedule).values(next_at=None, due_at=None))
    finally:
        await connection.close()
