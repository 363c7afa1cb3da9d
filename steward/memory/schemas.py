"""What crosses the native door of memory, and what the room's parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from steward.kernel.pages import CleanText
from steward.usage.days import ensure_zone

Kind = Literal["recent", "goals", "challenges", "progress", "fact"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

TEXT_CHARS: Final = 500


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _said(text: str) -> str:
    if not (line := _one_line(text)):
        raise ValueError("a memory has to say something")
    return line


def _zone(name: str) -> str:
    return ensure_zone(name) if name else name


_Line = Annotated[CleanText, StringConstraints(max_length=200), AfterValidator(_one_line)]
_Lines = Annotated[CleanText, StringConstraints(max_length=1_000, strip_whitespace=True)]
MemoryText = Annotated[CleanText, StringConstraints(max_length=TEXT_CHARS), AfterValidator(_said)]
Importance = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to remember, as it was found: one sentence."""

    kind: Kind
    text: str
    importance: float = 0.5


@dataclass(frozen=True, slots=True)
class Source:
    """Where a memory was said; nothing when the person wrote it down."""

    thread_id: str | None = None
    message_id: str | None = None
    run_id: str | None = None


class MemoryRead(BaseModel):
    """A memory."""

    id: str
    kind: Kind
    text: str
    importance: float
    thread_id: str | None
    message_id: str | None
    run_id: str | None
    created_at: datetime
    updated_at: datetime
    last_recalled_at: datetime | None


class MemoryPage(BaseModel):
    """Memories, the newest first; those that a query found, the best first."""

    items: list[MemoryRead]
    next_cursor: str | None


class MemoryCreate(BaseModel):
    """Something to remember."""

    model_config = ConfigDict(extra="forbid")

    text: MemoryText
    kind: Kind = "fact"
    importance: Importance = 0.7


class MemoryChange(BaseModel):
    """What to change of a memory; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    text: MemoryText | None = None
    kind: Kind | None = None
    importance: Importance | None = None


class MemoriesDeleted(BaseModel):
    """How many memories were deleted."""

    deleted: int


class ProfileRead(BaseModel):
    """What a person says about themselves; empty where they said nothing.

    `account_name` is the account's, which prompts have anyway; `display_name` is what they like to be called.
    """

    user_id: str
    account_name: str
    display_name: str
    role: str
    company: str
    language: str
    time_zone: str
    preferences: str
    about: str
    is_memory_on: bool
    updated_at: datetime | None


ProfileField = Literal["display_name", "role", "company", "language", "time_zone", "preferences", "about"]
FIELDS: Final[tuple[ProfileField, ...]] = get_args(ProfileField)


class ProfileUpdate(BaseModel):
    """What to change of a profile; what is left out stays, and an empty text takes the field back."""

    model_config = ConfigDict(extra="forbid")

    display_name: _Line | None = None
    role: _Line | None = None
    company: _Line | None = None
    language: _Line | None = None
    time_zone: Annotated[_Line, AfterValidator(_zone)] | None = None
    preferences: _Lines | None = None
    about: _Lines | None = None
    is_memory_on: bool | None = None


class ProfileChangeRead(BaseModel):
    """One change of a profile."""

    id: str
    field: str
    before: str
    after: str
    made_by: Literal["person", "assistant"]
    run_id: str | None
    created_at: datetime


class ProfileHistory(BaseModel):
    """Changes of a profile, the newest first."""

    items: list[ProfileChangeRead]
