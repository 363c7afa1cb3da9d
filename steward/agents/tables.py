"""Tables of agents: what they were at every change, and how they have done. The agents themselves are things."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row


def _of_thing() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "id"], ["things.workspace_id", "things.id"], ondelete="CASCADE"
    )


class AgentVersion(Owned, Row):
    """An agent as one change left it. The id is the agent's."""

    __tablename__ = "agent_versions"
    __table_args__ = (_of_thing(),)

    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    properties: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class AgentStatistics(Owned, Row):
    """How the turns of an agent ended. The id is the agent's."""

    __tablename__ = "agent_statistics"
    __table_args__ = (_of_thing(), CheckConstraint("successes <= executions", name="successes"))

    executions: Mapped[int] = mapped_column(server_default=text("0"))
    successes: Mapped[int] = mapped_column(server_default=text("0"))
    last_run_at: Mapped[datetime]
