// What leaves a conversation: its link for colleagues, its files, feedback on it, and the tags to find it by.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";

import { answers, ask, expect, inspect, looks, signIn, test, unique } from "./scene";
import { command, state } from "./server";

const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const word = (name: string) => unique(name).replace(" ", "");

async function menu(page: Page, title: RegExp, entry: string): Promise<void> {
  await list(page).getByRole("link", { name: title }).hover();
  await list(page).getByRole("button", { name: new RegExp(`Options for ${title.source}`) }).click();
  await page.getByRole("menuitem", { name: entry }).click();
}

async function asColleague(browser: Browser, email: string, path: string): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: state().url })).newPage();
  await signIn(page, email);
  await page.goto(path);
  return page;
}

/** Somebody of another workspace, on the same server. */
function stranger(): string {
  const { folder, provider } = state();
  const email = `${word("stranger")}@example.com`.toLowerCase();
  const workspace = command(folder, provider.url, ["workspace", "create", "Elsewhere"]);
  command(folder, provider.url, ["user", "create", email, "--workspace", workspace, "--role", "owner"], "a long enough password");
  return email;
}

test("a conversation is shared, read by a colleague, and taken back [CONV-17] [UI-26]", async ({ signedIn: page, browser }) => {
  const name = word("Lighthouse");
  await page.goto("/");
  await ask(page, `${name} keepers {{reply:The lamp is lit at dusk.}}`);
  await answers(page).last().getByRole("button", { name: "Share conversation" }).click();
  await page.getByRole("dialog", { name: "Share conversation" }).getByRole("button", { name: "Create link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toMatch(/\/shared\/share_\w+$/);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await page.getByRole("button", { name: "Done", exact: true }).click();

  const eve = await asColleague(browser, "eve@example.com", "/");
  await eve.getByRole("button", { name: "Shared with you" }).click();
  await list(eve).getByRole("link", { name: new RegExp(name) }).click();
  await expect(eve).toHaveURL(link);
  await expect(eve.getByRole("heading", { level: 1 })).toContainText(name);
  await expect(answers(eve)).toContainText("The lamp is lit at dusk.");
  await expect(eve.getByLabel("Message", { exact: true })).toBeHidden();

  // What is said later is shared as well.
  await ask(page, "And at dawn? {{reply:Then it is put out.}}");
  await eve.reload();
  await expect(answers(eve).last()).toContainText("Then it is put out.");

  const outside = await asColleague(browser, stranger(), new URL(link).pathname);
  await expect(outside.getByRole("heading", { name: "This conversation is not shared with you" })).toBeVisible();

  await menu(page, new RegExp(name), "Share…");
  await page.getByRole("button", { name: "Stop sharing" }).click();
  await expect(page.getByRole("button", { name: "Create link" })).toBeVisible();
  await eve.reload();
  await expect(eve.getByRole("heading", { name: "This conversation is not shared with you" })).toBeVisible();
});

test("a colleague opens beside the conversation what its answers made", async ({ signedIn: page, browser }) => {
  const name = word("Pilot");
  await page.goto("/");
  await ask(page, `${name} page {{reply:Here.\n\n\`\`\`html\n<!doctype html>\n<title>Tides</title>\n<h1>High water at six</h1>\n\`\`\`}}`);
  await answers(page).last().getByRole("button", { name: "Share conversation" }).click();
  await page.getByRole("dialog", { name: "Share conversation" }).getByRole("button", { name: "Create link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  const eve = await asColleague(browser, "eve@example.com", new URL(link).pathname);
  const opener = answers(eve).getByRole("button", { name: "Open beside" });
  await opener.click();
  const beside = eve.getByRole("complementary", { name: "Tides" });
  await expect(beside).toBeFocused();
  await expect(eve.frameLocator("iframe").getByRole("heading", { name: "High water at six" })).toBeVisible();
  await eve.keyboard.press("Escape");
  await expect(beside).toBeHidden();
  await expect(opener).toBeFocused();
});

test("a conversation is saved as a file of each kind [CONV-18]", async ({ signedIn: page }) => {
  const name = word("Breakwater");
  await page.goto("/");
  await ask(page, `${name} notes {{reply:Stones of four tonnes.}}`);
  const beginnings = { Markdown: `# ${name}`, JSON: "{", PDF: "%PDF-" };
  for (const [kind, beginning] of Object.entries(beginnings)) {
    const download = page.waitForEvent("download");
    await menu(page, new RegExp(name), `Save as ${kind}`);
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`${name}.*\\.(md|json|pdf)$`));
    const bytes = readFileSync(await file.path());
    expect(bytes.subarray(0, beginning.length).toString()).toBe(beginning);
    if (kind !== "PDF") expect(bytes.toString()).toContain("Stones of four tonnes.");
  }
});

test("answers are rated, with a reason where they are bad", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, `${word("Dredger")} {{reply:Seven metres.}}`);
  const answer = answers(page).last();
  await answer.getByRole("button", { name: "Good answer" }).click();
  await expect(answer.getByRole("button", { name: "Good answer" })).toHaveAttribute("aria-pressed", "true");
  await answer.getByRole("button", { name: "Bad answer" }).click();
  await page.getByRole("button", { name: "Not correct" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.reload();
  await expect(answer.getByRole("button", { name: "Bad answer" })).toHaveAttribute("aria-pressed", "true");
  await expect(answer.getByRole("button", { name: "Good answer" })).toHaveAttribute("aria-pressed", "false");
});

test("tags narrow the list, and the keyboard walks it", async ({ signedIn: page }) => {
  const [name, tag] = [word("Quay"), word("tag").toLowerCase()];
  await page.goto("/");
  await ask(page, `${name} plans`);
  await menu(page, new RegExp(name), "Tags…");
  await page.getByLabel("Add a tag").fill(tag);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save" }).click();
  const chip = page.getByRole("group", { name: "Tags" }).getByRole("button", { name: tag });
  await chip.click();
  await expect(list(page).getByRole("link")).toHaveCount(1);
  await expect(list(page).getByRole("link", { name: new RegExp(name) })).toContainText(tag);

  await page.getByLabel("Search conversations").press("ArrowDown");
  await expect(list(page).getByRole("link")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(page.getByLabel("Search conversations")).toBeFocused();
  await chip.click();

  await menu(page, new RegExp(name), "Archive");
  await expect(list(page).getByRole("link", { name: new RegExp(name) })).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(list(page).getByRole("link", { name: new RegExp(name) })).toBeVisible();
});

for (const { theme, width } of looks)
  test(`looks ${width}, ${theme} [UI-31] [UI-32]`, async ({ signedIn: page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 800 });
    const seen = (name: string) => inspect(page, `${name}-${width}-${theme}`);
    const name = word("Pier");
    await page.goto("/");
    await ask(page, `${name} repairs and a title that is much longer than the list is wide {{markdown}}`);
    const header = page.locator("main header");
    const open = async (entry: string) => {
      await header.getByRole("button", { name: /^Options for/ }).click();
      await page.getByRole("menuitem", { name: entry }).click();
    };
    await header.getByRole("button", { name: /^Options for/ }).click();
    await expect(page.getByRole("menuitem", { name: "Save as PDF" })).toBeVisible();
    await seen("menu");
    await page.keyboard.press("Escape");
    await open("Tags…");
    await page.getByLabel("Add a tag").fill("invoice, a tag that is really rather long, harbour");
    await page.keyboard.press("Enter");
    await seen("tags");
    await page.getByRole("button", { name: "Save" }).click();
    await open("Share…");
    await expect(page.getByRole("button", { name: "Create link" })).toBeVisible();
    await seen("share");
    await page.getByRole("button", { name: "Create link" }).click();
    const link = await page.getByLabel("Link", { exact: true }).inputValue();
    await seen("shared-link");
    await page.getByRole("button", { name: "Done", exact: true }).click();
    await answers(page).last().getByRole("button", { name: "Bad answer" }).click();
    await expect(page.getByLabel("Reason (optional)")).toBeVisible();
    await seen("reason");
    await page.getByRole("button", { name: "Skip" }).click();
    await seen("rated");
    if (width < 1024) await page.getByRole("button", { name: "Show conversations" }).click();
    await expect(page.getByRole("group", { name: "Tags" })).toBeVisible();
    await seen("list");
    await page.getByLabel("Search conversations").fill(name);
    await expect(page.getByRole("list", { name: "Search results" })).toBeVisible();
    await seen("found");
    await page.goto(new URL(link).pathname);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
    await seen("shared");
    await page.goto("/shared/share_none");
    await expect(page.getByRole("heading", { name: "This conversation is not shared with you" })).toBeVisible();
    await seen("not-shared");
  });
