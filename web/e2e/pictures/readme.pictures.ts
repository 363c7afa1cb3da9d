// The pictures of the README. They are written into docs/pictures, and looked at before they are committed.
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Page } from "@playwright/test";

import { answers, expect, test } from "../scene";
import { asked, earlier, handbook, inApi, talk, whisper } from "./house";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../../docs/pictures");
const LARGEST_BYTES = 150_000;

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(1279, 799);
  await page.evaluate(async () => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    await document.fonts.ready;
  });
  await page.waitForTimeout(400);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide", scale: "css" });
  expect(statSync(path).size, `${name} is too heavy for a page of text`).toBeLessThan(LARGEST_BYTES);
}

const agents = [
  { name: "Berth desk", description: "Answers questions about berths, fees and arrival times.", active: true },
  { name: "Storm watch", description: "Reads the forecast every morning and says which pontoons to clear.", active: true },
  { name: "Crane log", description: "Keeps the monthly checks and reminds before one is due.", active: false },
];

test("the pictures of the README", async ({ signedIn: page }) => {
  mkdirSync(folder, { recursive: true });
  const tell = await whisper(page);

  await page.goto("/library");
  const files = Object.entries(handbook).map(([name, text]) => ({ name, mimeType: "text/markdown", buffer: Buffer.from(text) }));
  await page.getByLabel("Files to upload").setInputFiles(files);
  await expect(page.getByRole("list", { name: "Documents" }).locator("[data-status=ready]")).toHaveCount(files.length);

  for (const said of earlier) await talk(page, tell, said);
  await inApi(page, "post", "/tool-rules", { tool: "createAgent", decision: "ask", reason: "Agents that speak to guests are looked at first." });
  await talk(page, tell, asked.agent);
  await page.reload();
  await expect(answers(page).last().getByRole("button", { name: "Approve", exact: true })).toBeVisible();
  await picture(page, "approval");

  await talk(page, tell, asked.berth);
  await page.reload();
  await expect(answers(page).last().getByRole("region", { name: "Sources" })).toBeVisible();
  await picture(page, "chat");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "chat-dark");
  await page.emulateMedia({ colorScheme: "light" });

  await page.goto("/library");
  await page.getByRole("textbox", { name: "Test search" }).fill("What happens to boats on pontoon C in a storm?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("list", { name: "Passages" })).toContainText("inner basin");
  await picture(page, "library");

  await page.goto("/settings/usage");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("networkidle");
  await page.getByRole("region", { name: "What used most" }).evaluate((section) => section.scrollIntoView({ block: "end" }));
  await picture(page, "usage");

  for (const { active, ...agent } of agents) {
    const { id } = await inApi(page, "post", "/agents", agent);
    if (active) await inApi(page, "post", `/agents/${String(id)}/activate`);
  }
  await page.goto("/agents");
  await expect(page.getByText("Storm watch").first()).toBeVisible();
  await picture(page, "agents");
});
