// What one says reaches the server: later when there is no line, after the answer that is being written, after signing
// in again; and another model may answer it.

import type { Page } from "@playwright/test";

import { answers, ask, box, expect, finished, inspect, looks, questions, send, signIn, test, unique } from "./scene";
import { ada } from "./server";


const waiting = (page: Page) => page.getByRole("article", { name: "Waiting message" });

/** What the server holds of the conversation that is open, oldest first. */
async function held(page: Page): Promise<{ role: string; text: string; model: string | null }[]> {
  const id = page.url().split("/chat/")[1] ?? "";
  const answer = await page.request.get(`/api/v1/chat/${id}?limit=50`);
  if (!answer.ok()) return [];
  const { messages } = (await answer.json()) as { messages: { role: string; model: string | null; parts: { type: string; text?: string }[] }[] };
  const words = (parts: { type: string; text?: string }[]) => parts.flatMap(({ type, text }) => (type === "text" ? (text ?? "") : [])).join("");
  return messages.toReversed().map(({ role, model, parts }) => ({ role, model, text: words(parts) }));
}

async function signInAgain(page: Page, email = ada.email): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("another model answers the same question, and the pager shows both [UI-26] [CHAT-39]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:An answer.}}");
  const before = await answers(page).last().innerText();
  await answers(page).last().getByRole("button", { name: "Ask another model" }).click();
  const current = page.getByRole("menuitemradio", { checked: true });
  await expect(current).toHaveCount(1);
  expect(before).toContain(await current.innerText());
  const other = page.getByRole("menuitemradio", { checked: false, name: /claude/ }).first();
  const name = (await other.innerText()).trim();
  await other.click();
  await finished(page);
  const versions = answers(page).last().getByRole("group", { name: "Versions" });
  await expect(versions).toHaveText("2/2");
  await expect(answers(page).last()).toContainText(name);
  await expect(answers(page).last()).toContainText(/\d+ tokens · \$0\.\d+ · \d/);
  const line = await answers(page).last().getByText(/tokens/).innerText();
  await page.reload();
  await expect(answers(page).last().getByText(/tokens/)).toHaveText(line);
  await versions.getByRole("button", { name: "Previous version" }).click();
  await expect(versions).toHaveText("1/2");
  await expect(answers(page).last()).not.toContainText(name);
});

