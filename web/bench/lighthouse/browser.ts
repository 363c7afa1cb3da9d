// A Chromium of its own for Lighthouse, which looks at pages through a port while Playwright says who is signed in.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BrowserContext, chromium } from "@playwright/test";

import { freePort } from "../../e2e/server";
import scenes from "../../playwright.config";

/** One profile from beginning to end: who signs in stays so, as in the browser of a person. */
export async function openBrowser(baseURL: string): Promise<{ context: BrowserContext; port: number; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "steward-lighthouse-"));
  const port = await freePort();
  const { executablePath, args = [] } = scenes.use?.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: [...args, `--remote-debugging-port=${port}`],
    baseURL,
    viewport: null,
  });
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, port, close };
}
