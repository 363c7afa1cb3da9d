// Lighthouse itself. It has a folder of its own here, since it weighs more than all of the app's packages together and
// who only runs Steward needs none of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Browser } from "./browser";

export const devices = ["phone", "desktop"] as const;
export type Device = (typeof devices)[number];

export type Report = {
  finalDisplayedUrl: string;
  categories: Record<string, { title: string; score: number | null }>;
  audits: Record<string, { title: string; score: number | null; displayValue?: string }>;
  runtimeError?: { code: string; message: string };
};

type Lighthouse = (url: string, flags: object, config?: object) => Promise<{ lhr: Report } | undefined>;

export const lighthouseFolder = join(import.meta.dirname, "node_modules/lighthouse");
const load = async (file: string) => ((await import(pathToFileURL(join(lighthouseFolder, file)).href)) as { default: unknown }).default;

async function look(url: string, device: Device, port: number): Promise<Report> {
  const lighthouse = (await load("core/index.js")) as Lighthouse;
  const config = device === "desktop" ? ((await load("core/config/desktop-config.js")) as object) : undefined;
  const found = await lighthouse(url, { port, output: "json", logLevel: "silent", maxWaitForLoad: 30_000 }, config);
  if (found === undefined) throw new Error(`Lighthouse said nothing about ${url}`);
  if (found.lhr.runtimeError) throw new Error(`${url}: ${found.lhr.runtimeError.code}: ${found.lhr.runtimeError.message}`);
  return found.lhr;
}

// Once in about fifty looks Chromium records nothing, and Lighthouse itself asks to be run again.
const TRIES = 5;

/**
 * Look at one page with an empty cache, each time in a browser of its own. What Lighthouse found is also written to `file`.
 *
 * `open`: starts the browser. A look that could not be recorded says nothing about the page, and is taken again.
 */
export async function judge(url: string, device: Device, open: () => Promise<Browser>, file: string): Promise<Report> {
  for (let left = TRIES - 1; ; left -= 1) {
    const browser = await open();
    try {
      const report = await look(url, device, browser.port);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(report));
      return report;
    } catch (error) {
      if (left === 0) throw error;
    } finally {
      await browser.close();
    }
  }
}
