import { defineConfig } from "@playwright/test";

import scenes from "./playwright.config";

// One of the measured answers is longer than the server lets answers be by itself.
process.env.E2E_STEWARD_CHAT__MAX_TOKENS = "20000";

// What the app costs, on the same server and the same scripted model as the scenes.
export default defineConfig(scenes, { testDir: "bench", testMatch: "*.bench.ts", workers: 1, timeout: 300_000 });
