"""What the scripted provider answers: directives in double braces in, a reply in tokens out.

The directives stand in the last user message and combine freely:

    content     reply:TEXT  words:N  tag:NAME  chars:N  markdown  echo  parts  reasoning:TEXT  refusal:TEXT
    tools       tool:NAME:{JSON}  parallel_tools:N  lead:TEXT
    rhythm      first_ms:N  pace_ms:N  chunk:N  rawsplit  stamp  unknown_events
    end         finish:REASON  ignore_max_tokens  no_usage  cached:N  cache_write:N
    failure     status:N  retry_after:SECONDS  retry_date:SECONDS  error:CODE  blocked  max_messages:N
                hang  hang_after:N  error_after:N  cut_after:N  garbage_after:N
                html  json_error  garbage_mb:N  line_mb:N  invalid_json  invalid_json:TEXT  times:N

Every directive works on every wire, in that wire's own words:

- Failures count tokens, those of tool calls too: ``cut_after:3`` comes after the third. ``hang`` sends nothing
  at all, ``hang_after:0`` the headers and what opens the stream. ``times:N`` lifts a failure once the same
  conversation has failed N times.
- ``html`` answers 200 with a web page, ``json_error`` 200 with an error as JSON, ``garbage_mb:N`` N MB of lines
  that are no events, ``line_mb:N`` N MB of one line. ``retry_date`` sends Retry-After as a date; Gemini says
  ``retry_after`` in the error's details, too.
- ``error:CODE`` takes OpenAI's codes and ``overloaded``, or the wire's own type; ``blocked`` is a prompt that the
  provider's filter refuses.
- ``max_messages:N`` refuses a prompt of more messages as longer than the model reads.
- ``finish:REASON`` takes stop, length, tool_calls or content_filter; any other word is sent as it stands.
- A reply ends at the request's most tokens, unless ``ignore_max_tokens`` says otherwise.
- A request with a JSON schema and no content is answered with the smallest JSON that fits; ``invalid_json``
  answers text that does not.
- ``reasoning`` is shown unless the request turns thinking off or hides it; Anthropic's newer models hide it unless the
  request says display: summarized. OpenAI's encrypted_content has to be asked for.
- ``unknown_events`` puts events, blocks and fields between the known ones that no client has seen before.
- ``lead`` is said in front of the tool calls of every step that has some.
- ``cached`` and ``cache_write`` say how many of the prompt's tokens the cache gave and took.
- ``parts`` says what the last user message came as: ``image/png 70 bytes, text 12 characters``.
- Several contents follow each other. ``stamp`` puts @SECONDS, the monotonic time when the first token was due, in
  front of it: a reader then knows when each token of a paced reply was due.
- Double braces that open with no lower-case name, like ``{{7*7}}``, are plain text.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from tests.support.scripted_schema import instance

Body = dict[str, Any]
Kind = Literal["reasoning", "text", "refusal"]
Unit = tuple[Kind, str]
Failure = Literal["hang", "error", "cut", "garbage", "html", "json_error", "lines", "line"]
AT_ONCE: frozenset[Failure | None] = frozenset({"html", "json_error", "lines", "line"})
"""Failures that come instead of an answer."""

MARKDOWN = """# A short report

