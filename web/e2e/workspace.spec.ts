// What a workspace settles: keys and models, rules for tools, MCP servers; and what it reads: feedback and calls.
import type { Page } from "@playwright/test";

import { answers, ask, box, expect, inspect, looks, send, signIn, test, unique } from "./scene";
import { state } from "./server";

async function inApi(page: Page, method: "get" | "post" | "patch" | "put" | "delete", path: string, data?: object) {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const answer = await page.request[method](`/api/v1${path}`, { data, headers: { "X-CSRF-Token": me.csrf_token } });
  // What is not there need not be taken away.
  expect(answer.ok() || method === "delete", await answer.text()).toBe(true);
  return { status: answer.status(), body: (answer.status() === 204 ? {} : await answer.json()) as Record<string, unknown> };
}

/** As the next scene expects to find it. */
async function putBack(page: Page): Promise<void> {
  await inApi(page, "patch", "/model-settings", { allowed_models: [], default_model: null });
  await inApi(page, "delete", "/providers/mistral/key");
  for (const list of ["/tool-rules", "/mcp-servers"])
    for (const { id } of (await inApi(page, "get", list)).body.items as { id: string }[]) await inApi(page, "delete", `${list}/${id}`);
}

test.describe("what a workspace settles", () => {
  test.afterEach(async ({ signedIn: page }) => putBack(page));

  test("a provider's key is set, never shown again, brings its models, and is removed", async ({ signedIn: page }) => {
    await page.goto("/settings/models");
    await expect(page.getByRole("list", { name: "Providers in use" }).getByRole("listitem", { name: "OpenAI", exact: true })).toContainText("Key set by the operator");
    await page.getByText(/^Other providers \(/).click();
    await page.getByRole("textbox", { name: "Search providers" }).fill("mistral");
    await page.getByRole("button", { name: "Set key: Mistral" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a key for Mistral" });
    await dialog.getByLabel("Provider’s key").fill("short");
    await expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
    await dialog.getByLabel("Provider’s key").fill("a-key-of-mistral");
    await dialog.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("list", { name: "Providers in use" }).getByRole("listitem", { name: "Mistral" });
    await expect(row).toContainText("Key of this workspace, …tral");
    await expect(page.getByText("a-key-of-mistral")).toHaveCount(0);
    await expect(page.getByRole("region", { name: "Mistral" }).getByRole("checkbox").first()).toBeChecked();

    await row.getByRole("button", { name: "Remove the key for Mistral" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await expect(row).toBeHidden();
    await expect(page.getByRole("region", { name: "Mistral" })).toBeHidden();
  });

  test("a model that is switched off is gone from the picker, and another one is the default", async ({ signedIn: page }) => {
    await page.goto("/settings/models");
    const region = page.getByRole("region", { name: "OpenAI", exact: true });
    const off = region.getByRole("checkbox", { name: "gpt-4o", exact: true });
    const standing = region.getByRole("checkbox", { name: "gpt-4o-mini", exact: true });
    await expect(standing).toBeDisabled();
    const saved = page.waitForResponse((answer) => answer.url().endsWith("/model-settings") && answer.request().method() === "PATCH");
    await off.uncheck();
    await saved;
    await expect(off).not.toBeChecked();
    await expect(page.getByLabel("Default model").getByRole("option", { name: "openai/gpt-4o", exact: true })).toHaveCount(0);
    await page.goto("/");
    await page.getByRole("button", { name: /^Model: / }).click();
    await expect(page.getByRole("menuitemradio", { name: /^gpt-4o-mini/ })).toBeVisible();
    await expect(page.getByRole("menuitemradio", { name: "gpt-4o", exact: true })).toHaveCount(0);

    await page.goto("/settings/models");
    await off.check();
    await expect(page.getByLabel("Default model").getByRole("option", { name: "openai/gpt-4o", exact: true })).toHaveCount(1);
    await page.getByLabel("Default model").selectOption("openai/gpt-4o");
    await expect(off).toBeDisabled();
    await expect(standing).toBeEnabled();
  });

  test("a rule makes a call wait for somebody, and says so when it is tried", async ({ signedIn: page }) => {
    await page.goto("/settings/tools");
    await expect(page.getByRole("heading", { name: "No rule yet" })).toBeVisible();
    await page.getByRole("button", { name: "New rule" }).click();
    const dialog = page.getByRole("dialog", { name: "New rule" });
    await dialog.getByLabel("Tool", { exact: true }).fill("createAgent");
    await dialog.getByRole("button", { name: "Add a condition" }).click();
    await dialog.getByLabel("Argument").fill("name");
    await dialog.getByLabel("Comparison").selectOption({ label: "contains" });
    await dialog.getByLabel("Value").fill("Harbour");
    await dialog.getByLabel("Reason").fill("New agents are looked at.");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    const rule = page.getByRole("listitem", { name: "Rule 1: createAgent" });
    await expect(rule).toContainText("A member, admin or owner must agree");

    await page.getByText("What would happen with a call?").click();
    await page.getByLabel("Tool", { exact: true }).selectOption("createAgent");
    await page.getByLabel("Arguments of the call").fill('{"name": "Harbour pilot"}');
    await page.getByRole("button", { name: "Try it" }).click();
    await expect(page.getByText("A person would be asked first.")).toBeVisible();
    await expect(page.getByText("Rule 1 decides.")).toBeVisible();
    await page.getByLabel("Arguments of the call").fill('{"name": "Pilot"}');
    await page.getByRole("button", { name: "Try it" }).click();
    await expect(page.getByText("No rule fits, so the tool’s own way holds.")).toBeVisible();

    await page.goto("/");
    await send(page, `Make one. {{tool:createAgent:${JSON.stringify({ name: unique("Harbour"), description: "It helps." })}}} {{reply:It is there.}}`);
    await expect(answers(page).last()).toContainText("New agents are looked at.");
    await expect(answers(page).last().getByRole("button", { name: "Approve", exact: true })).toBeVisible();
    await answers(page).last().getByRole("button", { name: "Approve", exact: true }).click();
    await expect(answers(page).last()).toContainText("It is there.");

    await page.goto("/settings/tools");
    await rule.getByRole("button", { name: "Options for rule 1" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("heading", { name: "No rule yet" })).toBeVisible();
  });

  test("an MCP server that cannot be reached says why", async ({ signedIn: page }) => {
    await page.goto("/settings/tools");
    await page.getByRole("button", { name: "New MCP server" }).click();
    const dialog = page.getByRole("dialog", { name: "New MCP server" });
    await dialog.getByLabel("Name").fill("tickets");
    await dialog.getByRole("textbox", { name: "Address" }).fill("https://mcp.invalid/mcp");
    await dialog.getByLabel("Its value").fill("Bearer a-secret");
    await dialog.getByRole("button", { name: "Connect" }).click();
    const card = page.getByRole("listitem", { name: "tickets" });
    await expect(card.getByRole("alert")).toContainText(/\w.*\./);
    await expect(card).toContainText("Not checked yet");
    await expect(page.getByText("a-secret")).toHaveCount(0);
    await card.getByRole("button", { name: "Options for tickets" }).click();
    await page.getByRole("menuitem", { name: "Switch off" }).click();
    await expect(card.getByText("off", { exact: true })).toBeVisible();
    await card.getByRole("button", { name: "Options for tickets" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await expect(card).toBeHidden();
  });
});

test("a thumb with its reason is read by whoever runs the workspace, and the call stands in the ledger", async ({ signedIn: page }) => {
  const reason = unique("Too long for the harbour");
  await page.goto("/");
  await ask(page, "Say something. {{reply:Something.}}");
  await answers(page).last().getByRole("button", { name: "Bad answer" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(reason);
  await page.getByRole("dialog").locator("button[type=submit]").click();
  await expect(page.getByRole("dialog")).toBeHidden();

  await page.goto("/settings/feedback");
  const entry = page.getByRole("list", { name: "Feedback" }).getByRole("listitem").filter({ hasText: reason });
  await expect(entry.getByRole("img", { name: "Bad answer" })).toBeVisible();
  await page.getByRole("radio", { name: "Good" }).check();
  await expect(entry).toBeHidden();
  await page.getByRole("radio", { name: "Bad" }).check();
  await entry.getByRole("link", { name: "Open the conversation" }).click();
  await expect(answers(page).last()).toContainText("Something.");

  await page.goto("/settings/calls");
  const call = page.getByRole("list", { name: "Calls" }).getByRole("listitem").first();
  await expect(call).toContainText(/\/gpt-4o-mini|\/librarian|\//);
  await call.locator("summary").click();
  await expect(call).toContainText("Took");
  await page.getByLabel("State", { exact: true }).selectOption({ label: "Interrupted" });
  await expect(page.getByRole("heading", { name: "No call fits" })).toBeVisible();
});

test("a member reads the settings, and changes none of them", async ({ page }) => {
  await signIn(page, "eve@example.com");
  await page.goto("/settings/models");
  await expect(page.getByRole("region", { name: "OpenAI", exact: true })).toContainText("gpt-4o");
  await expect(page.getByRole("main").getByRole("checkbox")).toHaveCount(0);
  await expect(page.getByRole("main").getByRole("button", { name: /key/i })).toHaveCount(0);
  const sections = page.getByRole("navigation", { name: "Settings" });
  await expect(sections.getByRole("link", { name: "Feedback" })).toHaveCount(0);
  await sections.getByRole("link", { name: "Tools", exact: true }).click();
  await expect(page.getByText(/Admins and owners settle it/)).toBeVisible();
  await expect(page.getByRole("button", { name: "New rule" })).toHaveCount(0);
  await page.goto("/settings/feedback");
  await expect(page.getByRole("note")).toContainText("Admins and owners read the feedback");
  await page.goto("/settings/calls");
  await expect(page.getByText(/^Your own calls/)).toBeVisible();
});

for (const { theme, width } of looks) {
  test(`looks, ${width} wide and ${theme} [UI-07] [UI-31]`, async ({ browser }) => {
    const context = await browser.newContext({ baseURL: state().url, colorScheme: theme, viewport: { width, height: 860 } });
    const page = await context.newPage();
    await signIn(page);
    const name = (what: string) => `${what}-${width}-${theme}`;
    try {
      await inApi(page, "put", "/providers/mistral/key", { key: "a-key-of-mistral" });
      await inApi(page, "patch", "/model-settings", { allowed_models: ["openai/*", "anthropic/*"] });
      const conditions = [{ argument: "amount", operator: "gt", value: 1000 }, { argument: "recipients.*", operator: "matches", value: "@example\\.com$" }];
      await inApi(page, "post", "/tool-rules", { tool: "crm__*", decision: "ask", conditions, approvers: 2, least_role: "admin", expires_seconds: 7200, reason: "Large sums are looked at by two." });
      await inApi(page, "post", "/tool-rules", { tool: "deleteDocument", decision: "deny", reason: "Documents stay." });
      const server = (await inApi(page, "post", "/mcp-servers", { name: "tickets", transport: "http", url: "https://mcp.invalid/mcp" })).body;
      await inApi(page, "post", `/mcp-servers/${String(server.id)}/check`);

      await page.goto("/settings/models");
      await expect(page.getByRole("region", { name: "OpenAI", exact: true }).getByRole("checkbox").first()).toBeVisible();
      await inspect(page, name("models"));
      await page.getByRole("region", { name: "OpenAI", exact: true }).scrollIntoViewIfNeeded();
      await inspect(page, name("models-list"));
      await page.getByText(/^Other providers \(/).click();
      await page.getByRole("button", { name: "Replace: Mistral" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await inspect(page, name("models-key"));

      await page.goto("/settings/tools");
      await expect(page.getByRole("listitem", { name: "tickets" }).getByRole("alert")).toBeVisible();
      await page.getByText("What would happen with a call?").click();
      await page.getByRole("button", { name: "Try it" }).click();
      await expect(page.getByText(/^Rule \d decides\.$|^No rule fits/)).toBeVisible();
      await inspect(page, name("tools"));
      await page.getByRole("listitem", { name: "tickets" }).scrollIntoViewIfNeeded();
      await inspect(page, name("tools-servers"));
      await page.getByRole("button", { name: "New rule" }).click();
      await page.getByRole("button", { name: "Add a condition" }).click();
      await inspect(page, name("tools-rule"));
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "New MCP server" }).click();
      await expect(page.getByRole("dialog", { name: "New MCP server" })).toBeVisible();
      await inspect(page, name("tools-server"));

      await page.goto("/");
      await ask(page, "Say something. {{reply:Something.}}");
      await answers(page).last().getByRole("button", { name: "Good answer" }).click();
      await expect(box(page)).toBeVisible();
      await page.goto("/settings/feedback");
      await expect(page.getByRole("list", { name: "Feedback" })).toBeVisible();
      await inspect(page, name("feedback"));
      await page.goto("/settings/calls");
      await page.getByRole("list", { name: "Calls" }).locator("summary").first().click();
      await inspect(page, name("calls"));
    } finally {
      await putBack(page);
    }
    await context.close();
  });
}
