import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";

import { defineConfig } from "@playwright/test";

// The browser of the system is used; none is ever downloaded.
const chromium = process.env.STEWARD_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/server.ts",
  reporter: "line",
  // As many as there are cores; each has a server of its own, with a database, so memory sets an end to them.
  workers: Math.min(6, Math.max(2, availableParallelism())),
  retries: 0,
  timeout: 90_000,
  expect: {
    timeout: 20_000,
    toHaveScreenshot: { pathTemplate: "{testDir}/shots/pictures/{arg}{ext}", maxDiffPixelRatio: 0.002, animations: "disabled" },
  },
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Zurich",
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    launchOptions: {
      executablePath: chromium,
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
