from __future__ import annotations

from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from steward.threads.exports import json_file, markdown
from steward.threads.exports.exported import (
    Exported,
    File,
    Message,
    Piece,
    Reasoning,
    Source,
    Text,
    ToolCall,
)

AT = datetime(2026, 11, 22, 2, 5, tzinfo=UTC)


def exported(*messages: Message, title: str = "Pumps") -> Exported:
    return Exported("thread_1", title, AT, AT, AT, list(messages))


def message(*content: Piece, role: str = "assistant", sources: tuple[Source, ...] = ()) -> Message:
    return Message("msg_1", role, AT, "completed", "openai/gpt-4o-mini", list(content), list(sources))


def written(*messages: Message, title: str = "Pumps") -> str:
    return markdown.write(exported(*messages, title=title)).decode()


def test_a_conversation_is_written_as_it_was_said() -> None:
    question = message(Text("How *fast*?"), File("pump.pdf", "application/pdf"), role="user")
    answer = message(
        Reasoning("Let me think."),
        ToolCall("searchKB", "output_ready", {"query": "pump"}, "Two ``` hits"),
        ToolCall("calculate", "failed", error="No <numbers>."),
        Text("**Fast** [1].\n\n```py\nx = 1\n```"),
        sources=(
            Source(1, "The *pump*", "https://example.com/a", 3, ["Speed", "Limits"], "It is fast.\nVery."),
            Source(2, "Notes"),
        ),
    )
    assert written(question, answer) == (
        "# Pumps\n\n"
        "Begun 2026-11-22 02:05 UTC, last changed 2026-11-22 02:05 UTC, exported 2026-11-22 02:05 UTC.\n\n"
        "---\n\n## User\n\n2026-11-22 02:05 UTC\n\nHow *fast*?\n\nAttached: pump.pdf\n\n"
        "---\n\n## Assistant\n\nopenai/gpt-4o-mini · 2026-11-22 02:05 UTC\n\n"
        'Tool: `searchKB`\n\nInput:\n\n```json\n{\n  "query": "pump"\n}\n```\n\n'
        "Output:\n\n````\nTwo ``` hits\n````\n\n"
        "Tool: `calculate`\n\nError: No \\<numbers\\>.\n\n"
        "**Fast** [1].\n\n```py\nx = 1\n```\n\n"
        "Sources:\n\n"
        "\\[1\\] [The \\*pump\\*](<https://example.com/a>), page 3, Speed \\> Limits\n\n> It is fast.\n> Very.\n\n"
        "\\[2\\] Notes\n"
    )


@pytest.mark.parametrize(
    "text",
    ["```\ncode", "~~~~py\ncode\n~~~", "```\na\n```\n````\nb\n```", "   ```\ncode\n    ```"],
    ids=["ticks", "tildes", "second", "indented"],
)
def test_code_that_was_cut_does_not_swallow_the_next_message(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(written(message(Text(text)), message(Text("the next"))))
    assert any(token.type == "inline" and token.content == "the next" for token in tokens)


@pytest.mark.parametrize("text", ["```\na\n```", "no code", "```a``` in a line", "~~~\n```\n~~~"])
def test_code_that_ends_is_left_alone(text: str) -> None:
    assert f"\n\n{text}\n" in written(message(Text(text)))


def test_a_title_is_only_text() -> None:
    text = written(title="<b>\n# Not *this* [x](y) \x1b[31m")
    assert text.startswith("# \\<b\\> \\# Not \\*this\\* \\[x\\](y) \ufffd\\[31m\n")
    assert written(title=" ").startswith("# Conversation\n")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://example.com/a>b", "https://a b"])
def test_a_source_leads_only_to_pages(url: str) -> None:
    text = written(message(Text("x"), sources=(Source(1, "Title", url),)))
    assert "\\[1\\] Title\n" in text


def test_what_is_not_whole_says_so() -> None:
    cut = Message("msg_1", "assistant", AT, "failed", None, [Text("Half an ans")], [])
    assert "Half an ans\n\n*This answer failed.*" in written(cut)


def test_json_holds_everything_and_reads_back() -> None:
    whole = exported(
        message(
            Text("é \x07"),
            Reasoning("hm"),
            ToolCall("t", "output_ready", {"a": [1, None]}, {"b": 2.5}),
            File("f", "text/plain"),
            sources=(Source(1, "T", None, 2, ["H"], "E"),),
        )
    )
    body = json_file.write(whole)
    assert json_file.read(body) == whole
    assert b'"format": "steward.conversation"' in body
    assert b'"type": "tool_call"' in body
