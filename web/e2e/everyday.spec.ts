// What happens every day around a conversation: it is opened by its address, things take time, and things go wrong.
import type { Page } from "@playwright/test";

import { answers, ask, box, expect, finished, questions, send, test, unique } from "./scene";

/** A conversation with a title of its own; its path. */
async function conversation(page: Page, title: string): Promise<string> {
  await page.goto("/");
  await ask(page, `${title} {{reply:What was said about it.}}`);
  return new URL(page.url()).pathname;
}

test("a conversation's address shows it without a detour [UI-01] [UI-29] [UI-30] [CONV-24]", async ({ signedIn: page }) => {
  const title = unique("Harbour plan");
  const address = await conversation(page, title);
  await page.addInitScript(() => {
    const headings = new Set<string>();
    Object.assign(window, { headings });
    const note = () => {
      for (const heading of document.querySelectorAll("main h1, main h2")) headings.add(heading.textContent ?? "");
    };
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await page.goto(address);
  await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toContainText(title);
  await expect(page).toHaveTitle(new RegExp(title));
  await expect(questions(page)).toContainText(title);
  await expect(answers(page)).toContainText("What was said about it.");
  await expect(page.getByRole("button", { name: /^Model: / })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(title) })).toHaveAttribute(
    "aria-current",
    "page",
  );
  const headings = await page.evaluate(() => [...(window as unknown as { headings: Set<string> }).headings]);
  expect(headings.filter((heading) => heading.includes("Start a conversation"))).toEqual([]);
  await expect(box(page)).toBeEnabled();
});

test("what takes time says what is going on [UI-09] [TEST-05]", async ({ signedIn: page }) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/api/v1/collections*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/library");
  await expect(page.getByRole("status").filter({ hasText: "Loading the library…" })).toBeVisible();
  release();
  await expect(page.getByRole("status").filter({ hasText: "Loading the library…" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Upload", exact: true })).toBeEnabled();
});

test("a message that the server could not take says so where it stands, and goes out on another try [ERR-11] [ERR-13] [TEST-05]", async ({
  signedIn: page,
}) => {
  await page.goto("/");
  await page.route("**/api/v1/chat", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "<h1>Oops</h1>" }), { times: 1 });
  await send(page, "{{reply:There after all.}}");
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText("The server could not answer. Try again in a moment.");
  await expect(questions(page)).toHaveCount(1);
  await alert.getByRole("button", { name: "Try again" }).click();
  await finished(page);
  await expect(answers(page)).toContainText("There after all.");
  await expect(questions(page)).toHaveCount(1);
});

test("a change that fails is taken back on the page, and a toast says why [ERR-12]", async ({ signedIn: page }) => {
  const title = unique("Lighthouse plan");
  await conversation(page, title);
  const list = page.getByRole("navigation", { name: "Conversations" });
  const row = list.getByRole("link", { name: new RegExp(title) });
  await page.route(
    "**/api/v1/chat/*",
    (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({
            status: 503,
            contentType: "application/problem+json",
            body: JSON.stringify({ title: "Away", status: 503, tag: "unavailable", detail: "The database is away. Try again in a minute." }),
          })
        : route.continue(),
  );
  await row.hover();
  await list.getByRole("button", { name: new RegExp(`Options for ${title}`) }).click();
  await page.getByRole("menuitem", { name: "Pin" }).click();
  const told = page.getByRole("region", { name: "Notifications" }).getByText("The database is away. Try again in a minute.");
  await expect(told).toHaveCount(1);
  await expect(row).toBeVisible();
  await expect(list.getByRole("region", { name: "Pinned" }).getByRole("link", { name: new RegExp(title) })).toHaveCount(0);
  await row.hover();
  await list.getByRole("button", { name: new RegExp(`Options for ${title}`) }).click();
  await page.getByRole("menuitem", { name: "Archive", exact: true }).click();
  await expect(told).toHaveCount(2);
  await expect(page.getByText("Conversation archived.")).toHaveCount(0);
  await expect(row).toBeVisible();
});

for (const reducedMotion of ["no-preference", "reduce"] as const)
  test(`with ${reducedMotion === "reduce" ? "reduced motion nothing moves" : "no wish about motion the wait moves"} [UI-08]`, async ({
    signedIn: page,
  }) => {
    await page.emulateMedia({ reducedMotion });
    await page.goto("/");
    await send(page, "{{words:3}} {{first_ms:1500}}");
    await expect(page.getByText("Thinking...")).toBeVisible();
    const longest = await page.evaluate(() =>
      Math.max(0, ...[...document.querySelectorAll(".thinking-dot")].map((dot) => Number.parseFloat(getComputedStyle(dot).animationDuration))),
    );
    if (reducedMotion === "reduce") expect(longest).toBeLessThan(0.001);
    else expect(longest).toBeGreaterThan(0.5);
    await finished(page);
  });
