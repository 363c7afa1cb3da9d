// The settings and the command palette: usage, budgets, keys, activity, and the keys that work anywhere.
import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { ask, box, expect, inspect, looks, signIn, test, unique } from "./scene";
import { ada, command, state } from "./server";

const palette = (page: Page) => page.getByRole("combobox", { name: "Find a conversation, a page or an action" });

test("usage is summed up in plots, a table, and a file, in exact figures", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "How much is this? {{reply:Not much.}}");
  await page.getByRole("button", { name: /Harbour$/ }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Usage" }).click();
  await expect(page).toHaveTitle("Usage · Steward");
  await expect(page.getByRole("img", { name: "Cost by day" })).toBeVisible();

  const report = (await (await page.request.get("/api/v1/usage?by=model")).json()) as { total: { cost_usd: string; calls: number } };
  const [whole = "0", part = ""] = report.total.cost_usd.split(".");
  await expect(page.locator("dl").first()).toContainText(`$${whole}.${part.padEnd(2, "0")}`);
  await page.getByRole("radio", { name: "Running total" }).check();
  await expect(page.getByRole("img", { name: "Cost from the first day on" })).toBeVisible();
  await page.getByText("Show as a table").click();
  await expect(page.getByRole("table", { name: "Cost from the first day on" }).getByRole("row")).not.toHaveCount(1);

  await page.getByRole("radio", { name: "Person" }).check();
  await expect(page.getByRole("table", { name: "By person" })).toContainText("You");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  expect(download.suggestedFilename()).toMatch(/^usage-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d\.csv$/);
  const file = readFileSync(await download.path(), "utf8");
  expect(file).toMatch(/cost_usd/);
  expect(file).toContain(report.total.cost_usd.slice(0, 4));

  await page.getByLabel("Time", { exact: true }).selectOption({ label: "Last month" });
  await expect(page.getByRole("heading", { name: "Nothing was used in this time" })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Time", { exact: true })).toHaveValue("last-month");
});

