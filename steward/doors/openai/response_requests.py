"""What clients of the Responses API ask for: the body of a new response, read into what a turn takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from steward.agents.service import ClientTool, Wishes
from steward.agents.specialists import DEFAULT_ID
from steward.doors.openai import metadata, response_input, response_tools
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body, known_word, missing, wrong_type
from steward.doors.openai.response_ids import read_conversation
from steward.doors.openai.response_input import Input
from steward.doors.openai.response_tools import Offered
from steward.providers.wire import OutputSchema, ToolChoice

RESULTS: Final = "file_search_call.results"

_MOST_TOKENS: Final = 10_000_000
_MOST_INSTRUCTIONS: Final = 256_000
_WHOLE_HISTORY: Final = 200
"""How many messages back a model reads; what is too long for it is left out when its provider says so."""
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_UNAVAILABLE: Final[Mapping[str, str]] = {
    "access_programs": "Leave it out.",
    "context_management": "Leave it out: long conversations are cut to fit by themselves.",
    "max_tool_calls": "Leave it out, or ask an agent, whose own limit of tool calls holds.",
    "moderation": "Leave it out.",
    "prompt": "Send its text as 'instructions', or ask an agent, as 'agent/<name>'.",
    "top_logprobs": "Leave it out: no provider-neutral form of it exists.",
}
_INCLUDED: Final = (
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    RESULTS,
    "message.input_image.image_url",
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
)
_ECHOED: Final = ("prompt_cache_key", "prompt_cache_retention", "safety_identifier", "user")


@dataclass(frozen=True, slots=True)
class Manner:
    """How the model shall answer; None leaves it to whoever answers.

    Attributes:
        functions: of the client, those that the choice of tools leaves.
        most_tokens: of all model calls together.
    """

    offered: Offered
    functions: list[ClientTool]
    choice: ToolChoice | None
    output: OutputSchema | Literal["json"] | None
    instructions: str | None
    temperature: float | None
    top_p: float | None
    most_tokens: int | None
    effort: str | None
    is_parallel: bool | None

    def wishes(self, agent_id: str | None, model: str | None) -> Wishes:
        """What the turn wishes.

        Args:
            agent_id: who answers; None for a model by itself, which gets no tools of the server and no documents
                unasked, as everywhere on this wire.
            model: by its name; None for the workspace's default.
        """
        is_by_agent = agent_id is not None
        searches = self.offered.store_ids is not None
        return Wishes(
            agent_id=agent_id or DEFAULT_ID,
            model=None if is_by_agent else model,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.most_tokens,
            run_output_tokens=self.most_tokens,
            last_messages=_WHOLE_HISTORY,
            instructions=self.instructions if is_by_agent else None,
            own_instructions=None if is_by_agent else self.instructions,
            reasoning_effort=self.effort,
            rag_enabled=searches or (None if is_by_agent else False),
            rag_top_k=self.offered.passages,
            collection_ids=self.offered.store_ids,
            tools=None if is_by_agent and self.choice != "none" else [],
            client_tools=self.functions or None,
            tool_choice=self.choice,
            parallel_tool_calls=self.is_parallel,
            output=self.output,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A response as it is asked for.

    Attributes:
        thread_id: of the conversation that it belongs to.
        echo: the settings as the response shows them.
        include: what is shown beside the usual.
    """

    said: Input
    model: str | None
    manner: Manner
    previous_id: str | None
    thread_id: str | None
    is_streamed: bool
    is_background: bool
    is_stored: bool
    include: list[str]
    echo: dict[str, Any]


def read(body: Body) -> Asked:
    """Read the body of a new response.

    Raises:
        BadRequest: it does not fit, or asks for what is not done here; the sentence says which field.
        MessageEmpty, MessageTooLong: a message says nothing, or too much.
    """
    _ensure_available(body)
    manner = _manner(body)
    said = response_input.read(body)
    if not (said.drafts or said.outputs):
        raise missing("input")
    asked = Asked(
        said=said,
        model=body.text("model", most=300),
        manner=manner,
        previous_id=body.text("previous_response_id"),
        thread_id=_thread(body),
        is_streamed=body.flag("stream") or False,
        is_background=body.flag("background") or False,
        is_stored=body.flag("store") is not False,
        include=ensure_included(body.texts("include") or []),
        echo=_echo(body, manner),
    )
    _ensure_consistent(asked)
    return asked


