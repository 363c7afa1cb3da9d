"""What schedules refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class ScheduleOwnerGone(Refusal):
    """Whoever made the schedule left the workspace or may not sign in any more, so that nobody can act."""

    tag = "schedule_owner_gone"
    status = 409
    title = "The schedule has no owner any more"
    remedy = "Ask somebody who is a member of the workspace to make the schedule anew."


class ScheduleFollowsAgent(Refusal):
    """The agent's own schedule says when this one comes; two answers to that would be one too many."""

    tag = "schedule_follows_agent"
    status = 409
    title = "The agent says when this schedule comes"
    remedy = "Change the schedule of the agent itself."


class ScheduleStillBusy(Refusal):
    """What the schedule began before is not over yet, so that its next slot is skipped: turns would pile up."""

    tag = "schedule_still_busy"
    status = 409
    title = "The last turn of the schedule is not over"
    remedy = "Answer what it waits for, stop it, or let the schedule come less often."
