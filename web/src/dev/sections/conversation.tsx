// What a conversation is made of: rows, calls of tools, decisions, the box to write in.
import { createRef } from "react";

import { Composer } from "~/features/runs/composer";
import { DecisionCard } from "~/features/runs/decision_card";
import { EmptyState } from "~/features/runs/empty_state";
import { MessageRow, type MessageRowProps } from "~/features/runs/message_row";
import type { ChatMessage, Details } from "~/features/runs/messages";
import { StreamingIndicator } from "~/features/runs/streaming_indicator";
import type { ActionData, ToolPart } from "~/features/runs/tool_calls";
import { ToolCard } from "~/features/runs/tool_card";
import { NoKeyNotice } from "~/features/providers/no_key_notice";

import { APPROVAL, PERSON } from "../played_answers";
import { type Section, type State, nothing } from "../specimen";

const text = (words: string) => ({ type: "text" as const, text: words });
const actions: MessageRowProps["actions"] = { again: nothing, edit: nothing, editing: nothing, choose: nothing, retry: nothing };

function message(role: ChatMessage["role"], parts: ChatMessage["parts"], metadata: Details = {}): ChatMessage {
  return { id: `message-${role}`, role, parts, metadata };
}

function row(name: string, shown: ChatMessage, rest: Partial<MessageRowProps> = {}): State {
  return {
    name,
    shown: <MessageRow message={shown} busy={false} streaming={false} last editing={false} failure={null} actions={actions} {...rest} />,
  };
}

const done: Details = {
  model: "openai/gpt-4o-mini",
  status: "completed",
  created_at: "2026-11-21T10:00:00Z",
  duration_ms: 2300,
  usage: { input_tokens: 120, output_tokens: 80, total_tokens: 200 } as Details["usage"],
};
const branched: Details = { ...done, server_id: "message-b", siblings: ["message-a", "message-b"] };

const source = (number: number) => ({
  type: "source-url" as const,
  sourceId: `source-${number}`,
  url: `/library/documents/doc_${number}`,
  title: `Harbour guide, part ${number}`,
  providerMetadata: { steward: { number, excerpt: "The harbour has forty berths for boats up to twelve metres.", score: 0.82, page: number, headings: ["Berths"] } },
});
const places = [
  { number: 1, start: 28, end: 31, is_supported: true },
  { number: 2, start: 57, end: 60, is_supported: false },
];

const markdown = `# A report

Some *emphasis*, **weight**, \`code\`, a [link](https://example.com) and one that lies: [bank.example](https://evil.example).

- first
  - nested
- [x] done

1. one
2. two

| city | people |
| --- | ---: |
| Bern | 134,506 |

\`\`\`python
def greet(name: str) -> str:
    return f"Hello, {name}!"
\`\`\`

> The end.

---

![map](https://example.com/map.png)`;

const drawn = `The area is $\\pi r^2$, it costs $5 or $6, and this is wrong: $$\\frac{a}{$$.

\\[
\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}
\\]

\`\`\`mermaid
flowchart LR
  accTitle: How a question is answered
  Question --> Model --> Answer
\`\`\`

\`\`\`mermaid
flowchart NOWHERE
\`\`\``;

