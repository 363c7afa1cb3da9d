import { defineConfig } from "@playwright/test";

import scenes from "./playwright.config";

// Lighthouse judges the built app, on the same server and the same scripted model as the scenes.
export default defineConfig(scenes, { testDir: "bench/lighthouse", workers: 1, timeout: 600_000 });
