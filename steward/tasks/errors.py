"""What tasks refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class AssigneeUnknown(Refusal):
    """A task can be given to a member of the workspace only."""

    tag = "assignee_unknown"
    status = 422
    title = "Nobody of the workspace is called that"
    remedy = "Name a member of the workspace by their id or e-mail address, or leave the assignee out."
