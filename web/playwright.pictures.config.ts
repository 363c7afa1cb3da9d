import { defineConfig } from "@playwright/test";

import scenes from "./playwright.config";

// The pictures of the README, taken from a real server with the scripted model: `make screenshots`.
export default defineConfig(scenes, { testDir: "e2e/pictures", testMatch: "*.pictures.ts", workers: 1, timeout: 180_000 });
