// The page of all components, which development alone has: complete, without findings of axe, and not in what is built.
// With STEWARD_PICTURES each component is compared with its picture of an earlier run on the same machine: `npm run
// pictures -- --update-snapshots` before a change, `npm run pictures` after it. Fonts differ from machine to machine, so
// no picture is kept in the repository, and a common run only makes pictures to look at.
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { type ViteDevServer, createServer } from "vite";

import { expect, test } from "./scene";

const web = resolve(import.meta.dirname, "..");
const shots = join(web, "e2e/shots");
const address = "/dev/components";

let development: ViteDevServer;
test.beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  development = await createServer({
    root: web,
    configFile: join(web, "vite.config.ts"),
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null, ws: false },
    logLevel: "error",
    clearScreen: false,
  });
  await development.listen();
});
test.afterAll(() => development.close());

async function open(page: Page): Promise<void> {
  await page.goto(`${development.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? ""}${address}`);
  // The first visit makes the development server read every package.
  await expect(page.getByRole("heading", { level: 1, name: "Components" })).toBeVisible({ timeout: 60_000 });
  // What comes later than the page: markdown, colours of code, cards of decisions.
  await expect(page.locator(".code-token").first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("button", { name: "Approve", exact: true }).first()).toBeVisible({ timeout: 30_000 });
}

for (const theme of ["light", "dark"] as const)
  for (const width of [360, 1440])
    test(`every component in every state, ${width} px, ${theme} [UI-17] [UI-31] [UI-37]`, async ({ page }) => {
      test.slow();
      const broken: string[] = [];
      page.on("pageerror", (error) => broken.push(error.message));
      page.on("console", (line) => {
        if (line.type() === "error") broken.push(line.text());
      });
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await open(page);
      const states = await page.locator("[data-state]").count();
      expect(states).toBeGreaterThan(50);
      // A state that draws nothing is a mistake of this page or of the component.
      const empty = await page.locator("figure[data-state]").evaluateAll((frames) =>
        frames.filter((frame) => (frame.lastElementChild?.getBoundingClientRect().height ?? 0) < 4).map((frame) => frame.getAttribute("data-state")),
      );
      expect(empty).toEqual([]);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways).toBeLessThanOrEqual(0);
      for (const specimen of await page.locator("[data-specimen]").all()) {
        const name = (await specimen.getAttribute("data-specimen")) ?? "";
        const safe = name.replace(/\W+/g, "-").toLowerCase();
        if (process.env.STEWARD_PICTURES) await expect.soft(specimen).toHaveScreenshot(`${safe}-${width}-${theme}.png`);
        else await specimen.screenshot({ path: join(shots, `component-${safe}-${width}-${theme}.png`) });
      }
      const { violations } = await new AxeBuilder({ page })
        .exclude("[data-base-ui-focus-guard]")
        // The same component stands here many times, with the same name each.
        .disableRules(["landmark-unique", "heading-order"])
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary})`).join("; ")}`)).toEqual([]);
      expect(broken).toEqual([]);
    });

test("what is built for production has no such page [UI-17]", async ({ signedIn: page }) => {
  const built = resolve(web, "../steward/static");
  const scripts = readdirSync(built, { recursive: true }).map(String).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(5);
  for (const name of scripts) expect(readFileSync(join(built, name), "utf8"), name).not.toMatch(/dev\/components|playAnswers|data-specimen/);
  await page.goto(address);
  await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
});
