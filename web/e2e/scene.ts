// What every scene has: the server's address, somebody signed in, and words for what is on the page.
import { join } from "node:path";

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

/**
 * What pages are looked at in, for pictures, sideways scroll and axe: narrow in the light and wide in the dark; every size in
 * both when STEWARD_LOOKS=all.
 */
export const looks = (["light", "dark"] as const).flatMap((theme) =>
  sizes
    .filter(({ width }) => process.env.STEWARD_LOOKS === "all" || width === (theme === "light" ? 360 : 1440))
    .map((viewport) => ({ theme, width: viewport.width, viewport })),
);

/** Take a picture of a page into `e2e/shots`, for somebody to look at. */
export const shoot = (page: Page, name: string) => page.screenshot({ path: join(import.meta.dirname, "shots", `${name}.png`) });

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
