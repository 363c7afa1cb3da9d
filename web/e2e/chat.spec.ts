import type { Page } from "@playwright/test";

import { answers, ask, box, expect, finished, questions, send, test, unique } from "./scene";
import { startAgain, stopServer } from "./server";

const slow = "{{words:60}} {{pace_ms:60}}";

test("the own message shows at once, and the answer grows piece by piece [CHAT-08] [UI-15] [UI-27] [UI-35] [UI-19] [TEST-02]", async ({ signedIn: page }) => {
  await page.goto("/");
  await send(page, `${slow} {{first_ms:700}}`);
  await expect(questions(page)).toHaveCount(1);
  await expect(page.getByText("Thinking...")).toBeVisible();
  await expect(page).toHaveURL(/\/chat\/chat_/);

  const lengths = new Set<number>();
  await expect
    .poll(
      async () => {
        if (await page.getByRole("button", { name: "Stop", exact: true }).isVisible())
          lengths.add((await answers(page).last().innerText()).length);
        return lengths.size;
      },
      { intervals: [80], timeout: 30_000 },
    )
    .toBeGreaterThanOrEqual(6);
  await finished(page);
  await expect(page.getByText("Thinking...")).toBeHidden();
  await expect(answers(page).last().getByRole("button", { name: "Copy answer" })).toBeVisible();
  await expect(answers(page).last()).toContainText("tokens");
  await expect(page.getByTestId("announcer")).toContainText("Steward answered:");
  await expect(box(page)).toBeEnabled();
});

test("nothing jumps and the page stays quick while an answer streams [PERF-12]", async ({ signedIn: page }) => {
  await page.addInitScript(() => {
    const seen = { shift: 0, longest: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.longest = Math.max(seen.longest, entry.duration);
    }).observe({ type: "longtask" });
  });
  await page.goto("/");
  // The first answer loads what draws answers.
  await ask(page, "{{markdown}}");
  await expect(page.locator(".code-token").first()).toBeVisible();
  const read = () => page.evaluate(() => ({ ...(window as unknown as { seen: { shift: number; longest: number } }).seen }));
  await page.evaluate(() => Object.assign((window as unknown as { seen: object }).seen, { longest: 0 }));
  const before = await read();
  await ask(page, "{{words:250}} {{markdown}} {{pace_ms:15}}");
  const after = await read();
  expect(after.shift - before.shift).toBeLessThan(0.1);
  // Machines differ; a second would be felt on any.
  expect(after.longest).toBeLessThan(1000);
  test.info().annotations.push({ type: "measured", description: JSON.stringify(after) });
  if (process.env.STEWARD_MEASURE) process.stdout.write(`shift ${(after.shift - before.shift).toFixed(4)}, longest task ${after.longest} ms\n`);
});

test("a reload in mid-answer goes on streaming to the whole text", async ({ signedIn: page }) => {
  const word = unique("Harvest");
  await page.goto("/");
  await send(page, `{{reply:${word} begins}} {{words:70}} {{pace_ms:70}}`);
  await expect(answers(page).last()).toContainText("begins");
  await page.reload();
  await expect(answers(page).last()).toContainText("begins");
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  const before = (await answers(page).last().innerText()).length;
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(before);
  await finished(page);
  const shown = await answers(page).last().locator(".answer").innerText();
  await page.reload();
  await expect(answers(page).last().locator(".answer")).toHaveText(shown, { useInnerText: true });
  await expect(answers(page)).toHaveCount(1);
});

test("stop keeps what came so far", async ({ signedIn: page }) => {
  await page.goto("/");
  await send(page, slow);
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(30);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await finished(page);
  await expect(answers(page).last()).toContainText("stopped");
  const kept = await answers(page).last().locator(".answer").innerText();
  expect(kept.length).toBeGreaterThan(10);
  await page.reload();
  await expect(answers(page).last()).toContainText("stopped");
  await expect(answers(page).last().locator(".answer")).toHaveText(kept, { useInnerText: true });
});

test("Escape stops too", async ({ signedIn: page }) => {
  await page.goto("/");
  await send(page, slow);
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  await page.waitForTimeout(500);
  await page.keyboard.press("Escape");
  await finished(page);
  await expect(answers(page).last()).toContainText("stopped");
});

test("another answer stands beside the first, and the pager goes between them [UI-26]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, `{{tag:one}} {{words:12}}`);
  await answers(page).last().getByRole("button", { name: "Regenerate", exact: true }).click();
  await finished(page);
  const versions = answers(page).last().getByRole("group", { name: "Versions" });
  await expect(versions).toHaveText("2/2");
  await versions.getByRole("button", { name: "Previous version" }).click();
  await expect(versions).toHaveText("1/2");
  await page.reload();
  await expect(versions).toHaveText("1/2");
  await versions.getByRole("button", { name: "Next version" }).click();
  await expect(versions).toHaveText("2/2");
});

