// The main path without a pointer, and what a screen reader hears on it.
import type { Locator, Page } from "@playwright/test";

import { answers, box, expect, finished, questions, test, unique } from "./scene";
import { ada } from "./server";

const MOST_STEPS = 250;

/** Whether the place that has the focus shows it: by an outline, a ring or a border of its own or of what holds it. */
const focusShows = (page: Page) =>
  page.evaluate(() => {
    for (let element = document.activeElement, height = 0; element !== null && height < 4; element = element.parentElement, height += 1) {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      if ((outlineStyle !== "none" && outlineWidth !== "0px") || (boxShadow !== "none" && /\b3px\b/.test(boxShadow))) return true;
    }
    return false;
  });

/** Go there by Tab alone, and look whether one sees where one is. */
async function walkTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await expect(target).toBeVisible();
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      expect(await focusShows(page), "the focus shows").toBe(true);
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`${MOST_STEPS} steps of ${key} did not lead to ${String(target)}`);
}

async function press(page: Page, target: Locator, key = "Enter", way: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await walkTo(page, target, way);
  await page.keyboard.press(key);
}

/** Choose in an open menu by its arrows. */
async function choose(page: Page, item: Locator): Promise<void> {
  await expect(item).toBeVisible();
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if (await item.evaluate((element) => element === document.activeElement)) return page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`the arrows did not lead to ${String(item)}`);
}

test("sign in, ask, ask again, edit, rename, and sign out by the keyboard alone [UI-32]", async ({ page }) => {
  test.slow();
  await page.goto("/sign-in");
  await walkTo(page, page.getByLabel("E-mail"));
  await page.keyboard.type(ada.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(box(page)).toBeFocused();

  const word = unique("Quay");
  await page.keyboard.type(`${word} {{reply:The first answer.}}`);
  await page.keyboard.press("Enter");
  await finished(page);
  await expect(box(page)).toBeFocused();

  // An answer lies before the box.
  await press(page, answers(page).last().getByRole("button", { name: "Regenerate", exact: true }), "Enter", "Shift+Tab");
  const versions = answers(page).last().getByRole("group", { name: "Versions" });
  await expect(versions).toHaveText("2/2");
  await finished(page);
  await press(page, versions.getByRole("button", { name: "Previous version" }), "Space");
  await expect(versions).toHaveText("1/2");

  await press(page, questions(page).first().getByRole("button", { name: "Edit message" }), "Enter", "Shift+Tab");
  await expect(page.getByLabel("Your message")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(`${word} again {{reply:The edited answer.}}`);
  await page.keyboard.press("Enter");
  await expect(answers(page).last()).toContainText("The edited answer.");
  await finished(page);

  // The conversation's menu: its name.
  const menu = page.getByRole("main").getByRole("button", { name: /^Options/ }).first();
  await press(page, menu, "Enter", "Shift+Tab");
  await choose(page, page.getByRole("menuitem", { name: "Rename" }));
  const name = page.getByRole("dialog").getByRole("textbox");
  await expect(name).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(`${word} renamed`);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("heading", { level: 1, name: `${word} renamed` })).toBeVisible();
  await expect(menu).toBeFocused();

  await press(page, page.getByRole("button", { name: /Harbour$/ }), "Enter", "Shift+Tab");
  await choose(page, page.getByRole("menuitem", { name: "Sign out" }));
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("whoever edits a question by keyboard stays where the conversation is", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("{{reply:One.}}");
  await page.keyboard.press("Enter");
  await finished(page);
  const edit = questions(page).first().getByRole("button", { name: "Edit message" });
  const isLost = () => page.evaluate(() => document.activeElement === document.body);
  await press(page, edit, "Enter", "Shift+Tab");
  await expect(page.getByLabel("Your message")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Your message")).toBeHidden();
  await expect.poll(isLost, { timeout: 3000, message: "the focus is lost after Escape" }).toBe(false);
  await press(page, edit, "Enter", "Shift+Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("{{reply:Two.}}");
  await page.keyboard.press("Enter");
  await expect(answers(page).last()).toContainText("Two.");
  await expect.poll(isLost, { timeout: 3000, message: "the focus is lost after an edit" }).toBe(false);
});

test("a text becomes a document and is found and read by the keyboard alone [UI-32]", async ({ signedIn: page }) => {
  test.slow();
  const word = unique("Crane").replace(" ", "");
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  await press(page, page.getByRole("link", { name: "Library" }), "Enter", "Shift+Tab");
  await expect(page.getByRole("heading", { level: 1, name: "Library" })).toBeVisible();
  await press(page, page.getByRole("button", { name: "Add a text or a web page" }));
  await choose(page, page.getByRole("menuitem", { name: "Write a text" }));
  const dialog = page.getByRole("dialog", { name: "Add a text" });
  await walkTo(page, dialog.getByLabel("Title"));
  await page.keyboard.type(word);
  await walkTo(page, dialog.getByRole("textbox", { name: "Text" }));
  await page.keyboard.type(`The ${word} lifts 12 tons.`);
  // The dialog holds the focus until it closes.
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    const where = () =>
      page.evaluate(() => {
        const at = document.activeElement;
        return at?.closest("[role=dialog],[data-base-ui-focus-guard]") ? "within" : (at?.outerHTML.slice(0, 200) ?? "nowhere");
      });
    // The guards hand the focus on in the frame after.
    await expect.poll(where).toBe("within");
  }
  await press(page, dialog.getByRole("button", { name: "Add", exact: true }));
  const documents = page.getByRole("list", { name: "Documents" });
  await expect(documents.locator("[data-status=ready]").filter({ hasText: word })).toHaveCount(1);

  await walkTo(page, page.getByRole("textbox", { name: "Test search" }), "Shift+Tab");
  await page.keyboard.type(`How much does the ${word} lift?`);
  await page.keyboard.press("Enter");
  await press(page, page.getByRole("list", { name: "Passages" }).getByRole("link").first());
  await expect(page.locator("mark")).toContainText("12 tons");
  await press(page, page.getByRole("button", { name: "Back", exact: true }), "Enter", "Shift+Tab");
  await expect(page.getByRole("textbox", { name: "Test search" })).toHaveValue(/How much/);
});

test("Tab goes through the whole page and comes out again", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  const seen = new Set<string>();
  let lost = 0;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press("Tab");
    const place = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return "";
      const { width, height } = element.getBoundingClientRect();
      const name = element.getAttribute("aria-label") ?? element.textContent ?? "";
      return width > 0 && height > 0 ? `${element.tagName} ${name.trim().slice(0, 60)}` : `unseen ${element.outerHTML.slice(0, 120)}`;
    });
    if (place === "") lost += 1;
    else if (!seen.has(place)) expect(await focusShows(page), place).toBe(true);
    expect(place).not.toMatch(/^unseen/);
    seen.add(place);
    if (await box(page).evaluate((element) => element === document.activeElement)) break;
  }
  await expect(box(page)).toBeFocused();
  expect(lost, "the focus leaves the page once, at its end").toBeLessThanOrEqual(2);
  expect(seen.size).toBeGreaterThan(5);
});

