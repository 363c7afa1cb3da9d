"""Which kinds of interviews there are: the built-in ones, and those that other packages add."""

from __future__ import annotations

from typing import Final

from steward.interviews.definitions import Interview
from steward.interviews.errors import InterviewUnknown
from steward.interviews.hybrid_offer import HYBRID_OFFER
from steward.interviews.workshop import WORKSHOP

_known: Final[dict[str, Interview]] = {one.name: one for one in (HYBRID_OFFER, WORKSHOP)}


def register(interview: Interview) -> Interview:
    """Add a kind of interview; at module level, by whoever owns it.

    Raises:
        ValueError: another one has the name.
    """
    if _known.setdefault(interview.name, interview) is not interview:
        raise ValueError(f"there is an interview named {interview.name!r} already")
    return interview


def every() -> list[Interview]:
    """All of them, by their titles."""
    return sorted(_known.values(), key=lambda one: one.title)


def find(name: str) -> Interview | None:
    """The one of this name, or None: what it came from may be gone."""
    return _known.get(name)


def get(name: str) -> Interview:
    """The one of this name.

    Raises:
        InterviewUnknown: there is none.
    """
    found = find(name)
    if found is None:
        raise InterviewUnknown(
            f"There is no interview named {name[:100]!r}; there are {', '.join(sorted(_known))}.",
            field="definition",
        )
    return found
