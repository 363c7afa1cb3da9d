// The chat on pages of another site: as a button, a sidebar and a column; its two kinds; tokens that run out.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { FrameLocator, Page } from "@playwright/test";

import { examine, expect, look, looks, test } from "./scene";
import { command, startFresh, state } from "./server";

type Site = { url: string; minted: () => number; refuse: (next: boolean) => void; body: (html: string) => void; close: () => Promise<void> };

let apiKey = "";
let site: Site;

/** Another site: one page, and the address at which its server hands out tokens. */
async function startSite(steward: string): Promise<Site> {
  let html = "";
  let minted = 0;
  let refuses = false;
  const server = createServer((request, response) => {
    if (request.url !== "/chat-token") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": "style-src 'self'" });
      response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A shop</title>${html}</html>`);
      return;
    }
    void (async () => {
      minted += 1;
      const user = request.headers.cookie?.replace("visitor=", "") ?? "nobody";
      const answer = await fetch(`${steward}/api/v1/embed/tokens`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ user, minutes: 5 }),
      });
      response.writeHead(refuses ? 500 : answer.status, { "content-type": "application/json" });
      response.end(await answer.text());
    })();
  });
  await new Promise<void>((done) => server.listen(0, "localhost", done));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    minted: () => minted,
    refuse: (next) => (refuses = next),
    body: (next) => (html = next),
    close: () => new Promise((done) => server.close(() => done())),
  };
}

test.beforeAll(async () => {
  const { url, folder, provider, workspace } = state();
  apiKey = command(folder, provider.url, ["key", "create", "--name", "embedding", "--workspace", workspace]);
  site = await startSite(url);
});
test.afterAll(() => site.close());

const chat = (page: Page): FrameLocator => page.frameLocator("steward-chat iframe");
const box = (page: Page) => chat(page).getByLabel("Message", { exact: true });
const answers = (page: Page) => chat(page).getByRole("article", { name: "Steward" });

async function ask(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press("Enter");
  await expect(chat(page).getByRole("button", { name: "Stop", exact: true })).toBeHidden();
  await expect(answers(page).last().getByRole("button", { name: "Regenerate", exact: true })).toBeVisible();
}

/** Open a page of the other site as one of its visitors. */
async function visit(page: Page, html: string, visitor = `visitor-${Math.random().toString(36).slice(2)}`): Promise<string> {
  await page.context().addCookies([{ name: "visitor", value: visitor, url: site.url }]);
  site.body(html);
  await page.goto(site.url);
  return visitor;
}

const script = (attributes = "") => `<script src="${state().url}/embed.js" ${attributes}></script>`;
const element = (mode: string, more = "") => `${script()}<steward-chat mode="${mode}" token-url="/chat-token" label="Shop help" ${more}></steward-chat>`;
const shop = `<main><h1>A shop</h1><p>Bicycles, and what belongs to them.</p></main>`;

test("a floating button opens the chat, and closes it again [EMB-05] [EMB-04]", async ({ page }) => {
  await visit(page, `<body>${shop}${script('data-mode="button" data-token-url="/chat-token" data-label="Shop help" defer')}</body>`);
  expect(site.minted()).toBe(0);
  const button = page.getByRole("button", { name: "Open Shop help" });
  await expect(page.locator("steward-chat iframe")).toHaveCount(0);
  await button.click();
  await expect(box(page)).toBeFocused();
  await ask(page, "hello {{reply:Good day to you.}}");
  await expect(answers(page)).toContainText("Good day to you.");
  await chat(page).getByRole("button", { name: "Close" }).click();
  await expect(page.locator("steward-chat iframe")).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(answers(page)).toContainText("Good day to you.");
  await expect(box(page)).toBeFocused();
  // The site's own flag takes it away, and brings it back.
  await page.evaluate(() => document.querySelector("steward-chat")?.setAttribute("enabled", "off"));
  await expect(page.getByRole("button")).toHaveCount(0);
  await expect(page.locator("steward-chat iframe")).toHaveCount(0);
  await page.evaluate(() => document.querySelector("steward-chat")?.removeAttribute("enabled"));
  await expect(page.getByRole("button", { name: "Close Shop help" })).toBeVisible();
});

test("with the flag off there is no button [EMB-04]", async ({ page }) => {
  await visit(page, `<body>${shop}${element("button", 'enabled="off"')}</body>`);
  await page.waitForFunction(() => customElements.get("steward-chat") !== undefined);
  await expect(page.getByRole("button")).toHaveCount(0);
});

test("a sidebar stands where another chat's was [EMB-01]", async ({ page }) => {
  await visit(page, `<body style="margin:0">${shop}${element("sidebar", "open")}</body>`);
  await expect(box(page)).toBeVisible();
  const bounds = await page.locator("steward-chat iframe").boundingBox();
  expect(bounds).toMatchObject({ y: 0, height: 800 });
  expect((bounds?.x ?? 0) + (bounds?.width ?? 0)).toBe(1280);
  expect(bounds?.width).toBeGreaterThan(380);
  const told = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--steward-sidebar-width"));
  expect(await told()).toContain("24rem");
  await ask(page, "hello {{reply:From the side.}}");
  await chat(page).getByRole("button", { name: "Close" }).click();
  expect(await told()).toBe("0px");
  await page.getByRole("button", { name: "Open Shop help" }).click();
  await expect(answers(page)).toContainText("From the side.");
});

test("a column of 24rem stands beside the page's content [EMB-03]", async ({ page }) => {
  await visit(page, `<body><div id="columns">${shop}${element("inline")}</div></body>`);
  await page.evaluate(() => Object.assign(document.getElementById("columns")!.style, { display: "flex", height: "600px" }));
  await expect(box(page)).toBeVisible();
  const bounds = await page.locator("steward-chat").boundingBox();
  expect(bounds).toMatchObject({ width: 384, height: 600 });
  await expect(chat(page).getByRole("button", { name: "Close" })).toHaveCount(0);
  await ask(page, "hello {{reply:From the column.}}");
  await expect(answers(page)).toContainText("From the column.");
  // What an answer costs is the site's business, not the visitor's.
  await expect(answers(page)).not.toContainText("tokens");
});

test("basic chat and assistant keep their own conversation, also after a reload [EMB-02]", async ({ page }) => {
  await visit(page, `<body>${shop}${element("sidebar", "open")}</body>`);
  await expect(chat(page).getByRole("radio", { name: "AI assistant" })).toBeChecked();
  await ask(page, "first {{reply:I am the assistant.}}");
  await box(page).fill("half a question");
  await chat(page).getByText("Basic chat").click();
  await expect(chat(page).getByRole("heading", { name: "Ask anything" })).toBeVisible();
  await expect(box(page)).toHaveValue("");
  await ask(page, "second {{reply:I am the basic chat.}}");
  await expect(answers(page)).toHaveCount(1);
  await chat(page).getByText("AI assistant").click();
  await expect(answers(page)).toContainText("I am the assistant.");
  await expect(box(page)).toHaveValue("half a question");
  await page.reload();
  await expect(answers(page)).toContainText("I am the assistant.");
  await chat(page).getByText("Basic chat").click();
  await expect(answers(page)).toContainText("I am the basic chat.");
  await chat(page).getByRole("button", { name: "New conversation" }).click();
  await expect(chat(page).getByRole("heading", { name: "Ask anything" })).toBeVisible();
});

test("a visitor sees nothing of another visitor", async ({ page }) => {
  const html = `<body>${shop}${element("sidebar", "open")}</body>`;
  const first = await visit(page, html);
  await ask(page, "hello {{reply:For the first one.}}");
  await visit(page, html, "somebody-else");
  await expect(chat(page).getByRole("heading", { name: "How can I help?" })).toBeVisible();
  await visit(page, html, first);
  await expect(answers(page)).toContainText("For the first one.");
});

/** Let the server's answers to the next requests be those to a token that has run out. */
async function runOut(page: Page, times: number): Promise<void> {
  let left = times;
  await page.route("**/api/v1/chat**", (route) => {
    left -= 1;
    if (left < 0) return route.continue();
    return route.fulfill({ status: 401, contentType: "application/problem+json", json: { tag: "embed_token_expired", status: 401, detail: "It has run out." } });
  });
}

test("a token that runs out is renewed, and nothing is lost [EMB-05]", async ({ page }) => {
  await visit(page, `<body>${shop}${element("inline")}</body>`);
  await ask(page, "hello {{reply:One.}}");
  const before = site.minted();
  await runOut(page, 1);
  await ask(page, "again {{reply:Two.}}");
  expect(site.minted()).toBe(before + 1);
  await expect(answers(page).last()).toContainText("Two.");
  await expect(answers(page)).toHaveCount(2);
  // And when the site has none to give: the words stay, and go out when it has one again.
  await page.unroute("**/api/v1/chat**");
  await runOut(page, 1);
  site.refuse(true);
  await box(page).fill("a third {{reply:Three.}}");
  await box(page).press("Enter");
  await expect(chat(page).getByText("could not sign you in")).toBeVisible();
  site.refuse(false);
  await chat(page).getByRole("button", { name: "Try again" }).first().click();
  await expect(chat(page).getByText("could not sign you in")).toBeHidden();
  await expect(box(page)).toHaveValue("a third {{reply:Three.}}");
  await box(page).press("Enter");
  await expect(answers(page).last()).toContainText("Three.");
});

test("a function of the site gives tokens as well", async ({ page }) => {
  await visit(page, `<body>${shop}${script()}<steward-chat mode="inline"></steward-chat>
    <script>document.querySelector("steward-chat").getToken = async () => (await (await fetch("/chat-token")).json()).token;</script></body>`);
  await expect(box(page)).toBeVisible();
});

test("without a token the chat says what to do", async ({ page }) => {
  await visit(page, `<body>${shop}${script()}<steward-chat mode="inline"></steward-chat></body>`);
  await expect(chat(page).getByRole("alert")).toContainText("could not sign you in");
});

test("sites that the operator does not name show nothing [EMB-04]", async ({ page }) => {
  // The same page, under a name that is not among the sites.
  await visit(page, `<body>${shop}${element("inline")}</body>`);
  await page.goto(site.url.replace("localhost", "127.0.0.1"));
  await expect(page.locator("steward-chat iframe")).toBeVisible();
  await page.waitForTimeout(1000);
  await expect(box(page)).toHaveCount(0);
  // Where embedding is switched off there is no script, and so no button.
  const off = await startFresh();
  try {
    expect((await page.request.get(`${off.url}/embed.js`)).status()).toBe(404);
    expect((await page.request.get(`${off.url}/embed`)).status()).toBe(404);
    site.body(`<body>${shop}<script src="${off.url}/embed.js" data-mode="button"></script></body>`);
    await page.goto(site.url);
    await expect(page.getByRole("heading", { name: "A shop" })).toBeVisible();
    await expect(page.getByRole("button")).toHaveCount(0);
  } finally {
    await off.stop();
  }
});

test("the frame opened by itself says where it belongs", async ({ page }) => {
  await page.goto(`${state().url}/embed`);
  await expect(page.getByRole("alert")).toContainText("within another page");
});

for (const { theme, width, viewport } of looks)
  test.describe(`${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("looks", async ({ page }) => {
      for (const mode of ["button", "sidebar", "inline"]) {
        await visit(page, `<body>${shop}${element(mode)}</body>`);
        if (mode !== "inline") {
          await look(page, `embed-${mode}-closed-${width}-${theme}`);
          await page.getByRole("button", { name: "Open Shop help" }).click();
        }
        await expect(box(page)).toBeVisible();
        await look(page, `embed-${mode}-empty-${width}-${theme}`);
        await examine(page, "embedded");
        await ask(page, "hello {{reply:Good day. Our workshop is open from **9 to 18**, and on Saturdays until noon.}}");
        await look(page, `embed-${mode}-${width}-${theme}`);
        await examine(page, "embedded");
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(sideways).toBeLessThanOrEqual(0);
      }
    });
  });