test("the focus goes into a dialog and comes back to where it was", async ({ signedIn: page }) => {
  const headers = { "X-CSRF-Token": ((await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string }).csrf_token };
  const made = await page.request.post("/api/v1/documents/text", { data: { title: unique("Crane"), content: "It lifts." }, headers });
  expect(made.status()).toBe(202);
  await page.goto("/library");
  const adds = page.getByRole("button", { name: "New collection" });
  await adds.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByLabel("Name")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(adds).toBeFocused();
});

type Heard = { text: string; live: string; at: number };

/** Everything that live regions say from now on: those that are there, and those that come. */
async function listen(page: Page): Promise<() => Promise<Heard[]>> {
  await page.evaluate(() => {
    const heard: { text: string; live: string; at: number }[] = [];
    Object.assign(window, { heard });
    const last = new Map<Element, string>();
    const read = () => {
      for (const region of document.querySelectorAll("[aria-live]:not([aria-live=off]),[role=status],[role=alert],[role=log]")) {
        const text = (region.getAttribute("aria-label") ?? region.textContent ?? "").trim();
        if (text === "" || last.get(region) === text) continue;
        last.set(region, text);
        const live = region.getAttribute("aria-live") ?? region.getAttribute("role") ?? "";
        heard.push({ text, live, at: Math.round(performance.now()) });
      }
    };
    read();
    heard.length = 0;
    new MutationObserver(read).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  return () => page.evaluate(() => [...(window as unknown as { heard: Heard[] }).heard]);
}

test("a screen reader hears whole sentences, politely and seldom [UI-32]", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  const heard = await listen(page);
  await box(page).fill("{{reply:The harbour has forty berths. Six of them take longer boats. The fee is paid at the gate.}} {{pace_ms:60}}");
  await box(page).press("Enter");
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(20);
  await finished(page);
  await expect(page.getByTestId("announcer")).toContainText("The fee is paid at the gate.");

  const all = await heard();
  expect(all.map(({ text }) => text).filter((text) => /berths|boats|gate/.test(text))).toEqual([
    "Steward answered: The harbour has forty berths. Six of them take longer boats. The fee is paid at the gate.",
  ]);
  expect(all.length, JSON.stringify(all)).toBeLessThanOrEqual(4);
  expect(all.filter(({ live }) => live === "assertive" || live === "alert")).toEqual([]);
  for (const { text } of all) expect(text).toMatch(/[.…!?]$|^Loading/);
  // Nothing that grows word by word may be a live region, nor stand in one.
  const within = await answers(page).last().evaluate((row) => row.closest("[aria-live]:not([aria-live=off]),[role=log],[role=status],[role=alert]") !== null);
  expect(within).toBe(false);
});

test("a failure is said at once, as a sentence", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(box(page)).toBeFocused();
  const heard = await listen(page);
  await box(page).fill("{{words:20}} {{error_after:2}}");
  await box(page).press("Enter");
  await expect(page.getByRole("alert")).toBeVisible();
  const alerts = (await heard()).filter(({ live }) => live === "alert" || live === "assertive");
  expect(alerts.length).toBeGreaterThanOrEqual(1);
  expect(alerts[0]?.text).toMatch(/\w{3,}.*\./);
});

test("the page has its landmarks and one title on every main page [UI-32]", async ({ signedIn: page }) => {
  for (const path of ["/", "/library", "/approvals"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }), path).toHaveCount(1);
    await expect(page.getByRole("main"), path).toHaveCount(1);
    expect(await page.title(), path).toMatch(/\w/);
    expect(await page.evaluate(() => document.documentElement.lang)).not.toBe("");
  }
});
