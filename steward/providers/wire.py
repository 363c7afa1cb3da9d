"""The interface of a wire: a request in Steward's words in, batches of events out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

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
class ToolSpec:
    """A tool as a model sees it. `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class OneTool:
    """The choice of one tool, by its name."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | OneTool


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON that an answer must be."""

    name: str
    schema: dict[str, Any]
    description: str | None = None
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that an answer may rest on.

    Attributes:
        number: by which an answer cites it: `[1]`.
        text: the stretch itself, `document_text[start:end]`.
        score: how well it fits the question, 0 to 1.
        coverage: the share of the question's words that it holds, weighed by how rare they are, 0 to 1.
        headings: of the chapters that it stands in, the widest first.
        revision: of the document's text that `start` and `end` count in.
        url: where people open the document at this place.
    """

    number: int
    text: str
    title: str
    score: float
    document_id: str
    collection_id: str
    file_id: str | None
    revision: int
    ordinal: int
    start: int
    end: int
    page: int | None
    headings: tuple[str, ...]
    url: str
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a model. What is None is left to the provider.

    Attributes:
        passages: what was found for the question. Models read them in the system message; the built-in provider,
            which reads no prompts, answers from these.
    """

    messages: list[PromptMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: list[str] | None = None
    seed: int | None = None
    tools: list[ToolSpec] = field(default_factory=list[ToolSpec])
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputSchema | Literal["json"] | None = None
    reasoning_effort: str | None = None
    passages: list[Passage] = field(default_factory=list[Passage])


Lack = Literal[
    "stream_options", "seed", "parallel_tool_calls", "json_schema", "tool_choice_required", "temperature"
]


@dataclass(frozen=True, slots=True)
class Quirks:
    """How a host differs from the wire that it speaks.

    Attributes:
        key_header: header that carries the key, when it is not the wire's own.
        path: path behind the base URL, when it is not the wire's own; `{model}` stands for the model's name.
        query: added to the address.
        lacks: what the host refuses in a request, and is therefore left out.
        max_tokens_field: the name under which the host takes the most tokens of an answer.
    """

    key_header: str | None = None
    path: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    lacks: frozenset[Lack] = frozenset()
    max_tokens_field: str | None = None


PLAIN: Final = Quirks()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and as whom a model is called."""

    provider: str
    model: str
    base_url: str
    key: str | None = field(repr=False)
    quirks: Quirks = PLAIN


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
