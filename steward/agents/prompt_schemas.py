"""What crosses the native door about prompts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from steward.kernel.pages import ShortText
from steward.usage.days import ensure_zone

_TimeZone = Annotated[str, AfterValidator(ensure_zone), Field(max_length=64, examples=["Europe/Berlin"])]
_ProductName = Annotated[ShortText, StringConstraints(min_length=1, max_length=100)]


class PromptSection(BaseModel):
    """A part of a prompt. `left_out`: there is no room for it."""

    name: str
    text: str
    tokens: int
    left_out: bool


class PromptRead(BaseModel):
    """What an agent would be told just now, before passages and the conversation."""

    sections: list[PromptSection]
    text: str
    tokens: int = Field(description="About as many as the model will count.")


class AssistantSettings(BaseModel):
    """How the workspace's assistant presents itself. A null leaves it to the server."""

    model_config = ConfigDict(extra="forbid")

    product_name: _ProductName | None = Field(
        default=None, description="What the assistant calls the product it belongs to."
    )
    time_zone: _TimeZone | None = Field(
        default=None, description="Of users whose own is not known; else UTC."
    )
