// The example session, from an empty page to a conversation that is kept: twelve steps on one thread.
import type { Page } from "@playwright/test";

import { answers, box, expect, finished, questions, send, signIn, test, unique } from "./scene";
import { state } from "./server";

const TOPICS = ["berths", "tides", "fees", "cranes", "lights"] as const;
const facts: Record<(typeof TOPICS)[number], string> = {
  berths: "has 40 berths for boats up to 12 metres",
  tides: "has a tide of 3 metres, which is highest at noon",
  fees: "takes a fee of 12 francs a night at its gate",
  cranes: "has two cranes, which lift 12 tons each",
  lights: "has a green light in the north and a red one in the south",
};

async function read<Answer>(page: Page, path: string): Promise<Answer> {
  const answer = await page.request.get(`/api/v1${path}`);
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as Answer;
}

/** Five documents about a harbour that no other scene knows, each ready to be found. */
async function addDocuments(page: Page, harbour: string): Promise<void> {
  const { csrf_token } = await read<{ csrf_token: string }>(page, "/me");
  for (const topic of TOPICS) {
    const data = { title: `${harbour} ${topic}`, content: `# ${harbour} ${topic}\n\nThe harbour ${harbour} ${facts[topic]}.\n`, type: "markdown" };
    const added = await page.request.post("/api/v1/documents/text", { headers: { "X-CSRF-Token": csrf_token }, data });
    expect(added.ok(), await added.text()).toBe(true);
    const { id } = (await added.json()) as { id: string };
    await expect.poll(async () => (await read<{ status: string }>(page, `/documents/${id}`)).status).toBe("ready");
  }
}

type Event = { metadata: { tokensUsed: number; duration: number; model: string; toolsCalled: string[]; status: string } };
type Call = { cost_usd: string | null; input_tokens: number; output_tokens: number; duration_ms: number; status: string };

test("the example session: asked, looked up, cited, asked further, counted and kept [TEST-17]", async ({ signedIn: page, browser }) => {
  test.slow();
  const harbour = unique("Harbour").replace(" ", "");
  await addDocuments(page, harbour);

  await test.step("1. The page of a conversation opens", async () => {
    await page.goto("/");
    await expect(box(page)).toBeFocused();
  });

  await test.step("2. It is empty, and says what one can do", async () => {
    await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
    await expect(page.getByRole("button", { name: /Create an agent|Find customers/ }).first()).toBeVisible();
  });

  const question = `What do our documents say about the harbour ${harbour}?`;
  const wants = JSON.stringify({ query: `harbour ${harbour} berths tides fees cranes lights`, limit: 10 });
  const reply = `The harbour ${harbour} has 40 berths for boats up to 12 metres [1]. More is in the other documents [2][3].`;
  await test.step("3. A question is asked, and shows at once", async () => {
    await send(page, `${question} {{tool:searchKnowledge:${wants}}} {{reply:${reply}}} {{first_ms:400}} {{pace_ms:40}}`);
    await expect(questions(page)).toContainText(question);
    await expect(page).toHaveURL(/\/chat\/chat_/);
  });

  await test.step("4. The wait says what goes on", async () => {
    await expect(page.getByText("Thinking...")).toBeVisible();
  });

  const card = answers(page).first().getByRole("group", { name: "Tool: Search knowledge" });
  await test.step("5. The knowledge is searched, and one sees it", async () => {
    await expect(card).toBeVisible();
    await expect(card).toHaveAttribute("data-standing", "done");
  });

  await test.step("6. Five documents are found", async () => {
    await card.getByRole("button", { name: /Search knowledge/ }).click();
    await expect(card.getByRole("group", { name: "Input" })).toContainText(harbour);
    await card.getByRole("button", { name: "Show all" }).click();
    for (const topic of TOPICS) await expect(card.getByRole("group", { name: "Result" })).toContainText(`${harbour} ${topic}`);
  });

  await test.step("7. The answer is written word by word, and ends", async () => {
    await expect(answers(page).last()).toContainText(`The harbour ${harbour} has 40 berths`);
    await finished(page);
    await expect(page.getByText("Thinking...")).toBeHidden();
  });

  const marker = answers(page).first().getByRole("link", { name: /^Source 1: / }).first();
  await test.step("8. It cites what it says, and the passage shows", async () => {
    await marker.hover();
    await expect(page.getByRole("tooltip")).toContainText(harbour);
    await page.mouse.move(0, 0);
  });

  const sources = answers(page).first().getByRole("region", { name: "Sources" });
  await test.step("9. Its sources are listed, and lead to the documents", async () => {
    await expect(sources.getByRole("link")).toHaveCount(3);
    await sources.getByRole("link").first().click();
    await expect(page).toHaveURL(/\/library\/documents\/doc_/);
    await expect(page.locator("mark")).toContainText(harbour);
    await page.getByRole("button", { name: "Back", exact: true }).click();
    await expect(marker).toBeVisible();
  });

  await test.step("10. A further question goes on from there", async () => {
    await send(page, `And what does a night cost in ${harbour}? {{reply:A night costs 12 francs [1].}}`);
    await expect(questions(page)).toHaveCount(2);
    await finished(page);
    await expect(answers(page).last()).toContainText("A night costs 12 francs");
    await expect(answers(page).first()).toContainText("40 berths");
  });

  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  type Detail = { thread: { id: string }; messages: { id: string; role: string }[] };
  await test.step("11. What happened is kept as events, with tokens, price and time", async () => {
    const { thread, messages } = await read<Detail>(page, `/chat/${id}`);
    const first = messages.findLast(({ role }) => role === "assistant");
    const events = await read<{ items: Event[] }>(page, `/events?type=ai_response_completed&target_id=${first?.id ?? ""}`);
    expect(events.items).toHaveLength(1);
    expect(events.items[0]?.metadata).toMatchObject({ status: "completed", toolsCalled: ["searchKnowledge"] });
    expect(events.items[0]?.metadata.tokensUsed).toBeGreaterThan(0);
    expect(events.items[0]?.metadata.duration).toBeGreaterThan(0);
    const calls = await read<{ items: Call[] }>(page, `/usage/calls?thread_id=${thread.id}`);
    // Once to call the tool, once to answer, once for the further question.
    expect(calls.items.length).toBeGreaterThanOrEqual(3);
    for (const call of calls.items) {
      expect(Number(call.cost_usd)).toBeGreaterThan(0);
      expect(call.input_tokens).toBeGreaterThan(0);
      expect(call.duration_ms).toBeGreaterThan(0);
    }
    await expect(answers(page).last()).toContainText("tokens");
  });

  await test.step("12. The conversation is kept: here, in the list, and for another session", async () => {
    await page.reload();
    await expect(questions(page)).toHaveCount(2);
    await expect(marker).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Conversations" })).toContainText(harbour);
    const context = await browser.newContext({ baseURL: state().url });
    try {
      const other = await context.newPage();
      await signIn(other);
      await other.goto(`/chat/${id}`);
      await expect(answers(other).first()).toContainText("40 berths");
      await expect(answers(other).first().getByRole("group", { name: "Tool: Search knowledge" })).toContainText("Done");
      await expect(answers(other).last()).toContainText("A night costs 12 francs");
    } finally {
      await context.close();
    }
  });
});
