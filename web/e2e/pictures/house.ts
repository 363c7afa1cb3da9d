// A small harbour office that works with Steward: what is in its library, and what is asked and answered.
import type { Page } from "@playwright/test";

import { ask, box, expect } from "../scene";

export const handbook = {
  "Berth handbook.md": `# Berth handbook

## Fees

A visitor's berth costs 28 euro a night for boats up to 10 metres and 41 euro for longer ones. The price includes water and power up to 16 ampere. Children's dinghies are free.

## Cancelling

A berth that is cancelled at least 48 hours before arrival is refunded in full. Later than that, one night is kept.

## Arriving late

The lock closes at 22:00. Whoever arrives later waits at the outer pontoon and registers in the morning.
`,
  "Storm procedure.md": `# Storm procedure

## Warning level amber

From force 7 the pontoons C and D are cleared, and boats move to the inner basin. The crane stops at force 6.

## After the storm

Every mooring is looked at before the power comes back. Damage is written down with a picture.
`,
  "Crane maintenance.md": `# Crane maintenance

## Every month

Grease the slewing ring, check the wire for broken strands and test the limit switches. A wire with more than four broken strands is replaced.
`,
  "Opening hours.md": `# Opening hours

## Summer

From April to September the office is open from 7:00 to 20:00, and the fuel berth from 8:00 to 18:00.
`,
};

type Said = { question: string; title: string; script: string; /** Whom to ask, if not the usual one. */ model?: string };

const reply = (text: string) => `{{reply:${text}}}`;

export const asked = {
  berth: {
    question: "A visitor asks: what do two nights cost for a boat of 12 metres, and when is the lock closed?",
    title: "Twelve metres, two nights",
    script: reply(`A berth costs **41 euro a night** for boats over 10 metres, with water and power included [1].

| Stay | Price |
| --- | ---: |
| One night | 41 euro |
| Two nights | **82 euro** |

The lock closes at **22:00**. Whoever arrives later waits at the outer pontoon and registers in the morning [1].

Two things to mention:

- A berth that is cancelled at least 48 hours before arrival is refunded in full [1].
- Power is limited to 16 ampere [1].`),
  },
  agent: {
    question: "Please set up an agent that answers questions about berths.",
    title: "An agent for berths",
    script: `{{lead:I can do that. Since an agent speaks to guests, somebody has to agree first.}} {{tool:createAgent:${JSON.stringify({
      name: "Berth desk",
      description: "Answers questions about berths, fees and arrival times, with sources from the berth handbook.",
    })}}} ${reply("The agent is there.")}`,
  },
} satisfies Record<string, Said>;

/** What was asked earlier; it fills the list and the ledger. */
export const earlier: Said[] = [
  { question: "When does the crane stop in wind?", title: "Crane and wind", script: reply("At force 6 [1].") },
  { question: "Write a note about Sunday's storm", title: "Note about Sunday's storm", script: "{{words:420}} {{cached:300}}", model: "openai/gpt-4o" },
  { question: "Compare last week's arrivals with July", title: "Arrivals against July", script: "{{words:260}}", model: "anthropic/claude-sonnet-4-5" },
  { question: "How often is the wire checked?", title: "Checks of the wire", script: reply("Every month [1].") },
  { question: "Draft an answer to the sailing club", title: "Answer to the sailing club", script: "{{words:340}}" },
];

type Tell = (script: string, model?: string) => void;

/**
 * Questions stand on the page as a person would write them: what the scripted model is told goes with them over the
 * line only.
 */
export async function whisper(page: Page): Promise<Tell> {
  const told: string[] = [];
  let next = "";
  let asks: string | undefined;
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  await page.route(/\/api\/v1\/chat(?:[/?]|$)/, async (route) => {
    const request = route.request();
    if (request.method() === "POST" && new URL(request.url()).pathname.endsWith("/chat")) {
      const body = request.postDataJSON() as { model?: string; message?: { role: string; parts: { type: string; text?: string }[] } };
      const text = body.message?.parts.find(({ type }) => type === "text");
      if (next !== "" && text) {
        text.text = `${text.text ?? ""} ${next}`;
        told.push(` ${next}`);
        next = "";
        if (asks !== undefined) body.model = asks;
      }
      return route.continue({ postData: JSON.stringify(body) });
    }
    if (request.method() !== "GET" || request.url().endsWith("/stream")) return route.continue();
    const response = await route.fetch();
    const answer = told.reduce((left, words) => left.replaceAll(inJson(words), ""), await response.text());
    return route.fulfill({ response, body: answer });
  });
  return (script, model) => {
    next = script;
    asks = model;
  };
}

export async function inApi(page: Page, method: "post" | "patch", path: string, data?: object): Promise<Record<string, unknown>> {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const answer = await page.request[method](`/api/v1${path}`, { data, headers: { "X-CSRF-Token": me.csrf_token } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.status() === 204 ? {} : ((await answer.json()) as Record<string, unknown>);
}

/** Ask in a new conversation and name it. */
export async function talk(page: Page, tell: Tell, { question, title, script, model }: Said): Promise<void> {
  await page.goto("/");
  await expect(box(page)).toBeVisible();
  tell(script, model);
  await ask(page, question);
  const id = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1) ?? "");
  await inApi(page, "patch", `/chat/${id}`, { title });
}