def _manner(body: Body) -> Manner:
    offered = response_tools.read_tools(body)
    choice, functions = response_tools.read_choice(body, offered)
    reasoning = body.inner("reasoning")
    return Manner(
        offered=offered,
        functions=functions,
        choice=choice,
        output=response_tools.read_format(body),
        instructions=body.text("instructions", most=_MOST_INSTRUCTIONS),
        temperature=body.number("temperature", least=0, most=2),
        top_p=body.number("top_p", least=0, most=1),
        most_tokens=body.whole("max_output_tokens", least=1, most=_MOST_TOKENS),
        effort=None if reasoning is None else reasoning.one_of("effort", _EFFORTS),
        is_parallel=body.flag("parallel_tool_calls"),
    )


def _echo(body: Body, manner: Manner) -> dict[str, Any]:
    """The settings as responses show them: those that hold, whatever was asked for."""
    text, reasoning = body.inner("text"), body.inner("reasoning")
    wanted = None if text is None else text.inner("format")
    summary = None if reasoning is None else reasoning.text("summary")
    return {
        "model": body.text("model"),
        "instructions": manner.instructions,
        "tools": manner.offered.shown,
        "tool_choice": body.fields.get("tool_choice") or "auto",
        "parallel_tool_calls": manner.is_parallel is not False,
        "temperature": 1.0 if manner.temperature is None else manner.temperature,
        "top_p": 1.0 if manner.top_p is None else manner.top_p,
        "max_output_tokens": manner.most_tokens,
        "text": {"format": {"type": "text"} if wanted is None else wanted.fields, "verbosity": "medium"},
        "reasoning": {"effort": manner.effort, "summary": summary},
        "truncation": body.one_of("truncation", ("auto", "disabled")) or "disabled",
        "metadata": metadata.read(body) or {},
        "background": body.flag("background") or False,
        "store": body.flag("store") is not False,
        "previous_response_id": body.text("previous_response_id"),
        **{name: given for name in _ECHOED if (given := body.text(name)) is not None},
    }


def ensure_included(given: list[str]) -> list[str]:
    """The same words, when this wire has them all.

    Raises:
        BadRequest: it does not.
    """
    return [known_word(f"include[{at}]", one, _INCLUDED) for at, one in enumerate(given)]


def _ensure_available(body: Body) -> None:
    """What would change an answer is refused rather than left out."""
    for name, remedy in _UNAVAILABLE.items():
        if body.fields.get(name):
            raise BadRequest(
                f"'{name}' is not available here. {remedy}", param=name, code="unsupported_parameter"
            )


def _ensure_consistent(asked: Asked) -> None:
    if asked.thread_id is not None and asked.previous_id is not None:
        raise BadRequest(
            "Mutually exclusive parameters: name a 'conversation' or a 'previous_response_id', not both.",
            param="previous_response_id",
            code="mutually_exclusive_parameters",
        )
    if asked.is_stored:
        return
    if asked.is_background:
        raise BadRequest("A response in the background is kept: leave out 'store'.", param="background")
    if asked.thread_id is not None:
        raise BadRequest(
            "What is said in a conversation is kept: leave out 'store' or 'conversation'.", param="store"
        )


def _thread(body: Body) -> str | None:
    """The thread of the conversation that a body names, by its id or as an object with it."""
    given: object = body.fields.get("conversation")
    if given is None:
        return None
    if isinstance(given, str):
        return read_conversation(given, "conversation")
    if not isinstance(given, dict):
        raise wrong_type("conversation", "one of a string or an object", given)
    inner = body.inner("conversation")
    assert inner is not None
    return read_conversation(inner.needed_text("id"), inner.path_of("id"))
