// What every scene has: the server's address, somebody signed in, and words for what is on the page.
import { join } from "node:path";

import { AxeBuilder } from "@axe-core/playwright";
import { type Page, test as base, expect } from "@playwright/test";

import { ada, state } from "./server";

export { expect } from "@playwright/test";

export const test = base.extend<{ signedIn: Page }>({
  // oxlint-disable-next-line no-empty-pattern
  baseURL: async ({}, provide) => {
    await provide(state().url);
  },
  signedIn: async ({ page }, provide) => {
    await signIn(page);
    await provide(page);
  },
});

const sizes = [
  { width: 360, height: 740 },
  { width: 768, height: 900 },
  { width: 1440, height: 900 },
] as const;

/** Whether every size is looked at in both lights, and pictures are taken for somebody to look at. */
export const looksAtAll = process.env.STEWARD_LOOKS === "all";

/** What pages are looked at in, for sideways scroll and axe: narrow in the light and wide in the dark, or all there is. */
export const looks = (["light", "dark"] as const).flatMap((theme) =>
  sizes
    .filter(({ width }) => looksAtAll || width === (theme === "light" ? 360 : 1440))
    .map((viewport) => ({ theme, width: viewport.width, viewport })),
);

/** Nothing that axe finds, but in places that are not ours to mend. */
export async function examine(page: Page, name: string, ...others: string[]): Promise<void> {
  // The menu library's guards take the focus only to pass it on.
  const axe = ["[data-base-ui-focus-guard]", ...others].reduce((builder, place) => builder.exclude(place), new AxeBuilder({ page }));
  const { violations } = await axe.analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary})`).join("; ")}`);
  expect.soft(found, name).toEqual([]);
}

/** A page at rest: nothing on it scrolls sideways. Pictures are in `e2e/shots` when all is looked at. */
export async function look(page: Page, name: string): Promise<void> {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(sideways, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
  await page.waitForTimeout(250);
  if (looksAtAll) await page.screenshot({ path: join(import.meta.dirname, "shots", `${name}.png`) });
}

/** Both: a look, and what axe finds. */
export async function inspect(page: Page, name: string, ...others: string[]): Promise<void> {
  await look(page, name);
  await examine(page, name, ...others);
}

export async function signIn(page: Page, email = ada.email): Promise<void> {
  const answer = await page.context().request.post("/api/v1/auth/sign-in", { data: { email, password: ada.password } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

export const box = (page: Page) => page.getByLabel("Message", { exact: true });
export const answers = (page: Page) => page.getByRole("article", { name: "Steward" });
export const questions = (page: Page) => page.getByRole("article", { name: "You" });
export const send = async (page: Page, text: string) => {
  await box(page).fill(text);
  await box(page).press("Enter");
};

/** Send and wait for the whole answer. */
export async function ask(page: Page, text: string): Promise<void> {
  await send(page, text);
  await finished(page);
}

export async function finished(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeHidden();
  await expect(answers(page).last().getByRole("button", { name: "Regenerate", exact: true })).toBeVisible();
}

/** A word that no other scene uses, to find one's own conversation by. */
export const unique = (word: string) => `${word} ${Math.random().toString(36).slice(2, 8)}`;