Some *emphasis*, some **weight**, `code` and a [link](https://example.com).

## Numbers

| city | people |
| --- | ---: |
| Bern | 134,506 |
| Kraków | 804,237 |

1. first
2. second
   - nested

```python
def greet(name: str) -> str:
    \"\"\"Say hello.\"\"\"
    return f"Hello, {name}!"
```

> The end.
"""

# Latin, combining marks, CJK, right to left, a family joined by zero-width joiners, a flag, a skin tone.
_ALPHABET = "The quick brown fox, naïve cafe\u0301; 東京の夜空に花火。 שלום 👩‍👩‍👧‍👦 🇨🇭 👍🏽 ∑x² "
_OPEN = re.compile(r"\{\{([a-z][a-z_]*)(?=:|\})")
_TOKEN = re.compile(r"\s*\S{1,16}|\s+")
_TOOL_FRAGMENTS = 4
_ANY_JSON: Body = {"type": "object", "properties": {"said": {"type": "string"}}, "required": ["said"]}
_NO_JSON = "Sorry, this is no JSON."
_TOOL = re.compile(r":\s*([\w.-]{1,64}):\s*(?=\{)")


class BadDirective(Exception):
    """The message asks for something that the provider does not know; the text says what."""


@dataclass(slots=True)
class ToolCall:
    """One call in the reply. Each piece of its arguments, which are JSON text, counts as a token."""

    name: str
    pieces: list[str]

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    @classmethod
    def of(cls, name: str, arguments: str) -> Self:
        size = max(1, -(-len(arguments) // _TOOL_FRAGMENTS))
        return cls(name, [arguments[start : start + size] for start in range(0, len(arguments), size)])


@dataclass(slots=True)
class Directives:
    """What one message asks for."""

    contents: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    tools: list[ToolCall] = field(default_factory=list[ToolCall])
    tag: str | None = None
    reasoning: str = ""
    lead: str = ""
    refusal: str | None = None
    parallel_tools: int = 0
    first_ms: int = 0
    pace_ms: float | None = None
    chunk: int = 1
    rawsplit: bool = False
    stamp: bool = False
    unknown_events: bool = False
    finish: str | None = None
    ignore_max_tokens: bool = False
    no_usage: bool = False
    cached: int = 0
    cache_write: int = 0
    status: int | None = None
    retry_after: float | None = None
    retry_date: float | None = None
    error: str | None = None
    blocked: bool = False
    max_messages: int | None = None
    failure: Failure | None = None
    failure_after: int | None = None
    """Tokens before the failure; for `lines` and `line` how many MB come."""
    invalid_json: str | None = None
    times: int | None = None
    plain: str = ""
    """The message without its directives."""

    @property
    def fails(self) -> bool:
        failures = (self.status, self.error, self.failure, self.invalid_json)
        return self.blocked or any(failure is not None for failure in failures)

    def without_failure(self) -> None:
        self.blocked = False
        self.status = self.error = self.failure = self.failure_after = self.invalid_json = None


@dataclass(slots=True)
class Asked:
    """What a request asks for, on whatever wire it came."""

    body: Body
    model: str
    messages: list[Body]
    """The conversation as OpenAI Chat writes it, tool results as messages of their own."""
    stream: bool
    limit: int | None
    """The most tokens of the answer."""
    prompt_field: str
    """Where the body holds the conversation."""
    schema: Body | None = None
    """The JSON schema that the answer has to fit; empty for any JSON."""
    thinks: bool = True
    """False when the request turns the model's reasoning off."""
    refuses_in_words: bool = True
    """False on a wire where a refusal is no text."""
    choices: int = 1
    wants_usage: bool = True

    @property
    def said(self) -> str:
        """The text of the last user message, where the directives stand."""
        index = last_user_index(self.messages)
        return message_text(self.messages[index]) if index >= 0 else ""


@dataclass(slots=True)
class Reply:
    """The whole answer, before it is cut into events."""

    units: list[Unit]
    tools: list[ToolCall]
    finish: str
    """stop, length, tool_calls, content_filter, or the word that a directive gave."""
    refusal: str | None = None
    """Why the model refuses; among the units, too, where the wire writes a refusal as text."""

    @property
    def tokens(self) -> int:
        return len(self.units) + sum(len(call.pieces) for call in self.tools)

    def joined(self, kind: Kind) -> str:
        """All text of one kind."""
        return "".join(text for name, text in self.units if name == kind)


def parse(message: str) -> Directives:
    """Read the directives of a message.

    Raises:
        BadDirective: an unknown name, a value that does not fit, braces that never close.
    """
    directives = Directives()
    plain: list[str] = []
    position = 0
    while match := _OPEN.search(message, position):
        plain.append(message[position : match.start()])
        name = match[1]
        if name == "tool":
            position = _read_tool(message, match.end(), directives)
            continue
        value, position = _read_value(message, match.end(), name)
        setter = _SETTERS.get(name)
        if setter is None:
            raise BadDirective(
                f"unknown directive {{{{{name}}}}}; known: {', '.join(sorted(_SETTERS))}, tool"
            )
        setter(directives, name, value)
    directives.plain = " ".join("".join([*plain, message[position:]]).split())
    return directives


def _read_value(message: str, start: int, name: str) -> tuple[str | None, int]:
    end = message.find("}}", start)
    if end < 0:
        raise BadDirective(f"directive {{{{{name}… is never closed with }}}}")
    if message[start] != ":":
        if end != start:
            raise BadDirective(f"directive {{{{{name}… needs a colon or }}}} behind its name")
        return None, end + 2
    while message.startswith("}", end + 2):  # {{reply:{"a":1}}} ends at its last brace
        end += 1
    return message[start + 1 : end], end + 2


def _read_tool(message: str, start: int, directives: Directives) -> int:
    match = _TOOL.match(message, start)
    if match is None:
        raise BadDirective('a tool call is written {{tool:name:{"json": "arguments"}}}')
    try:
        _, end = json.JSONDecoder().raw_decode(message, match.end())
    except ValueError as error:
        raise BadDirective(f"the arguments of tool {match[1]} are no JSON object: {error}") from error
    if not message.startswith("}}", end):
        raise BadDirective(f"the tool call of {match[1]} is not closed with }}}}")
    directives.tools.append(ToolCall.of(match[1], message[match.end() : end]))
    return end + 2


_Setter = Callable[[Directives, str, str | None], None]


def _number(name: str, value: str | None) -> float:
    try:
        number = float(value or "")
    except ValueError:
        raise BadDirective(f"directive {{{{{name}:…}}}} needs a number, got {value!r}") from None
    if not 0 <= number <= 10_000_000:
        raise BadDirective(f"directive {{{{{name}:…}}}} needs a number from 0 to 10,000,000, got {value}")
    return number


def _text(name: str, value: str | None) -> str:
    if value is None:
        raise BadDirective(f"directive {{{{{name}:…}}}} needs a value")
    return value


def _set_content(directives: Directives, name: str, value: str | None) -> None:
    if name in {"words", "chars"}:
        _number(name, value)
    directives.contents.append((name, _text(name, value) if name == "reply" else value or ""))


def _set_integer(directives: Directives, name: str, value: str | None) -> None:
    setattr(directives, name, int(_number(name, value)))


def _set_float(directives: Directives, name: str, value: str | None) -> None:
    setattr(directives, name, _number(name, value))


def _set_text(directives: Directives, name: str, value: str | None) -> None:
    setattr(directives, name, _text(name, value))


def _no_value(name: str, value: str | None) -> None:
    if value is not None:
        raise BadDirective(f"directive {{{{{name}}}}} takes no value")


def _set_flag(directives: Directives, name: str, value: str | None) -> None:
    _no_value(name, value)
    setattr(directives, name, True)


def _set_chunk(directives: Directives, name: str, value: str | None) -> None:
    directives.chunk = max(1, int(_number(name, value)))


def _set_status(directives: Directives, name: str, value: str | None) -> None:
    status = int(_number(name, value))
    if not 400 <= status <= 599:
        raise BadDirective(f"directive {{{{status:…}}}} needs 400 to 599, got {value}")
    directives.status = status


def _set_failure(directives: Directives, name: str, value: str | None) -> None:
    failures: dict[str, Failure] = {
        "hang": "hang", "hang_after": "hang", "error_after": "error", "cut_after": "cut",
        "garbage_after": "garbage", "garbage_mb": "lines", "line_mb": "line",
        "html": "html", "json_error": "json_error",
    }  # fmt: skip
    directives.failure = failures[name]
    if name in {"hang", "html", "json_error"}:
        _no_value(name, value)
        directives.failure_after = None
        return
    directives.failure_after = int(_number(name, value))


def _set_invalid_json(directives: Directives, name: str, value: str | None) -> None:
    directives.invalid_json = _NO_JSON if value is None else value


_SETTERS: dict[str, _Setter] = {
    **dict.fromkeys(("reply", "words", "chars", "markdown", "echo", "parts"), _set_content),
    **dict.fromkeys(("parallel_tools", "first_ms", "cached", "cache_write"), _set_integer),
    **dict.fromkeys(("times", "max_messages"), _set_integer),
    **dict.fromkeys(("pace_ms", "retry_after", "retry_date"), _set_float),
    **dict.fromkeys(("tag", "reasoning", "lead", "refusal", "finish", "error"), _set_text),
    **dict.fromkeys(("rawsplit", "stamp", "no_usage"), _set_flag),
    **dict.fromkeys(("blocked", "unknown_events", "ignore_max_tokens"), _set_flag),
    **dict.fromkeys(("hang", "hang_after", "error_after", "cut_after", "garbage_after"), _set_failure),
    **dict.fromkeys(("html", "json_error", "garbage_mb", "line_mb"), _set_failure),
    "invalid_json": _set_invalid_json,
    "chunk": _set_chunk,
    "status": _set_status,
}


def words(count: int, tag: str | None = None) -> list[str]:
    """Tokens that number themselves: w0 w1 …, or abc-0 abc-1 … with a tag."""
    stem = "w" if tag is None else f"{tag}-"
    return [f"{' ' if index else ''}{stem}{index}" for index in range(count)]


def characters(count: int) -> str:
    """Text of exactly that many code points, in many scripts, the same each time."""
    return (_ALPHABET * (count // len(_ALPHABET) + 1))[:count]


def tokens(text: str) -> list[str]:
    """Cut a text into pieces the size of tokens; joined they are the text again."""
    return _TOKEN.findall(text)


def message_text(message: Body) -> str:
    """The text of a chat message, whether it is one string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = cast("list[Body]", content)
    return "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")


def last_user_index(messages: Sequence[Body]) -> int:
    """Where the last user message stands; -1 when there is none."""
    return max((index for index, message in enumerate(messages) if message.get("role") == "user"), default=-1)


def compose(directives: Directives, asked: Asked) -> Reply:
    """Write the reply: tool calls that are still due, else reasoning and text, cut at the most tokens."""
    since = asked.messages[last_user_index(asked.messages) + 1 :]
    units = _units("reasoning", tokens(directives.reasoning) if asked.thinks else [])
    due = _tools_due(directives, since)
    if due:
        units += _units("text", tokens(directives.lead))
        return _cut(Reply(units, due, "tool_calls"), directives, asked)
    refusal = directives.refusal
    if refusal is None or directives.contents:
        units += _units("text", _text_tokens(directives, asked, since))
    if refusal is not None and asked.refuses_in_words:
        units += _units("refusal", tokens(refusal))
    return _cut(Reply(units, [], directives.finish or "stop", refusal), directives, asked)


def _cut(reply: Reply, directives: Directives, asked: Asked) -> Reply:
    """End the reply at the most tokens, inside the arguments of a tool call if need be."""
    limit = asked.limit
    if limit is None or directives.ignore_max_tokens or reply.tokens <= limit:
        return reply
    units = reply.units[:limit]
    tools: list[ToolCall] = []
    left = limit - len(units)
    for call in reply.tools:
        if left > 0:
            tools.append(ToolCall(call.name, call.pieces[:left]))
            left -= len(call.pieces)
    return Reply(units, tools, directives.finish or "length", reply.refusal)


def _units(kind: Kind, texts: Sequence[str]) -> list[Unit]:
    return [(kind, text) for text in texts]


def _tools_due(directives: Directives, since: Sequence[Body]) -> list[ToolCall]:
    """One step calls one tool, or ``parallel_tools`` many; a step that was answered is done."""
    at_once = directives.parallel_tools or 1
    calls = directives.tools * at_once if len(directives.tools) == 1 else directives.tools
    answered = sum(message.get("role") == "tool" for message in since)
    return calls[answered : answered + at_once]


def _text_tokens(directives: Directives, asked: Asked, since: Sequence[Body]) -> list[str]:
    if directives.invalid_json is not None:
        return tokens(directives.invalid_json)
    contents = directives.contents
    if directives.tag is not None and not any(name == "words" for name, _ in contents):
        contents = [*contents, ("words", "20")]
    if contents:
        return [
            token for name, value in contents for token in _content_tokens(name, value, directives, asked)
        ]
    if asked.schema is not None:
        return tokens(json.dumps(instance(asked.schema or _ANY_JSON), ensure_ascii=False))
    return tokens(_friendly(directives, since))


def _content_tokens(name: str, value: str, directives: Directives, asked: Asked) -> list[str]:
    match name:
        case "words":
            return words(int(float(value)), directives.tag)
        case "chars":
            text = characters(int(float(value)))
            return [text[start : start + 5] for start in range(0, len(text), 5)]
        case "markdown":
            return tokens(MARKDOWN)
        case "echo":
            return tokens(_echo(asked))
        case "parts":
            return tokens(_parts_told(asked))
        case _:
            return tokens(value)


def _echo(asked: Asked) -> str:
    settings = {key: value for key, value in asked.body.items() if key != asked.prompt_field}
    return json.dumps({"messages": asked.body[asked.prompt_field], "settings": settings}, ensure_ascii=False)


def _parts_told(asked: Asked) -> str:
    """What the last user message came as, on OpenAI's wires."""
    content = asked.messages[last_user_index(asked.messages)].get("content")
    parts = cast("list[Body]", content) if isinstance(content, list) else [{"text": content}]
    return ", ".join(_part_told(part) for part in parts)


def _part_told(part: Body) -> str:
    if "text" in part:
        return f"text {len(str(part['text']))} characters"
    image = part.get("image_url")
    url = str(cast(Body, image).get("url") if isinstance(image, dict) else image)
    head, _, content = url.removeprefix("data:").partition(";base64,")
    return f"{head} {len(base64.b64decode(content))} bytes"


def _friendly(directives: Directives, since: Sequence[Body]) -> str:
    results = [message_text(message) for message in since if message.get("role") == "tool"]
    if results:
        return f"The tool answered: {' | '.join(results)}"
    said = " ".join(directives.plain.split()[:6]) or "nothing"
    return f"You said “{said}”, and I am glad to help."