const rows: readonly State[] = [
  row("of a person", message("user", [text("How many berths are there?\nAnd what do they cost?")])),
  row("of a person, with versions", message("user", [text("How many berths are there?")], branched)),
  row("of a person, being edited", message("user", [text("How many berths are there?")]), { editing: true }),
  row("answer, waiting", message("assistant", []), { streaming: true, busy: true }),
  row("answer, being written", message("assistant", [text("The harbour has **forty** ber")]), { streaming: true, busy: true }),
  row("answer, whole, with versions", message("assistant", [text("The harbour has forty berths.")], branched)),
  row("answer, stopped", message("assistant", [text("The harbour has")], { ...done, status: "cancelled" })),
  row("answer, cut", message("assistant", [text("The harbour has")], { ...done, finish_reason: "length" })),
  row("answer, failed", message("assistant", [text("The harbour")], { ...done, status: "failed" }), { failure: "The provider is overloaded. Try again in a minute. (run_01jd)" }),
  row("answer, interrupted", message("assistant", [text("The harbour")], { ...done, status: "interrupted" as Details["status"] })),
  row("answer with reasoning", message("assistant", [{ type: "reasoning", text: "The guide speaks of berths." }, text("There are forty.")], done)),
  row("answer with a notice", message("assistant", [{ type: "data-notice", data: { tag: "other_model", message: "Another model stepped in." } }, text("There are forty.")], done)),
  row("answer with citations", message("assistant", [text("The harbour has forty berths[1]. It was built on the moon[2]."), source(1), source(2), { type: "data-citations", data: { places } }], done)),
  row("answer with a file", message("assistant", [{ type: "file", url: "https://example.com/plan.pdf", mediaType: "application/pdf", filename: "plan.pdf" }], done)),
  row("answer with markdown", message("assistant", [text(markdown)], done)),
  row("answer with formulae and diagrams", message("assistant", [text(drawn)], done)),
];

const call = { type: "dynamic-tool" as const, toolName: "createAgent", toolCallId: "call_1", input: { name: "Harbour agent", model: "gpt-4o-mini" } };
const waiting: ActionData = { toolCallId: "call_1", actionId: APPROVAL, state: "waiting", kind: "approval", approvers: 1 };

function card(name: string, part: ToolPart, rest: { waiting?: ActionData; last?: boolean; live?: boolean } = {}): State {
  return { name, shown: <ToolCard part={part} waiting={null} last={false} live={false} {...rest} /> };
}

const cards: readonly State[] = [
  card("working", { ...call, state: "input-available" }, { live: true, last: true }),
  card("waiting", { ...call, state: "approval-requested", approval: { id: APPROVAL } }, { waiting, last: true }),
  card("done", { ...call, state: "output-available", output: { success: true, agent_id: "asst_1" } }),
  card("failed", { ...call, state: "output-error", errorText: "There is no such model. Choose another one." }),
  card("denied", { ...call, state: "output-denied", approval: { id: APPROVAL, approved: false, reason: "We have enough agents." } }),
  card("not carried out", { ...call, state: "input-available" }),
];

const asked = { input: call.input, tool: "createAgent", approvers: 1, expiresAt: null };

const box = (name: string, draft: string, busy: boolean): State => ({
  name,
  shown: <Composer box={createRef()} draft={draft} onDraft={nothing} onSend={nothing} onStop={nothing} busy={busy} />,
});

export const conversation: Section = {
  name: "Conversation",
  specimens: [
    { name: "MessageRow", states: rows },
    { name: "StreamingIndicator", states: [{ name: "thinking", shown: <StreamingIndicator /> }] },
    { name: "ToolCard", states: cards },
    {
      name: "DecisionCard",
      states: [
        { name: "approval", shown: <DecisionCard asked={{ ...asked, actionId: APPROVAL, kind: "approval", reason: "New agents are looked at." }} /> },
        { name: "person", shown: <DecisionCard asked={{ ...asked, actionId: PERSON, tool: "callHuman", kind: "person", reason: "The customer asks for a refund." }} /> },
        { name: "another program", shown: <DecisionCard asked={{ ...asked, actionId: "action_client", tool: "openDoor", kind: "client", reason: null }} /> },
      ],
    },
    { name: "Composer", states: [box("empty", "", false), box("written", "How many berths are there?", false), box("long", "A line.\n".repeat(14), false), box("while an answer comes", "", true)] },
    { name: "EmptyState", states: [{ name: "of a new conversation", shown: <EmptyState onPrompt={nothing} /> }] },
    { name: "NoKeyNotice", states: [{ name: "without a key", shown: <NoKeyNotice /> }] },
  ],
};
