"""The events of a run as the stream of the Responses API: every frame counted, items opened and closed in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from steward.doors.openai import response_items as items
from steward.doors.openai.response_items import Item, Part
from steward.doors.openai.response_objects import Stand
from steward.providers.events import ReasoningDelta, TextDelta, ToolCall, ToolCallStart, ToolInputDelta
from steward.providers.wire import Passage
from steward.runs.events import Retrieved, RunEvent, SourceCite, StepStart
from steward.runs.transcript import source_part

_json: Final = msgspec.json.Encoder().encode


class Encoder:
    """The frames of one response for one reader. Nothing here asks anybody: what is stored comes with `end`."""

    def __init__(
        self, stand: Stand, shown: Mapping[str, Any], *, after: int = -1, with_results: bool = False
    ) -> None:
        """Begin a stream.

        Args:
            stand: the response as it was stored when the stream began; of its own segment nothing counts yet.
            shown: the same as this wire shows it, at work and without output.
            after: number of the last frame that the reader has; frames up to it are counted and not sent.
            with_results: whether the passages are told that the search found.
        """
        self._shown = shown
        self._number = -1
        self._after = after
        self._index = -1
        self._naming = stand.naming()
        self._functions = stand.function_names
        self._sources: list[Part] = stand.sources
        self._searches = stand.searches
        self._question = stand.question
        self._with_results = with_results
        self._item: Item | None = None
        self._pieces: list[str] = []
        self._begun: set[str] = set()
        self._calls: dict[str, tuple[int, Item]] = {}
        self._head = b""

    def begin(self) -> bytes:
        """The first frames."""
        names = (
            ["created", "queued", "in_progress"] if self._shown["background"] else ["created", "in_progress"]
        )
        return b"".join(self._frame(f"response.{name}", response=_as(self._shown, name)) for name in names)

    def encode(self, events: Sequence[RunEvent]) -> bytes:
        """The frames of a batch, in one piece."""
        return b"".join(self._frames_of(event) for event in events)

    def end(self, shown: Mapping[str, Any]) -> bytes:
        """The last frames, with the response as it is stored."""
        status = shown["status"] if shown["status"] in ("completed", "incomplete", "failed") else "incomplete"
        closing = self._close("completed" if status == "completed" else "incomplete")
        return closing + self._frame(f"response.{status}", response=shown)

    def fail(self, error: Mapping[str, Any]) -> bytes:
        """The last frame of a stream that cannot go on; `error` has `code`, `message` and `param`."""
        return self._frame("error", **{name: error.get(name) for name in ("code", "message", "param")})

    def _frames_of(self, event: RunEvent) -> bytes:
        match event:
            case TextDelta():
                return self._text(event.text) if event.text else b""
            case ReasoningDelta():
                return self._thought(event.text) if event.text else b""
            case StepStart():
                # Without a passage the search has found nothing, which is told as well.
                return self._search([])
            case Retrieved():
                return self._search([source_of(passage) for passage in event.passages])
            case SourceCite():
                self._sources.append(source_part(event))
                return b""
            case ToolCallStart():
                return self._call(event.call_id, event.name)
            case ToolInputDelta():
                return self._arguments(event.call_id, event.text)
            case ToolCall():
                return self._whole_call(event)
            case _:
                return b""

    def _text(self, text: str) -> bytes:
        opening = b"" if self._speaks("message") else self._open_text()
        self._pieces.append(text)
        return opening + self._delta(text)

    def _open_text(self) -> bytes:
        item = items.message_item(self._naming.text(), [], "in_progress")
        closing = self._close("completed") + self._open(item)
        part = items.output_text("", [])
        self._set_head("response.output_text.delta", item, content_index=0, logprobs=[])
        return closing + self._place("response.content_part.added", item["id"], content_index=0, part=part)

    def _thought(self, text: str) -> bytes:
        opening = b"" if self._speaks("reasoning") else self._open_thought()
        self._pieces.append(text)
        return opening + self._delta(text)

    def _open_thought(self) -> bytes:
        item = items.reasoning_item(self._naming.thought(), None)
        closing = self._close("completed") + self._open(item)
        part = {"type": "summary_text", "text": ""}
        self._set_head("response.reasoning_summary_text.delta", item, summary_index=0)
        added = "response.reasoning_summary_part.added"
        return closing + self._place(added, item["id"], summary_index=0, part=part)

    def _speaks(self, kind: str) -> bool:
        return self._item is not None and self._item["type"] == kind

    def _open(self, item: Item) -> bytes:
        self._index += 1
        self._item, self._pieces = item, []
        return self._frame("response.output_item.added", output_index=self._index, item=item)

    def _close(self, status: str) -> bytes:
        """The end of what is being said, if anything is."""
        item, self._item = self._item, None
        if item is None:
            return b""
        text = "".join(self._pieces)
        return (
            self._close_text(item, text, status)
            if item["type"] == "message"
            else self._close_thought(item, text)
        )

    def _close_text(self, item: Item, text: str, status: str) -> bytes:
        cited = items.annotations_of(text, self._sources)
        told = [
            self._place(
                "response.output_text.annotation.added",
                item["id"],
                content_index=0,
                annotation_index=at,
                annotation=one,
            )
            for at, one in enumerate(cited)
        ]
        part = items.output_text(text, cited)
        done = items.message_item(item["id"], [part], status)
        return b"".join(
            [
                *told,
                self._place("response.output_text.done", item["id"], content_index=0, text=text, logprobs=[]),
                self._place("response.content_part.done", item["id"], content_index=0, part=part),
                self._frame("response.output_item.done", output_index=self._index, item=done),
            ]
        )

    def _close_thought(self, item: Item, text: str) -> bytes:
        part = {"type": "summary_text", "text": text}
        done = items.reasoning_item(item["id"], text)
        return b"".join(
            [
                self._place("response.reasoning_summary_text.done", item["id"], summary_index=0, text=text),
                self._place("response.reasoning_summary_part.done", item["id"], summary_index=0, part=part),
                self._frame("response.output_item.done", output_index=self._index, item=done),
            ]
        )

    def _search(self, sources: Sequence[Part]) -> bytes:
        if not self._searches:
            return b""
        self._searches = False
        self._index += 1
        results = [items.found_in(source) for source in sources] if self._with_results else None
        item_id = self._naming.search
        begun = items.search_item(item_id, [self._question], "in_progress")
        done = items.search_item(item_id, [self._question], "completed", results)
        return b"".join(
            [
                self._frame("response.output_item.added", output_index=self._index, item=begun),
                self._place("response.file_search_call.in_progress", item_id),
                self._place("response.file_search_call.searching", item_id),
                self._place("response.file_search_call.completed", item_id),
                self._frame("response.output_item.done", output_index=self._index, item=done),
            ]
        )

    def _call(self, call_id: str, name: str) -> bytes:
        closing, item_id = self._close("completed"), self._naming.call()
        self._begun.add(call_id)
        if name not in self._functions:
            # What the server's own tools do is its own affair.
            return closing
        self._index += 1
        item = items.call_item(item_id, call_id, name, "", "in_progress")
        opening = self._frame("response.output_item.added", output_index=self._index, item=item)
        self._calls[call_id] = (self._index, item)
        return closing + opening

    def _arguments(self, call_id: str, text: str) -> bytes:
        if call_id not in self._calls or not text:
            return b""
        index, item = self._calls[call_id]
        item["arguments"] += text
        name = "response.function_call_arguments.delta"
        return self._frame(name, item_id=item["id"], output_index=index, delta=text)

    def _whole_call(self, event: ToolCall) -> bytes:
        opening = b"" if event.call_id in self._begun else self._call(event.call_id, event.name)
        if event.call_id not in self._calls:
            return opening
        index, item = self._calls[event.call_id]
        if not item["arguments"]:
            opening += self._arguments(event.call_id, items.arguments_in(event.input, event.raw_input))
        del self._calls[event.call_id]
        # As it will be stored: a model's own blanks are not.
        item = {**item, "arguments": items.arguments_in(event.input, event.raw_input), "status": "completed"}
        told = {"item_id": item["id"], "output_index": index, "name": item["name"]}
        done = self._frame("response.function_call_arguments.done", arguments=item["arguments"], **told)
        return opening + done + self._frame("response.output_item.done", output_index=index, item=item)

    def _place(self, name: str, item_id: str, /, **fields: Any) -> bytes:
        """A frame about the item that was opened last."""
        return self._frame(name, item_id=item_id, output_index=self._index, **fields)

    def _frame(self, name: str, /, **fields: Any) -> bytes:
        self._number += 1
        if self._number <= self._after:
            return b""
        data = {"type": name, "sequence_number": self._number, **fields}
        return b"event: " + name.encode() + b"\ndata: " + _json(data) + b"\n\n"

    def _set_head(self, name: str, item: Item, **fields: Any) -> None:
        """What every piece of this item's text has in front: it is written once, because pieces are many."""
        data = {"type": name, "item_id": item["id"], "output_index": self._index, **fields}
        self._head = b"event: " + name.encode() + b"\ndata: " + _json(data)[:-1] + b',"sequence_number":'

    def _delta(self, text: str) -> bytes:
        self._number += 1
        if self._number <= self._after:
            return b""
        return self._head + str(self._number).encode() + b',"delta":' + _json(text) + b"}\n\n"


def _as(shown: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**shown, "status": "queued"} if name != "in_progress" and shown["background"] else shown


def source_of(passage: Passage) -> Part:
    """A passage with the fields of a part of the type `source`."""
    return {
        "file_id": passage.file_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "score": passage.score,
        "excerpt": passage.text,
    }
