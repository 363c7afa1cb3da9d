// A small harbour office that works with Steward: what is in its library, and what is asked and answered.
import type { Page } from "@playwright/test";

import { ask, box, expect, finished, send } from "../scene";

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

type Said = { question: string; title: string; script: string };

const reply = (text: string) => `{{reply:${text}}}`;

export const asked = {
  berth: {
    question: "A boat of 12 metres wants to stay two nights and may have to cancel. What do we tell them?",
    title: "Twelve-metre boat, two nights",
    script: reply(`Two nights for a boat of 12 metres come to **82 euro**, with water and power included [1].

| | |
| --- | ---: |
| Price of a night, over 10 metres | 41 euro |
| Two nights | **82 euro** |

If they cancel **at least 48 hours before arrival**, they get everything back. After that, we keep one night [1].

Two things to mention:

- The lock closes at 22:00; later arrivals wait at the outer pontoon [1].
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
  { question: "Write a note about Sunday's storm", title: "Note about Sunday's storm", script: "{{words:420}} {{cached:300}}" },
  { question: "Compare last week's arrivals with July", title: "Arrivals against July", script: "{{words:260}}" },
  { question: "How often is the wire checked?", title: "Checks of the wire", script: reply("Every month [1].") },
  { question: "Draft an answer to the sailing club", title: "Answer to the sailing club", script: "{{words:340}}" },
];

/**
 * Questions stand on the page as a person would write them: what the scripted model is told goes with them over the
 * line only.
 */
export async function whisper(page: Page): Promise<(script: string) => void> {
  const told: string[] = [];
  let next = "";
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  await page.route(/\/api\/v1\/chat(?:[/?]|$)/, async (route) => {
    const request = route.request();
    if (request.method() === "POST" && new URL(request.url()).pathname.endsWith("/chat")) {
      const body = request.postDataJSON() as { message?: { role: string; parts: { type: string; text?: string }[] } };
      const text = body.message?.parts.find(({ type }) => type === "text");
      if (next !== "" && text) {
        text.text = `${text.text ?? ""} ${next}`;
        told.push(` ${next}`);
        next = "";
      }
      return route.continue({ postData: JSON.stringify(body) });
    }
    if (request.method() !== "GET" || request.url().endsWith("/stream")) return route.continue();
    const response = await route.fetch();
    const answer = told.reduce((left, words) => left.replaceAll(inJson(words), ""), await response.text());
    return route.fulfill({ response, body: answer });
  });
  return (script) => {
    next = script;
  };
}

export async function inApi(page: Page, method: "get" | "post" | "patch" | "put", path: string, data?: object): Promise<Record<string, unknown>> {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const answer = await page.request[method](`/api/v1${path}`, { data, headers: { "X-CSRF-Token": me.csrf_token } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.status() === 204 ? {} : ((await answer.json()) as Record<string, unknown>);
}

/** Ask in a new conversation and name it. `waits` is for answers that stop at an approval. */
export async function talk(page: Page, tell: (script: string) => void, { question, title, script }: Said, waits = false): Promise<void> {
  await page.goto("/");
  await expect(box(page)).toBeVisible();
  tell(script);
  if (waits) {
    await send(page, question);
    await finished(page);
  } else await ask(page, question);
  const id = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1) ?? "");
  await inApi(page, "patch", `/chat/${id}`, { title });
}
