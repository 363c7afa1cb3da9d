"""What the scripted provider answers: directives in double braces in, a reply in tokens out.

The directives stand in the last user message and combine freely:

    content     reply:TEXT  words:N  tag:NAME  chars:N  markdown  echo  reasoning:TEXT
    tools       tool:NAME:{JSON}  parallel_tools:N
    rhythm      first_ms:N  pace_ms:N  chunk:N  rawsplit  stamp
    end         finish:REASON  no_usage  cached:N
    failure     status:N  retry_after:SECONDS  error:CODE  hang  hang_after:N  error_after:N
                cut_after:N  garbage_after:N  times:N

Failures count tokens: ``cut_after:3`` comes after the third. ``hang`` sends nothing at all, ``hang_after:0``
the headers and the role. Several contents follow each other. ``stamp`` puts @SECONDS, the monotonic time when
the first token was due, in front of it: a reader then knows when each token of a paced reply was due. Double
braces that open with no lower-case name, like ``{{7*7}}``, are plain text.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

Body = dict[str, Any]
Kind = Literal["reasoning", "text"]
Unit = tuple[Kind, str]
Failure = Literal["hang", "error", "cut", "garbage"]

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
_TOOL = re.compile(r":\s*([\w.-]{1,64}):\s*(?=\{)")


class BadDirective(Exception):
    """The message asks for something that the provider does not know; the text says what."""


@dataclass(slots=True)
class ToolCall:
    """One call in the reply; ``arguments`` is JSON text."""

    name: str
    arguments: str


@dataclass(slots=True)
class Directives:
    """What one message asks for."""

    contents: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    tools: list[ToolCall] = field(default_factory=list[ToolCall])
    tag: str | None = None
    reasoning: str = ""
    parallel_tools: int = 0
    first_ms: int = 0
    pace_ms: float | None = None
    chunk: int = 1
    rawsplit: bool = False
    stamp: bool = False
    finish: str | None = None
    no_usage: bool = False
    cached: int = 0
    status: int | None = None
    retry_after: float | None = None
    error: str | None = None
    failure: Failure | None = None
    failure_after: int | None = None
    times: int | None = None
    plain: str = ""
    """The message without its directives."""

    @property
    def fails(self) -> bool:
        return self.status is not None or self.error is not None or self.failure is not None

    def without_failure(self) -> None:
        self.status = self.error = self.failure = self.failure_after = None


@dataclass(slots=True)
class Reply:
    """The whole answer, before it is cut into events."""

    units: list[Unit]
    tools: list[ToolCall]
    finish: str


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
    directives.tools.append(ToolCall(match[1], message[match.end() : end]))
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


def _set_flag(directives: Directives, name: str, value: str | None) -> None:
    if value is not None:
        raise BadDirective(f"directive {{{{{name}}}}} takes no value")
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
        "hang": "hang", "hang_after": "hang", "error_after": "error",
        "cut_after": "cut", "garbage_after": "garbage",
    }  # fmt: skip
    directives.failure = failures[name]
    directives.failure_after = None if name == "hang" else int(_number(name, value))


_SETTERS: dict[str, _Setter] = {
    **dict.fromkeys(("reply", "words", "chars", "markdown", "echo"), _set_content),
    **dict.fromkeys(("parallel_tools", "first_ms", "cached", "times"), _set_integer),
    **dict.fromkeys(("pace_ms", "retry_after"), _set_float),
    **dict.fromkeys(("tag", "reasoning", "finish", "error"), _set_text),
    **dict.fromkeys(("rawsplit", "stamp", "no_usage"), _set_flag),
    **dict.fromkeys(("hang", "hang_after", "error_after", "cut_after", "garbage_after"), _set_failure),
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


def compose(directives: Directives, body: Body) -> Reply:
    """Write the reply: tool calls that are still due, else reasoning and text, cut at max_tokens."""
    messages: list[Body] = body["messages"]
    since = messages[last_user_index(messages) + 1 :]
    units = _units("reasoning", tokens(directives.reasoning))
    due = _tools_due(directives, since)
    if due:
        return Reply(units, due, "tool_calls")
    units += _units("text", _text_tokens(directives, body, since))
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    cut = isinstance(limit, int) and len(units) > limit
    return Reply(units[:limit] if cut else units, [], directives.finish or ("length" if cut else "stop"))


def _units(kind: Kind, texts: Sequence[str]) -> list[Unit]:
    return [(kind, text) for text in texts]


def _tools_due(directives: Directives, since: Sequence[Body]) -> list[ToolCall]:
    """One step calls one tool, or ``parallel_tools`` many; a step that was answered is done."""
    at_once = directives.parallel_tools or 1
    calls = directives.tools * at_once if len(directives.tools) == 1 else directives.tools
    answered = sum(message.get("role") == "tool" for message in since)
    return calls[answered : answered + at_once]


def _text_tokens(directives: Directives, body: Body, since: Sequence[Body]) -> list[str]:
    contents = directives.contents
    if directives.tag is not None and not any(name == "words" for name, _ in contents):
        contents = [*contents, ("words", "20")]
    if not contents:
        return tokens(_friendly(directives, since))
    return [token for name, value in contents for token in _content_tokens(name, value, directives, body)]


def _content_tokens(name: str, value: str, directives: Directives, body: Body) -> list[str]:
    match name:
        case "words":
            return words(int(float(value)), directives.tag)
        case "chars":
            text = characters(int(float(value)))
            return [text[start : start + 5] for start in range(0, len(text), 5)]
        case "markdown":
            return tokens(MARKDOWN)
        case "echo":
            settings = {key: value for key, value in body.items() if key != "messages"}
            return tokens(
                json.dumps({"messages": body["messages"], "settings": settings}, ensure_ascii=False)
            )
        case _:
            return tokens(value)


def _friendly(directives: Directives, since: Sequence[Body]) -> str:
    results = [message_text(message) for message in since if message.get("role") == "tool"]
    if results:
        return f"The tool answered: {' | '.join(results)}"
    said = " ".join(directives.plain.split()[:6]) or "nothing"
    return f"You said “{said}”, and I am glad to help."
