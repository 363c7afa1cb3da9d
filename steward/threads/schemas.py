"""What crosses the native door of threads."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from steward.kernel.pages import AnyId, CleanText, ShortText


def _one_line(text: str) -> str:
    # Composed, so that a tag is the same from whichever keyboard it comes.
    return " ".join(unicodedata.normalize("NFC", text).split())


Tag = Annotated[
    CleanText,
    AfterValidator(_one_line),
    StringConstraints(min_length=1, max_length=40),
]
"""A word under which conversations are filed; blanks around it and between its words do not count."""

Tags = Annotated[list[Tag], Field(max_length=10), AfterValidator(lambda tags: list(dict.fromkeys(tags)))]
"""Tags of one conversation, each once, in the order given."""

Rating = Literal["good", "bad"]


class ThreadRead(BaseModel):
    """A conversation."""

    id: str
    client_id: str | None = Field(
        description="The id that the client chose; either id names the conversation."
    )
    title: str
    model: str | None
    agent_id: str | None
    pinned: bool
    archived: bool
    tags: list[str]
    status: Literal["idle", "running"]
    message_count: int
    token_count: int
    last_message_preview: str
    last_message_at: datetime
    created_at: datetime
    updated_at: datetime
    head_id: str | None = Field(description="The newest message of the visible branch.")
    metadata: dict[str, Any]


class MessageUsage(BaseModel):
    """Tokens of an answer, all its model calls together."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class MessageError(BaseModel):
    """Why an answer failed, fit to show. `is_own` when the workspace wrote the sentence itself."""

    tag: str
    message: str
    is_own: bool = False


class Feedback(BaseModel):
    """What the reader of an answer said about it."""

    rating: Rating
    reason: str | None


class MessageRead(BaseModel):
    """A message of a conversation."""

    id: str
    client_id: str | None
    parent_id: str | None
    role: Literal["user", "assistant", "system", "tool"]
    parts: list[dict[str, Any]]
    status: str
    model: str | None
    finish_reason: str | None
    usage: MessageUsage | None
    run_id: str | None
    error: MessageError | None
    created_at: datetime
    metadata: dict[str, Any]
    siblings: list[str] = Field(
        description="Ids of the versions of this message, oldest first, itself included."
    )
    feedback: Feedback | None = Field(default=None, description="The caller's own.")


class ThreadPage(BaseModel):
    """A page of conversations, pinned first, then newest first."""

    items: list[ThreadRead]
    next_cursor: str | None


class LiveRun(BaseModel):
    """The run that answers just now."""

    id: str
    message_id: str
    status: str


class Conversation(BaseModel):
    """A conversation with a page of its visible branch, or of that of a message that was named; newest first."""

    thread: ThreadRead
    messages: list[MessageRead]
    next_cursor: str | None
    leaf_id: str | None = Field(
        default=None,
        description="The last message of the branch that the page is of; null for a page asked for by cursor.",
    )
    live_run: LiveRun | None = None


class SearchHit(BaseModel):
    """A message that was found. Hits in `snippet` stand between U+E000 and U+E001."""

    thread: ThreadRead
    message_id: str
    snippet: str


class SearchPage(BaseModel):
    """What a search found, best first."""

    items: list[SearchHit]


class ThreadCreate(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="forbid")

    title: ShortText = Field(default="", max_length=100)
    client_id: AnyId | None = None


class ThreadChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: ShortText | None = Field(default=None, min_length=1, max_length=100)
    pinned: bool | None = None
    archived: bool | None = None
    head_id: AnyId | None = Field(default=None, description="A message whose branch becomes the visible one.")
    tags: Tags | None = Field(
        default=None, description="All of its tags from now on; an empty list takes them away."
    )


class Branch(BaseModel):
    """Where to fork."""

    model_config = ConfigDict(extra="forbid")

    message_id: AnyId


class Archived(BaseModel):
    """The conversation was archived."""

    success: Literal[True] = True
    archived: Literal[True] = True
    id: str


class TagCount(BaseModel):
    """A tag, and how many conversations outside the archive have it."""

    tag: str
    conversations: int


class TagList(BaseModel):
    """Tags, the most used first."""

    items: list[TagCount]


class ShareRead(BaseModel):
    """A conversation is shared with the workspace."""

    id: str
    conversation_id: str
    path: str = Field(description="Where colleagues read it in the web app.")
    created_at: datetime


class SharedThread(BaseModel):
    """A conversation as a colleague who shares it lets it be read."""

    id: str = Field(description="Id of the share, which is all that a reader knows the conversation by.")
    title: str
    shared_by: str = Field(description="Name of who shares it.")
    message_count: int
    created_at: datetime = Field(description="When it was shared.")
    updated_at: datetime = Field(description="When its last message came.")


class SharedPage(BaseModel):
    """A page of shared conversations, those shared last first."""

    items: list[SharedThread]
    next_cursor: str | None


class MessagePage(BaseModel):
    """A page of the visible branch, newest first."""

    items: list[MessageRead]
    next_cursor: str | None


class FeedbackGiven(BaseModel):
    """What to say about an answer."""

    model_config = ConfigDict(extra="forbid")

    rating: Rating
    reason: Annotated[CleanText, StringConstraints(max_length=2_000, strip_whitespace=True)] | None = None


class FeedbackRead(Feedback):
    """Feedback on an answer."""

    message_id: str
    created_at: datetime
    updated_at: datetime


class FeedbackEntry(FeedbackRead):
    """Feedback as those who run the workspace read it; what was said in the conversation is not theirs."""

    id: str
    thread_id: str
    user_id: str
    user_name: str
    model: str | None
    agent_id: str | None


class FeedbackPage(BaseModel):
    """A page of feedback, newest first."""

    items: list[FeedbackEntry]
    next_cursor: str | None
