"""The interface of a wire: a request in Steward's words in, batches of events out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import aiohttp

from steward.kernel.settings import Limits
from steward.providers.events import ProviderEvent


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt. `parts` have the shapes in which threads store them."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: list[dict[str, Any]]

    @classmethod
    def of_text(cls, role: Literal["system", "user", "assistant"], text: str) -> PromptMessage:
        """A message that is only text."""
        return cls(role, [{"type": "text", "text": text}])

    @property
    def text(self) -> str:
        """The message's text parts, joined."""
        return "".join(part["text"] for part in self.parts if part.get("type") == "text")


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a model."""

    messages: list[PromptMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: list[str] | None = None
    seed: int | None = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and as whom a model is called."""

    provider: str
    model: str
    base_url: str
    key: str | None


class Wire(Protocol):
    """A provider's protocol."""

    def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model.

        Yields: what came in one read, adjacent text joined; at the end `Usage` when the provider told it, then
        `Finish`.

        Raises:
            LLMError: the call failed, before or in the middle of the answer.
        """
        ...
