import type { BrowserContext, Page } from "@playwright/test";

import { answers, ask, box, expect, finished, questions, send, signIn, test, unique } from "./scene";
import { state } from "./server";

const soon = { timeout: 2_000 };

test("two tabs show the same conversations, without a reload and without the focus", async ({ signedIn: page, context }) => {
  await page.goto("/");
  const other = await context.newPage();
  const line = other.waitForEvent("websocket");
  await other.goto("/");
  // It hears everything from the first news on.
  await (await line).waitForEvent("framereceived");
  await page.bringToFront();

  const list = page.getByRole("navigation", { name: "Conversations" });
  const there = other.getByRole("navigation", { name: "Conversations" });
  const options = async (title: string, item: string) => {
    await list.getByRole("link", { name: title }).hover();
    await list.getByRole("button", { name: `Options for ${title}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  const word = unique("Curlew");
  await ask(page, `${word} plans`);
  await expect(there.getByRole("link", { name: new RegExp(word) })).toBeVisible(soon);

  await other.goto(page.url());
  await expect(other.getByRole("heading", { level: 1 })).toContainText(word);
  await page.bringToFront();
  const renamed = unique("Whimbrel");
  await options(`${word} plans`, "Rename");
  await page.getByLabel("Title", { exact: true }).fill(renamed);
  await page.getByLabel("Title", { exact: true }).press("Enter");
  await expect(list.getByRole("link", { name: renamed })).toBeVisible();
  await expect(there.getByRole("link", { name: renamed })).toBeVisible(soon);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(renamed, soon);

  await options(renamed, "Pin");
  await expect(there.getByRole("region", { name: "Pinned" })).toContainText(renamed, soon);

  await options(renamed, "Archive");
  await expect(list.getByRole("link", { name: renamed })).toBeHidden();
  await expect(there.getByRole("link", { name: renamed })).toBeHidden(soon);
});

test("a list comes into step again after the line was away", async ({ signedIn: page, context }) => {
  await page.goto("/");
  const other = await context.newPage();
  await other.routeWebSocket("**/api/v1/ws", async (socket) => {
    // The first line breaks at once, the second goes through.
    if (isBroken) await socket.close({ code: 1013 });
    else socket.connectToServer();
  });
  let isBroken = true;
  await other.goto("/");
  await page.bringToFront();
  const word = unique("Dunlin");
  await send(page, `${word} plans {{words:20}}`);
  await expect(page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(word) })).toBeVisible();
  isBroken = false;
  await expect(other.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(word) })).toBeVisible();
});

/** The same conversation in another tab, which hears everything from now on. */
async function beside(page: Page, context: BrowserContext): Promise<Page> {
  const other = await context.newPage();
  const line = other.waitForEvent("websocket");
  await other.goto(page.url());
  await (await line).waitForEvent("framereceived");
  await expect(answers(other)).toHaveCount(await answers(page).count());
  return other;
}

test("an open conversation shows what is said in another tab while it is written, and keeps what is its own", async ({ signedIn: page, context }) => {
  const word = unique("Godwit");
  await page.goto("/");
  await ask(page, `${word} plans {{words:400}}`);
  await expect(page).toHaveURL(/\/chat\/chat_/);
  const other = await beside(page, context);
  await box(other).fill("A draft of my own");

  // The other tab reads further up.
  const shown = other.getByRole("region", { name: "Conversation" });
  await shown.hover();
  await other.mouse.wheel(0, -20_000);
  await expect(other.getByRole("button", { name: "To the end" })).toBeVisible();

  const reads: string[] = [];
  const address = `/api/v1/chat/${page.url().split("/").pop()}`;
  other.on("request", (request) => void (/\/api\/v1\/chat\/(chat|thread)_/.test(request.url()) && reads.push(request.url())));
  await send(page, `Second {{words:120}} {{pace_ms:30}}`);
  await expect(questions(page).last()).toContainText("Second");
  await other.getByRole("button", { name: "To the end" }).scrollIntoViewIfNeeded();
  expect(await shown.evaluate((region) => region.scrollTop)).toBeLessThan(200);
  await other.getByRole("button", { name: "To the end" }).click();
  await expect(questions(other).last()).toContainText("Second", soon);
  // While it is written here it is written there.
  await expect(answers(other).last()).toContainText("w5 w6", soon);
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  await expect(other.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  await finished(page);
  await finished(other);
  for (const tab of [page, other]) {
    await expect(questions(tab).filter({ hasText: "Second" })).toHaveCount(1);
    await expect(answers(tab).last()).toContainText("w119");
  }
  await expect(box(other)).toHaveValue("A draft of my own");
  // A glance for each piece of news, the messages before and after the answer, and the answer once.
  expect(reads.filter((url) => url.endsWith(`${address}/stream`))).toHaveLength(1);
  expect(reads.length, reads.join("\n")).toBeLessThan(10);
});

test("edits, other versions, and a stop in one tab are seen in the other", async ({ signedIn: page, context }) => {
  const word = unique("Avocet");
  await page.goto("/");
  await ask(page, `${word} plans {{reply:The first answer.}}`);
  const other = await beside(page, context);

  await questions(page).last().hover();
  await questions(page).last().getByRole("button", { name: "Edit message" }).click();
  await page.getByLabel("Your message").fill(`${word} edited {{reply:The second answer.}}`);
  await page.getByLabel("Your message").press("Enter");
  await expect(questions(other)).toContainText("edited", soon);
  await expect(answers(other)).toContainText("The second answer.", soon);
  await expect(questions(other)).toHaveCount(1);

  await finished(page);
  await page.getByRole("button", { name: "Previous version" }).first().click();
  await expect(answers(page)).toContainText("The first answer.");
  await expect(answers(other)).toContainText("The first answer.", soon);

  await finished(page);
  await answers(page).last().getByRole("button", { name: "Regenerate", exact: true }).click();
  await expect(other.getByText("2/2").last()).toBeVisible(soon);
  await finished(page);
  await finished(other);

  await send(page, "Long {{words:400}} {{pace_ms:30}}");
  await expect(answers(other).last()).toContainText("w3", soon);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(other.getByRole("button", { name: "Stop", exact: true })).toBeHidden(soon);
  await expect(answers(other).last()).toContainText("stopped", soon);
  // And the other way round.
  await send(other, "More {{words:5}}");
  await expect(questions(page).last()).toContainText("More", soon);
  await expect(answers(page).last()).toContainText("w4", soon);
});

test("a program's turn is seen where its conversation is open, and a colleague sees it in a moment", async ({ signedIn: page, browser }) => {
  const word = unique("Lapwing");
  await page.goto("/");
  await ask(page, `${word} plans {{reply:As it was.}}`);
  const { csrf_token } = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const headers = { "X-CSRF-Token": csrf_token };
  const id = page.url().split("/").pop() ?? "";
  const share = (await (await page.request.post(`/api/v1/chat/${id}/share`, { headers })).json()) as { id: string };
  const colleague = await (await browser.newContext({ baseURL: state().url })).newPage();
  await signIn(colleague, "eve@example.com");
  await colleague.goto(`/shared/${share.id}`);
  await expect(answers(colleague)).toContainText("As it was.");

  const message = { id: unique("m").replace(" ", "_"), role: "user", parts: [{ type: "text", text: "From a program {{reply:As it is now.}}" }] };
  await page.request.post("/api/v1/chat", { headers, data: { id, messages: [message], stream: false } });
  await expect(answers(page).last()).toContainText("As it is now.", soon);
  await expect(questions(page)).toHaveCount(2);
  await expect(answers(colleague).last()).toContainText("As it is now.", { timeout: 14_000 });
});