test("a budget is made, changed and deleted", async ({ signedIn: page }) => {
  await page.goto("/settings/budgets");
  await page.getByRole("button", { name: "New budget" }).click();
  const dialog = page.getByRole("dialog", { name: "New budget" });
  await dialog.getByLabel("Limits").selectOption({ label: "Only you" });
  await dialog.getByLabel("Most money, in US dollars").fill("nothing");
  await expect(dialog.getByRole("button", { name: "Create", exact: true })).toBeDisabled();
  await dialog.getByLabel("Most money, in US dollars").fill("1234.000000001");
  await dialog.getByRole("checkbox", { name: "50 %" }).check();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  const card = page.getByRole("listitem", { name: "You", exact: true });
  await expect(card).toContainText("of $1,234.000000001");
  await expect(card).toContainText("tells at 50, 80, 100 %");

  await page.getByRole("button", { name: "New budget" }).click();
  await dialog.getByLabel("Limits").selectOption({ label: "Only you" });
  await dialog.getByLabel("Most tokens, read and written").fill("5");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("There is such a budget already");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await card.getByRole("button", { name: "Options for You, each month" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  const change = page.getByRole("dialog", { name: /^Change budget/ });
  await change.getByLabel("Most money, in US dollars").fill("");
  await change.getByLabel("Most tokens, read and written").fill("1 000 000 000");
  await change.getByRole("button", { name: "Save" }).click();
  await expect(card).toContainText("of 1,000,000,000 tokens");
  await expect(card).not.toContainText("$1,234");

  await card.getByRole("button", { name: "Options for You, each month" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(card).toBeHidden();
});

test("an API key is shown once, works, and is refused when it is revoked; the log tells of it", async ({ signedIn: page }) => {
  const name = unique("Crane");
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "New API key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Name" }).press("Enter");
  const shown = page.getByRole("dialog", { name: `API key “${name}”` });
  await expect(shown.getByRole("note")).toContainText("shown this once");
  const secret = await shown.locator("code").first().innerText();
  // A press beside the window does not take it away.
  await page.mouse.click(8, 8);
  await expect(shown).toBeVisible();
  const models = () => page.request.get("/v1/models", { headers: { authorization: `Bearer ${secret}` } });
  expect((await models()).status()).toBe(200);
  await shown.getByRole("button", { name: "Done", exact: true }).click();
  const row = page.getByRole("listitem", { name });
  await expect(row).toContainText(`…${secret.slice(-4)}`);
  await expect(page.getByText(secret)).toHaveCount(0);

  await row.getByRole("button", { name: `Revoke ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(row).toContainText("Revoked");
  expect((await models()).status()).toBe(401);

  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Activity" }).click();
  const made = page.getByRole("listitem").filter({ hasText: "API key created" }).filter({ hasText: name });
  await expect(made).toContainText("You");
  await made.locator("summary").click();
  await expect(made).toContainText("By");
  await page.getByLabel("Show", { exact: true }).selectOption({ label: "API key revoked" });
  await expect(page.getByRole("listitem").filter({ hasText: "API key revoked" }).first()).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "API key created" })).toHaveCount(0);
});

test("a member sees what is theirs, and no buttons that the server would refuse", async ({ page }) => {
  await signIn(page, "eve@example.com");
  await page.goto("/settings");
  await expect(page.getByText("Member", { exact: true })).toBeVisible();
  const sections = page.getByRole("navigation", { name: "Settings" });
  await expect(sections.getByRole("link", { name: "Usage" })).toBeVisible();
  await expect(sections.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await sections.getByRole("link", { name: "Budgets" }).click();
  await expect(page.getByText("The budgets that apply to you.")).toBeVisible();
  await expect(page.getByRole("button", { name: "New budget" })).toHaveCount(0);
  await page.goto("/settings/keys");
  await expect(page.getByRole("note")).toContainText("Ask one of them for a key");
  await page.goto("/settings/usage");
  await expect(page.getByText(/^Your own use of models/)).toBeVisible();
  await page.goto("/settings/nothing");
  await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
});

test("the palette leads to pages, conversations and actions by the keyboard alone [UI-32]", async ({ signedIn: page }) => {
  const word = unique("Bollard").replace(" ", "");
  await page.goto("/");
  await ask(page, `${word} rope {{reply:It holds the ${word} hawser.}}`);
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeFocused();
  await page.keyboard.type("budg");
  await expect(page.getByRole("option", { name: "Budgets" })).toHaveAttribute("data-highlighted", "");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 2, name: "Budgets" })).toBeVisible();
  await expect(palette(page)).toBeHidden();

  // What was said in a conversation is found too.
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeFocused();
  await page.keyboard.type(`${word} hawser`);
  await expect(page.getByRole("option", { name: new RegExp(word) })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: new RegExp(word) })).toBeVisible();
  await expect(palette(page)).toBeHidden();
  // The conversation takes the focus once it is there.
  await expect(box(page)).toBeFocused();

  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeFocused();
  await page.keyboard.type("nothing is called like this");
  await expect(page.getByText("Nothing found. Try other words.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(palette(page)).toBeHidden();
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeFocused();
  await page.keyboard.type("dark");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Control+Shift+o");
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await expect(box(page)).toBeFocused();

  // A question mark is a letter in the box, and a shortcut elsewhere.
  await page.keyboard.type("?");
  await expect(box(page)).toHaveValue("?");
  await box(page).fill("");
  await page.keyboard.press("Tab");
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet).toContainText("New conversation");
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeFocused();
  await expect(sheet).toBeHidden();
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeHidden();
});

for (const { theme, width } of looks) {
  test(`looks, ${width} wide and ${theme} [UI-07] [UI-31]`, async ({ browser }) => {
    const context = await browser.newContext({ baseURL: state().url, colorScheme: theme, viewport: { width, height: 860 } });
    const page = await context.newPage();
    await signIn(page);
    const headers = { "X-CSRF-Token": ((await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string }).csrf_token };
    const budgets: string[] = [];
    for (const limits of [{ scope: "workspace", period: "month", limit_usd: "250", limit_tokens: 2_000_000 }, { scope: "user", period: "day", limit_usd: "99.5" }]) {
      const made = await page.request.post("/api/v1/budgets", { data: limits, headers });
      expect(made.status()).toBe(201);
      budgets.push(((await made.json()) as { id: string }).id);
    }
    const name = (what: string) => `${what}-${width}-${theme}`;
    await page.goto("/settings");
    await expect(page.getByText("Your role")).toBeVisible();
    await inspect(page, name("account"));
    await page.goto("/settings/usage");
    await expect(page.getByRole("table", { name: "By model" })).toBeVisible();
    await inspect(page, name("usage"));
    await page.goto("/settings/budgets");
    await expect(page.getByRole("button", { name: "New budget" })).toBeVisible();
    await inspect(page, name("budgets"));
    await page.getByRole("button", { name: "New budget" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await inspect(page, name("budget"));
    for (const id of budgets) await page.request.delete(`/api/v1/budgets/${id}`, { headers });
    const key = await page.request.post("/api/v1/keys", { data: { name: unique("Old program") }, headers });
    expect(key.status()).toBe(201);
    await page.request.delete(`/api/v1/keys/${((await key.json()) as { id: string }).id}`, { headers });
    await page.goto("/settings/keys");
    await expect(page.getByRole("listitem").filter({ hasText: "Revoked" }).first()).toBeVisible();
    await inspect(page, name("keys"));
    await page.goto("/settings/activity");
    await expect(page.getByRole("region", { name: "Activity" }).getByRole("heading", { level: 3, name: "Today" })).toBeVisible();
    await page.locator("main summary").first().click();
    await inspect(page, name("activity"));
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("option").first()).toBeVisible();
    await inspect(page, name("palette"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    await inspect(page, name("shortcuts"));
    await context.close();
  });
}

test("a viewer reads the settings, and nothing more", async ({ page }) => {
  const { folder, provider, workspace } = state();
  const email = `${unique("viewer").replace(" ", "-")}@example.com`;
  command(folder, provider.url, ["user", "create", email, "--workspace", workspace, "--role", "viewer"], ada.password);
  await signIn(page, email);
  await page.goto("/settings/usage");
  await expect(page.getByRole("heading", { name: "Nothing was used in this time" })).toBeVisible();
  await page.goto("/settings/budgets");
  await expect(page.getByRole("heading", { name: "No budget limits you" })).toBeVisible();
  await page.goto("/settings");
  await expect(page.getByText("Viewer", { exact: true })).toBeVisible();
});
