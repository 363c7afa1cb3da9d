// The app comes in parts, and parts may be missing: the network goes, or a newer app stands on the server.
import type { Page } from "@playwright/test";

import { ask, expect, inspect, looks, test } from "./scene";
import { state } from "./server";

const LIBRARY = "**/assets/library_page-*.js";
const problem = (page: Page) => page.getByRole("alert");
const libraryLink = (page: Page) => page.getByRole("link", { name: "Library" });

test("a page whose code cannot be loaded says so, the rest goes on, and another try brings it", async ({ signedIn: page }) => {
  await page.route(LIBRARY, (route) => route.abort());
  await page.goto("/");
  await libraryLink(page).click();
  await expect(problem(page)).toContainText("This part could not be loaded");
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Tasks", level: 1 })).toBeVisible();
  await libraryLink(page).click();
  await expect(problem(page)).toContainText("This part could not be loaded");
  await page.unroute(LIBRARY);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Library", level: 1 })).toBeVisible();
});

test("a newer app on the server is loaded by itself, once", async ({ signedIn: page }) => {
  await page.goto("/");
  await expect(libraryLink(page)).toBeVisible();
  await page.route(LIBRARY, (route) => route.abort());
  await page.route("**/library", async (route) => {
    if (route.request().isNavigationRequest()) return route.fallback();
    const answer = await route.fetch();
    const body = (await answer.text()).replaceAll(/\/assets\/index-[\w-]+\.js/g, "/assets/index-newer.js");
    return route.fulfill({ response: answer, body });
  });
  let loads = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) loads += 1;
  });
  await libraryLink(page).click();
  // The newer app lacks the same part, as behind a stale copy: it is not loaded over and over.
  await expect(problem(page)).toContainText("This part could not be loaded");
  expect(loads).toBe(1);
  await page.unroute(LIBRARY);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Library", level: 1 })).toBeVisible();
});

test("a menu that cannot be loaded leaves the page as it is", async ({ signedIn: page }) => {
  await page.route("**/assets/menu_popup-*.js", (route) => route.abort());
  await page.goto("/");
  await page.getByRole("button", { name: /Harbour$/ }).click();
  await expect(problem(page)).toContainText("This part could not be loaded");
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await expect(libraryLink(page)).toBeVisible();
});

test("without its scripts a page says so", async ({ signedIn: page }) => {
  await page.route("**/assets/workplace-*.js", (route) => route.abort());
  await page.goto("/");
  await expect(problem(page)).toContainText("This part could not be loaded");
  await page.route("**/assets/index-*.js", (route) => route.abort());
  await page.goto("/");
  await expect(page.getByText("Steward could not be loaded.")).toBeVisible();
  await page.route("**/assets/embed-*.js", (route) => route.abort());
  await page.goto(`${state().url}/embed`);
  await expect(page.getByText("The chat could not be loaded.")).toBeVisible();
});

test("what a page asks before the app is there is not asked again", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "hello {{reply:Good day.}}");
  const conversation = new URL(page.url()).pathname;
  const first = { "/": ["/api/v1/me", "/api/v1/models", "/api/v1/documents?limit=30"], [conversation]: ["/api/v1/me", `/api/v1${conversation}?limit=50`] };
  for (const [address, expected] of Object.entries(first)) {
    await page.goto("about:blank");
    const asked: string[] = [];
    const note = (request: { url: () => string }) => asked.push(request.url().replace(state().url, ""));
    page.on("request", note);
    await page.goto(address);
    await page.waitForLoadState("networkidle");
    page.off("request", note);
    for (const path of expected) expect({ path, times: asked.filter((one) => one === path).length }).toEqual({ path, times: 1 });
  }
});

test("the sign-in page asks nothing when nobody is signed in, and is not misled", async ({ page }) => {
  const asked: string[] = [];
  const told: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  page.on("console", (message) => message.type() === "error" && told.push(message.text()));
  await page.goto("/sign-in");
  await expect(page.getByLabel("E-mail")).toBeVisible();
  await page.waitForLoadState("networkidle");
  expect(asked.filter((path) => path.startsWith("/api/"))).toEqual([]);
  expect(told).toEqual([]);

  // A sign that is left over from a session that is gone.
  await page.evaluate(() => window.localStorage.setItem("steward.signed-in", "yes"));
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(page.getByLabel("E-mail")).toBeVisible();
  expect(await page.evaluate(() => window.localStorage.getItem("steward.signed-in"))).toBeNull();
});

for (const { theme, width, viewport } of looks)
  test.describe(`look, ${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("a part that is missing", async ({ signedIn: page }) => {
      await page.route(LIBRARY, (route) => route.abort());
      await page.goto("/library");
      await expect(problem(page)).toContainText("This part could not be loaded");
      await inspect(page, `lost-${width}-${theme}`);
    });
  });