test("an edited question makes a branch, and the old one stays reachable", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:The old answer.}}");
  await ask(page, "{{reply:Something further.}}");
  await questions(page).first().hover();
  await questions(page).first().getByRole("button", { name: "Edit message" }).click();
  await page.getByLabel("Your message").fill("{{reply:The new answer.}}");
  await page.getByLabel("Your message").press("Enter");
  await expect(answers(page).last()).toContainText("The new answer.");
  await finished(page);
  await expect(questions(page)).toHaveCount(1);
  const versions = questions(page).first().getByRole("group", { name: "Versions" });
  await expect(versions).toHaveText("2/2");
  await versions.getByRole("button", { name: "Previous version" }).click();
  await expect(answers(page).first()).toContainText("The old answer.");
  await expect(answers(page).last()).toContainText("Something further.");
  await expect(questions(page)).toHaveCount(2);
});

test("a provider's failure is a sentence, and trying again works [ERR-13]", async ({ signedIn: page }) => {
  await page.goto("/");
  await send(page, "{{reply:It works now, at last.}} {{error_after:2}} {{times:1}}");
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(/\w{3,}.*\./);
  await expect(alert).not.toContainText(/[{}<>]|Traceback/);
  await alert.getByRole("button", { name: "Try again" }).click();
  await finished(page);
  await expect(answers(page).last()).toContainText("It works now, at last.");
  await expect(page.getByRole("alert")).toBeHidden();
});

test("the menu holds the models of several providers, and another one goes on [PROV-18] [CHAT-39]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:From the first model.}}");
  await page.getByRole("button", { name: /^Model: / }).click();
  await expect(page.getByRole("menuitemradio", { name: /^gpt-4o\b/ }).first()).toBeVisible();
  await page.getByRole("menuitemradio", { name: "claude-sonnet-4-5" }).click();
  await ask(page, "{{reply:From another one.}}");
  await expect(answers(page).last()).toContainText("From another one.");
  await expect(page.getByRole("button", { name: "Model: claude-sonnet-4-5" })).toBeVisible();
});

test("a quick prompt goes out with one click [UI-12]", async ({ signedIn: page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: /Find customers/ }).click();
  await expect(questions(page)).toContainText("Find the customers");
  await finished(page);
});

/** The session ends while words stand in the box; then they are sent. */
async function sendAfterTheEnd(page: Page, words: string): Promise<void> {
  await box(page).fill(words);
  await page.context().clearCookies();
  // The list, which is read again after an answer, may meet the end of the session before the message does.
  await box(page)
    .press("Enter", { timeout: 2000 })
    .catch(() => expect(page).toHaveURL(/\/sign-in/));
}

test("a session that ended keeps the draft", async ({ signedIn: page }) => {
  const words = unique("Do not lose these words");
  await page.goto("/");
  await ask(page, "{{reply:Good morning.}}");
  const address = page.url();
  await sendAfterTheEnd(page, words);
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByText("Your session has ended.")).toBeVisible();
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(address);
  await expect(box(page)).toHaveValue(words);
  await expect(questions(page)).toHaveCount(1);
});

test("a session that ended before the first message keeps the draft as well", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await sendAfterTheEnd(page, "first words");
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(box(page)).toHaveValue("first words");
});

test("the list follows the newest words unless somebody scrolled up [UI-10]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{words:600}}");
  await send(page, "{{words:300}} {{pace_ms:30}}");
  const list = page.getByRole("region", { name: "Conversation" });
  const rest = () => list.evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(200);
  expect(await rest()).toBeLessThan(60);
  await list.hover();
  await page.mouse.wheel(0, -900);
  await expect(page.getByRole("button", { name: "To the end" })).toBeVisible();
  const place = await list.evaluate((element) => element.scrollTop);
  await page.waitForTimeout(800);
  expect(Math.abs((await list.evaluate((element) => element.scrollTop)) - place)).toBeLessThan(4);
  await page.getByRole("button", { name: "To the end" }).click();
  await expect.poll(rest).toBeLessThan(60);
  await finished(page);
});

test("the keyboard alone is enough", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("{{reply:one}}");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await expect(questions(page)).toHaveCount(0);
  await page.keyboard.press("Enter");
  await finished(page);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Find a conversation, a page or an action" })).toBeFocused();
  await page.keyboard.type("search in all");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Search conversations")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await expect(box(page)).toBeFocused();
  await expect(box(page)).toHaveValue("");
});

test("the conversation outlives a restart of the server, and so does an open page [TEST-05]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:Written before the restart.}}");
  await stopServer();
  await send(page, "{{reply:And after it.}}");
  await expect(page.getByText(/connection was lost|cannot be reached/i).first()).toBeVisible();
  await startAgain();
  const again = page.getByRole("button", { name: "Try again" });
  await expect(again.or(answers(page).nth(1)).first()).toBeVisible({ timeout: 60_000 });
  if (await again.isVisible()) await again.click();
  await expect(answers(page).last()).toContainText("And after it.");
  await finished(page);
  await page.reload();
  await expect(answers(page).first()).toContainText("Written before the restart.");
  await expect(answers(page).last()).toContainText("And after it.");
});

test("a conversation that does not exist says so", async ({ signedIn: page }) => {
  await page.goto("/chat/nothing-here");
  await expect(page.getByRole("heading", { name: "This conversation does not exist" })).toBeVisible();
  await page.getByRole("link", { name: "Start a new conversation" }).click();
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
});
