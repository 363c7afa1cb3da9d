"""Items of the Responses API, told from the parts of stored messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from steward.doors.openai.run_objects import arguments_of
from steward.doors.openai.run_steps import output_of
from steward.doors.openai.thread_objects import annotations_of as citations_of

Part = dict[str, Any]
Item = dict[str, Any]

_MESSAGE: Final = "msg_"


@dataclass(slots=True)
class Naming:
    """The ids of an answer's items, told from that of its message: the first text has the very same.

    Attributes:
        texts: how many texts have been named so far.
        thoughts: how many stretches of reasoning.
        calls: how many calls of tools, the server's own included.
    """

    message_id: str
    texts: int = 0
    thoughts: int = 0
    calls: int = 0

    def text(self) -> str:
        """The id of the next text."""
        self.texts += 1
        return self._id("msg", self.texts)

    def thought(self) -> str:
        """The id of the next stretch of reasoning."""
        self.thoughts += 1
        return self._id("rs", self.thoughts)

    def call(self) -> str:
        """The id of the next call."""
        self.calls += 1
        return self._id("fc", self.calls)

    @property
    def search(self) -> str:
        """The id of the search of the documents."""
        return self._id("fs", 1)

    def _id(self, prefix: str, number: int) -> str:
        letters = self.message_id.removeprefix(_MESSAGE)
        return f"{prefix}_{letters}" if number == 1 else f"{prefix}_{letters}_{number - 1}"


def message_id_of(item_id: str) -> str:
    """The message that an item belongs to, by its id."""
    return f"{_MESSAGE}{item_id.partition('_')[2].partition('_')[0]}"


def output_id_of(call_item_id: str) -> str:
    """The id of what came of a call, by that of the call's item."""
    return f"fco_{call_item_id.partition('_')[2]}"


@dataclass(slots=True)
class ItemsOf:
    """Tells the items of an answer part by part; texts in a row are one item.

    Attributes:
        shows: whether a call is told: what the server's own tools do is its own affair.
        sources: parts of the type `source`, cited anywhere in the answer.
    """

    naming: Naming
    sources: Sequence[Part]
    shows: Callable[[Part], bool]
    with_outputs: bool = False
    _items: list[Item] = field(default_factory=list[Item])
    _kind: str = ""
    _text: str = ""

    def read(self, parts: Iterable[Part], *, last_status: str = "completed") -> list[Item]:
        """The items of these parts.

        Args:
            parts: those that follow what was read before.
            last_status: of the text in which they end.
        """
        self._items = []
        for part in parts:
            match part["type"]:
                case "text" | "reasoning":
                    self._said(part["type"], part["text"])
                case "tool_call":
                    self._close("completed")
                    self._called(part)
                case _:
                    pass
        self._close(last_status)
        return self._items

    def _said(self, kind: str, text: str) -> None:
        if not text:
            return
        if kind != self._kind:
            self._close("completed")
            self._kind = kind
        self._text += text

    def _close(self, status: str) -> None:
        if self._kind == "text":
            item_id, cited = self.naming.text(), annotations_of(self._text, self.sources)
            self._items.append(message_item(item_id, [output_text(self._text, cited)], status))
        elif self._kind == "reasoning":
            self._items.append(reasoning_item(self.naming.thought(), self._text))
        self._kind = self._text = ""

    def _called(self, part: Part) -> None:
        item_id = self.naming.call()
        if "input" not in part or not self.shows(part):
            return
        call_id: str = part["call_id"]
        arguments = arguments_in(part["input"], part.get("raw_input", ""))
        self._items.append(call_item(item_id, call_id, part["name"], arguments))
        output = part.get("output", part.get("error"))
        if self.with_outputs and output is not None:
            self._items.append(output_item(output_id_of(item_id), call_id, output_of(output)))


def arguments_in(given: dict[str, Any] | None, raw: str) -> str:
    """The arguments of a call as text; what a model wrote that is no JSON object, as it wrote it."""
    return raw if given is None and raw else arguments_of(given)


def message_item(item_id: str, content: list[dict[str, Any]], status: str) -> Item:
    """What an assistant says."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def output_text(text: str, annotations: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Text as the content of an answer."""
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def reasoning_item(item_id: str, text: str | None) -> Item:
    """What a model thought; without a text it has only begun to."""
    summary = [] if text is None else [{"type": "summary_text", "text": text}]
    return {"id": item_id, "type": "reasoning", "summary": summary}


def call_item(item_id: str, call_id: str, name: str, arguments: str, status: str = "completed") -> Item:
    """A call of a function, for the client to carry out."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": call_id,
        "name": name,
    }


def output_item(item_id: str, call_id: str, output: str) -> Item:
    """What a function of the client gave."""
    return {
        "id": item_id,
        "type": "function_call_output",
        "status": "completed",
        "call_id": call_id,
        "output": output,
    }


def search_item(
    item_id: str, queries: list[str], status: str, results: list[dict[str, Any]] | None = None
) -> Item:
    """The search of the documents for the question."""
    return {
        "id": item_id,
        "type": "file_search_call",
        "status": status,
        "queries": queries,
        "results": results,
    }


def found_in(source: Part) -> dict[str, Any]:
    """A passage that a search found: `source` has the fields of a part of that type."""
    return {
        "file_id": source["file_id"] or source["document_id"],
        "filename": source["title"],
        "score": min(1.0, max(0.0, source["score"])),
        "text": source["excerpt"],
        "attributes": {},
    }


def annotations_of(text: str, sources: Sequence[Part]) -> list[dict[str, Any]]:
    """What a text cites: each place, in code points, with the file of its passage."""
    names = {source["file_id"] or source["document_id"]: source["title"] for source in sources}
    return [
        {
            "type": "file_citation",
            "index": cited["start_index"],
            "file_id": cited["file_citation"]["file_id"],
            "filename": names[cited["file_citation"]["file_id"]],
        }
        for cited in citations_of(text, list(sources))
    ]
