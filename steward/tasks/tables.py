"""The table of tasks: how far tickets are counted. Tasks and tickets themselves are things."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row


class TicketNumber(Owned, Row):
    """The last number that a workspace gave to a ticket; locked while the next is given, so that none is left out."""

    __tablename__ = "ticket_numbers"

    last: Mapped[int] = mapped_column(server_default=text("0"))
