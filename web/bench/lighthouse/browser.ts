// A Chromium of its own for Lighthouse, which looks at pages through a port while Playwright says who is signed in.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BrowserContext, chromium } from "@playwright/test";

import { freePort } from "../../e2e/server";
import scenes from "../../playwright.config";

export type Browser = { context: BrowserContext; port: number; close: () => Promise<void> };

/** A profile that several browsers have one after the other: who signs in stays so, as in the browser of a person. */
export function makeProfile(baseURL: string): { open: () => Promise<Browser>; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "steward-lighthouse-"));
  const { executablePath, args = [] } = scenes.use?.launchOptions ?? {};
  const open = async () => {
    const port = await freePort();
    const context = await chromium.launchPersistentContext(folder, {
      executablePath,
      args: [...args, `--remote-debugging-port=${port}`],
      baseURL,
      viewport: null,
    });
    return { context, port, close: () => context.close() };
  };
  return { open, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
