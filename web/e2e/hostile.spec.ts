// A hostile model, and hostile documents: whatever they write is text. Nothing of it runs, and nothing leaves the server.
import type { Page } from "@playwright/test";

import { attacks } from "../src/shared/markdown/attacks_for_tests";

import { answers, ask, expect, questions, send, test, unique } from "./scene";

// The page's policy would stop most of it; here it is off, so that the app shows that it needs no such help.
test.use({ bypassCSP: true });

/** Everything that must not happen, as it happens. */
function watch(page: Page, origin: string): string[] {
  const events: string[] = [];
  page.on("dialog", (dialog) => {
    events.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => events.push(`popup: ${popup.url()}`));
  page.on("download", (download) => events.push(`download: ${download.url()}`));
  page.on("pageerror", (error) => events.push(`error: ${error.message}`));
  page.context().on("request", (request) => {
    const url = new URL(request.url());
    const isLocal = ["data:", "blob:"].includes(url.protocol);
    if (url.origin !== origin && !isLocal) events.push(`request: ${request.url()}`);
  });
  return events;
}

/** What stands in the page that a text could not be. */
const strange = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("#root *")) {
      if (/^(script|iframe|frame|object|embed|base|meta|link|video|audio|form)$/i.test(element.tagName) && !element.matches("form:has(textarea, input)"))
        found.push(element.outerHTML.slice(0, 200));
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on")) found.push(`${name}=${value}`);
        // A diagram is a picture that carries its own drawing: it can neither act nor load.
        if (name === "src" && element.matches("figure img") && value.startsWith("data:image/svg+xml;charset=utf-8,")) continue;
        if (/^(href|src|xlink:href|action|formaction|data|poster|srcset)$/.test(name) && /^\s*(javascript|data|vbscript|blob|file):/i.test(value))
          found.push(`${name}=${value}`);
      }
    }
    return found;
  });

/** Hover and focus everything in an answer, as a curious person does. */
async function touch(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("article *"))
      for (const type of ["pointerenter", "mouseover", "focus", "toggle", "load", "error", "animationend"]) element.dispatchEvent(new Event(type));
  });
}

/** Wait until a diagram is drawn, or said to be impossible: until then Mermaid may be at work in the page. */
async function drawnOrNot(page: Page): Promise<void> {
  const answer = answers(page).last();
  await expect(answer.locator("figure img").or(answer.getByText("This diagram cannot be drawn")).first()).toBeVisible();
}

/** What begins a block of its own, which it would not in the middle of a line. */
const isBlock = (attack: string) => /^(?:```|\$\$\n|\\\[|\|)/.test(attack);

// Braces end a directive of the scripted model, so pieces that hold two are left out here.
const written = attacks.filter((attack) => !attack.includes("}}"));
const groups = [0, 1, 2, 3].map((rest) => written.filter((_, place) => place % 4 === rest));

for (const [place, group] of groups.entries())
  test(`what a model writes stays text: part ${place + 1} of ${groups.length} [UI-16]`, async ({ signedIn: page, baseURL }) => {
    test.slow();
    const seen = watch(page, new URL(baseURL ?? "").origin);
    await page.goto("/");
    for (const attack of group) {
      await ask(page, `{{reply:Before.${isBlock(attack) ? "\n\n" : " "}${attack}\n\nAfter.}} {{pace_ms:2}}`);
      if (attack.includes("```mermaid")) await drawnOrNot(page);
      await touch(page);
      expect(await strange(page), attack).toEqual([]);
      expect(seen, attack).toEqual([]);
    }
    // What was stored is drawn by another way than what streamed.
    await page.reload();
    await expect(answers(page).last()).toBeVisible();
    await touch(page);
    expect(await strange(page)).toEqual([]);
    expect(seen).toEqual([]);
    expect(await page.evaluate(() => document.body.innerText.includes("Before."))).toBe(true);
  });

test("reasoning, tools, titles, documents and citations stay text as well [UI-16]", async ({ signedIn: page, baseURL }) => {
  const seen = watch(page, new URL(baseURL ?? "").origin);
  const evil = `<img src=https://evil.example/p.png onerror=alert(1)>`;
  const word = unique("Snare").replace(" ", "");
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const added = await page.request.post("/api/v1/documents/text", {
    headers: { "X-CSRF-Token": me.csrf_token },
    data: { title: `${word} ${evil}`, content: `# ${word} ${evil}\n\nThe ${word} weighs 40 tons. ${evil} [x](javascript:alert(1))`, type: "markdown" },
  });
  expect(added.ok(), await added.text()).toBe(true);
  const { id } = (await added.json()) as { id: string };
  const status = async () => ((await (await page.request.get(`/api/v1/documents/${id}`)).json()) as { status: string }).status;
  await expect.poll(status).toBe("ready");

  await page.goto("/");
  await ask(page, `${evil} How much does the ${word} weigh? {{reasoning:I think ${evil} ![x](https://evil.example/p.png)}} {{reply:The ${word} weighs 40 tons [1]. ${evil}}}`);
  const marker = answers(page).first().getByRole("link", { name: /^Source 1: / }).first();
  await marker.hover();
  await expect(page.getByText(/^Relevance/)).toBeVisible();
  await expect(page.getByText(`${word} ${evil}`).first()).toBeVisible();
  await answers(page).last().getByText("Reasoning", { exact: true }).click();
  expect(await strange(page)).toEqual([]);

  const agent = JSON.stringify({ name: `${word} ${evil}`, description: evil });
  await ask(page, `{{tool:createAgent:${agent}}} {{tool:getAgentStatus:${JSON.stringify({ agentId: evil })}}} {{reply:Done.}}`);
  const card = answers(page).last().getByRole("group", { name: "Tool: Create agent" });
  await card.getByRole("button", { name: /Create agent/ }).click();
  await expect(card.getByRole("group", { name: "Input" })).toContainText(evil);
  await touch(page);
  expect(await strange(page)).toEqual([]);

  await marker.click();
  await expect(page.locator("mark")).toContainText("40 tons");
  expect(await strange(page)).toEqual([]);
  await page.goto("/library");
  await expect(page.getByRole("list", { name: "Documents" })).toContainText(evil);
  await touch(page);
  expect(await strange(page)).toEqual([]);
  expect(seen).toEqual([]);
});

test("a link that looks like another address is seen through", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, "{{reply:Log in at [https://bank.example/login](https://evil.example/login), or read [the guide](https://guide.example/).}}");
  await expect(answers(page).last()).toContainText("https://bank.example/login (evil.example), or read the guide.");
  await expect(answers(page).last().getByRole("link", { name: "https://bank.example/login" })).toHaveAttribute("rel", /noopener/);
});

test("the page's policy forbids what the app does not do", async ({ signedIn: page }) => {
  const answer = await page.request.get("/");
  const policy = Object.fromEntries(
    (answer.headers()["content-security-policy"] ?? "").split(";").map((rule) => {
      const [name = "", ...sources] = rule.trim().split(" ");
      return [name, sources.join(" ")];
    }),
  );
  expect(policy).toMatchObject({
    "default-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
  });
  expect(policy["img-src"]).toBe("'self' data: blob:");
});

test("what a person pastes into the box stays text, too", async ({ signedIn: page, baseURL }) => {
  const seen = watch(page, new URL(baseURL ?? "").origin);
  await page.goto("/");
  await send(page, "<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![x](https://evil.example/p.png)");
  await expect(questions(page).first()).toContainText("onerror=alert(1)");
  expect(await strange(page)).toEqual([]);
  expect(seen).toEqual([]);
});