test("whoever pages through versions by keyboard stays at the pager", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{words:8}}");
  await answers(page).last().getByRole("button", { name: "Regenerate", exact: true }).click();
  const versions = answers(page).last().getByRole("group", { name: "Versions" });
  await expect(versions).toHaveText("2/2");
  await finished(page);
  const previous = versions.getByRole("button", { name: "Previous version" });
  await previous.focus();
  await page.keyboard.press("Enter");
  await expect(versions).toHaveText("1/2");
  await expect(previous).toBeFocused();
  await expect(previous).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Tab");
  await expect(versions.getByRole("button", { name: "Next version" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(versions).toHaveText("2/2");
  await expect(versions.getByRole("button", { name: "Next version" })).toBeFocused();
});

test("what is said without a line waits in its order, outlives a reload, and goes out once", async ({ signedIn: page, context }) => {
  await page.goto("/");
  await ask(page, "{{reply:Before.}}");
  await context.setOffline(true);
  await expect(page.getByRole("status").filter({ hasText: "You are offline." })).toBeVisible();
  await send(page, "{{reply:One answered.}}");
  await send(page, "{{reply:Two answered.}}");
  await send(page, "{{reply:Three answered.}}");
  await expect(waiting(page)).toHaveCount(3);
  await expect(waiting(page).first()).toContainText("Waiting for the network");
  await expect(questions(page)).toHaveCount(1);
  await waiting(page).nth(1).getByRole("button", { name: "Take back" }).click();
  await expect(waiting(page)).toHaveCount(2);
  await expect(box(page)).toHaveValue("{{reply:Two answered.}}");
  await expect(box(page)).toBeFocused();

  // The page comes again while messages still find no way.
  await page.route("**/api/v1/chat", (route) => route.abort("internetdisconnected"));
  await context.setOffline(false);
  await page.reload();
  await expect(waiting(page)).toHaveCount(2);
  await expect(waiting(page).first()).toContainText("One answered.");
  await expect(box(page)).toHaveValue("{{reply:Two answered.}}");
  await expect(waiting(page).first().getByRole("button", { name: "Try now" })).toBeVisible();
  // It tries again by itself, and may be quicker than a press of that button.
  await page.unroute("**/api/v1/chat");
  await expect(answers(page).last()).toContainText("Three answered.", { timeout: 60_000 });
  await finished(page);
  await expect(waiting(page)).toHaveCount(0);
  const said = await held(page);
  expect(said.filter(({ role }) => role === "user").map(({ text }) => text)).toEqual(["{{reply:Before.}}", "{{reply:One answered.}}", "{{reply:Three answered.}}"]);
  expect(said.filter(({ role }) => role === "assistant").map(({ text }) => text)).toEqual(["Before.", "One answered.", "Three answered."]);
});

test("a new conversation that begins without a line begins when it is back", async ({ signedIn: page, context }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await context.setOffline(true);
  await send(page, "{{reply:It began.}}");
  await expect(waiting(page)).toContainText("Waiting for the network");
  await context.setOffline(false);
  await expect(answers(page).last()).toContainText("It began.");
  await finished(page);
  expect((await held(page)).map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("a message whose answer is lost on the way is not said twice", async ({ signedIn: page }) => {
  await page.goto("/");
  let times = 0;
  await page.route("**/api/v1/chat", async (route) => {
    times += 1;
    if (times > 1) return route.continue();
    // It arrives, and the line breaks before the page hears of it.
    await page.request.post("/api/v1/chat", { headers: route.request().headers(), data: route.request().postDataJSON() as object });
    return route.abort("connectionreset");
  });
  await send(page, "{{reply:Once.}}");
  await expect(answers(page).last()).toContainText("Once.");
  await finished(page);
  expect((await held(page)).map(({ text }) => text)).toEqual(["{{reply:Once.}}", "Once."]);
  expect(times).toBe(2);
});

test("a message written while an answer comes waits for its end, and can be taken back", async ({ signedIn: page }) => {
  await page.goto("/");
  await send(page, "{{words:60}} {{pace_ms:60}}");
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(20);
  await send(page, "{{reply:Second.}}");
  await send(page, "{{reply:Third.}}");
  await expect(waiting(page)).toHaveCount(2);
  await expect(waiting(page).first()).toContainText("Sent when this answer is done");
  await waiting(page).last().getByRole("button", { name: "Take back" }).click();
  await expect(box(page)).toHaveValue("{{reply:Third.}}");
  await box(page).fill("");
  await page.reload();
  await expect(waiting(page)).toHaveCount(1);
  await expect(answers(page)).toHaveCount(1);
  await expect(answers(page).last()).toContainText("Second.", { timeout: 30_000 });
  await finished(page);
  await expect(waiting(page)).toHaveCount(0);
  const said = await held(page);
  expect(said.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(said[1]?.text.split(" ").length).toBeGreaterThanOrEqual(60);
});

test("a session that ends in mid-conversation loses neither the draft nor what was sent into it [ERR-10]", async ({ signedIn: page, context }) => {
  const word = unique("Harbour");
  await page.goto("/");
  await send(page, `{{reply:Good morning.}} {{first_ms:1500}}`);
  await expect(page.getByText("Thinking...")).toBeVisible();
  await expect(page).toHaveURL(/\/chat\/chat_/);
  const address = page.url();
  // Said while the answer comes; the session ends before they go out.
  await send(page, `{{reply:First ${word}.}}`);
  await send(page, `{{reply:Second ${word}.}}`);
  await box(page).fill(`${word} is still being written`);
  await context.clearCookies();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByText("Your session has ended. Sign in again")).toBeVisible();
  await signInAgain(page);
  await expect(page).toHaveURL(address);
  await expect(box(page)).toHaveValue(`${word} is still being written`);
  await expect(answers(page).last()).toContainText(`Second ${word}.`, { timeout: 30_000 });
  await finished(page);
  expect((await held(page)).filter(({ role }) => role === "user")).toHaveLength(3);
});

test("what one person left unsent is not shown to the next", async ({ signedIn: page }) => {
  const secret = unique("For nobody else");
  const leave = async () => {
    await page.getByRole("button", { name: /Harbour$/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/sign-in/);
  };
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await box(page).fill(secret);
  await leave();
  await signInAgain(page, "eve@example.com");
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await expect(box(page)).toHaveValue("");
  await leave();
  await signInAgain(page);
  await expect(box(page)).toHaveValue(secret);
  await box(page).fill("");
});

test("a draft of each conversation outlives a reload and the tab", async ({ signedIn: page, context }) => {
  await page.goto("/");
  await ask(page, "{{reply:Here.}}");
  const address = page.url();
  await box(page).fill("half a thought");
  await page.reload();
  await expect(box(page)).toHaveValue("half a thought");
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await expect(box(page)).toHaveValue("");
  const other = await context.newPage();
  await page.close();
  await other.goto(address);
  await expect(box(other)).toHaveValue("half a thought");
  await send(other, "{{reply:Whole.}}");
  await finished(other);
  await other.reload();
  await expect(answers(other).last()).toContainText("Whole.");
  await expect(box(other)).toHaveValue("");
});

test("the palette keeps the focus while a conversation loads below it", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:Here.}}");
  const address = page.url();
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await page.route(/\/api\/v1\/chat\/chat_\w+\?/, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(address);
  await expect(page.getByRole("status", { name: "Loading the conversation" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const input = page.getByRole("combobox", { name: "Find a conversation, a page or an action" });
  await expect(input).toBeFocused();
  release();
  // What lies behind the palette is seen, and hidden from whoever hears the page.
  await expect(page.locator("article[data-role=assistant]")).toContainText("Here.");
  await page.waitForTimeout(200);
  await expect(input).toBeFocused();
  await page.keyboard.type("settings");
  await expect(input).toHaveValue("settings");
});

test("a command behind a slash calls a tool without a model", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("/createt");
  const list = page.getByRole("listbox", { name: "Commands" });
  await expect(list.getByRole("option").first()).toContainText("/createTask");
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await page.keyboard.type("a");
  await expect(list).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(box(page)).toHaveValue("/createTask ");
  const title = unique("Paint the pier");
  await page.keyboard.type(title);
  await expect(page.getByText(/^\/createTask <title>/)).toBeVisible();
  await page.keyboard.press("Enter");
  await finished(page);
  await expect(answers(page).last().getByRole("group", { name: "Tool: Create task" })).toHaveAttribute("data-standing", "done");
  await expect(answers(page).last()).toContainText("librarian");
  const { items } = (await (await page.request.get("/api/v1/tasks")).json()) as { items: { title: string }[] };
  expect(items.map((task) => task.title)).toContain(title);
  // The next words go to a model again.
  await ask(page, "{{reply:A model speaks.}}");
  await expect(answers(page).last()).not.toContainText("librarian");
});

test("the price and the room that is left are told before a message is sent", async ({ signedIn: page }) => {
  await page.goto("/");
  await box(page).fill("How many berths does the harbour have?");
  await expect(page.getByRole("meter", { name: "Filled of what the model can read" })).toBeVisible();
  await expect(page.getByText(/^\$0\.\d+ to \$0\.\d+$/)).toBeVisible();
  await box(page).fill("");
  await expect(page.getByRole("meter")).toBeHidden();
});

test("a follow-up that fits is sent by a press [UI-25]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "Create a task for me, please. {{reply:Which one?}}");
  await page.getByRole("group", { name: "Follow-ups" }).getByRole("button").click();
  await expect(questions(page).last()).toContainText("Use the tool “Create task” for this.");
  await finished(page);
  await expect(answers(page)).toHaveCount(2);
});

for (const { theme, width } of looks)
  test.describe(`look, ${width}, ${theme}`, () => {
    const named = (name: string) => `${name}-${width}-${theme}`;
    test.use({ colorScheme: theme, viewport: { width, height: 800 } });

    test("what waits, and the models [UI-07] [UI-31] [UI-32]", async ({ page, context }) => {
      await signIn(page);
      await page.goto("/");
      await ask(page, "What does the harbour have? {{reply:The harbour has forty berths, and room for more.}}");
      await answers(page).last().getByRole("button", { name: "Ask another model" }).click();
      await expect(page.getByRole("menuitemradio").first()).toBeVisible();
      await inspect(page, named("models"));
      await page.keyboard.press("Escape");
      await box(page).fill("/");
      await expect(page.getByRole("listbox", { name: "Commands" })).toBeVisible();
      await inspect(page, named("commands"));
      await box(page).fill("What does a night cost?");
      if (width > 640) await expect(page.getByRole("meter")).toBeVisible();
      await inspect(page, named("price"));
      await send(page, "{{words:80}} {{pace_ms:80}}");
      await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(20);
      await send(page, "And what does a night cost there for a boat of twelve metres, with power and water?");
      await box(page).fill("Another one");
      await inspect(page, named("queued"));
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await finished(page);
      await expect(waiting(page)).toHaveCount(0);
      await finished(page);
      await context.setOffline(true);
      await box(page).press("Enter");
      await send(page, "And a second one, which waits behind it.");
      await expect(waiting(page)).toHaveCount(2);
      await expect(waiting(page).first()).toContainText("Waiting for the network");
      await inspect(page, named("offline"));
      await context.setOffline(false);
    });
  });
