"""What runs refuse, and how a turn fails."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class RunNotLive(Refusal):
    """The run is over."""

    tag = "run_not_live"
    status = 409
    title = "The run is over"


class RunTimeout(Refusal):
    """The turn took longer than the limit."""

    tag = "run_timeout"
    status = 504
    title = "The turn took too long"


class RunInterrupted(Refusal):
    """The server stopped in the middle of the turn and could not go on with it."""

    tag = "run_interrupted"
    status = 503
    title = "The turn was interrupted"


class RunBroke(Refusal):
    """A bug ended the turn; the log has the cause."""

    tag = "run_failed"
    status = 500
    title = "The turn failed"


class TooManySteps(Refusal):
    """The model went on calling tools."""

    tag = "too_many_steps"
    status = 500
    title = "The turn had too many steps"
