// Tools as one sees them: a call at work, its result, and calls that wait until somebody says yes, no or something else.
import type { Locator, Page } from "@playwright/test";

import { answers, ask, expect, finished, send, signIn, test, unique } from "./scene";
import { startAgain, state, stopServer } from "./server";

const card = (page: Page, tool: string): Locator => answers(page).last().getByRole("group", { name: `Tool: ${tool}` });
const call = (tool: string, input: object, reply: string) => `{{tool:${tool}:${JSON.stringify(input)}}} {{reply:${reply}}}`;
const createAgent = (name: string, reply: string) =>
  `Create an agent called ${name} ${call("createAgent", { name, description: "It helps with the harbour." }, reply)}`;

async function inApi(page: Page, method: "get" | "post" | "delete", path: string, data?: object) {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const answer = await page.request[method](`/api/v1${path}`, { data, headers: { "X-CSRF-Token": me.csrf_token } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (answer.status() === 204 ? {} : await answer.json()) as Record<string, unknown>;
}

/** The names of the agents that there are. */
async function agentNames(page: Page): Promise<string[]> {
  const { items } = (await inApi(page, "get", "/agents?limit=100")) as { items: { name: string }[] };
  return items.map(({ name }) => name);
}

test("a call shows its work and its result, and the answer closes with a sentence [TOOL-24] [UI-34] [UI-36]", async ({ signedIn: page }) => {
  const name = unique("Test Agent");
  await page.goto("/");
  // The pieces of the call come slowly enough to be seen.
  await send(page, `${createAgent(name, "Your agent is there.")} {{pace_ms:300}}`);
  const shown = card(page, "Create agent");
  await expect(shown).toHaveAttribute("data-standing", "working");
  await expect(shown).toContainText("Creating agent");
  await expect(shown).toHaveAttribute("data-standing", "done");
  await expect(shown).toContainText("Done");
  await expect(answers(page).last()).toContainText("Your agent is there.");
  await finished(page);

  const fold = shown.getByRole("button", { name: /Create agent/ });
  await expect(fold).toHaveAttribute("aria-expanded", "false");
  await fold.click();
  await expect(fold).toHaveAttribute("aria-expanded", "true");
  await expect(shown.getByRole("group", { name: "Input" })).toContainText(name);
  await expect(shown.getByRole("group", { name: "Result" })).toContainText('"success": true');
  expect(await agentNames(page)).toContain(name);

  await page.reload();
  await expect(card(page, "Create agent")).toContainText("Done");
});

test("a call that fails says why [UI-36]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, `How is it? ${call("getAgentStatus", { agentId: "asst_unknown" }, "There is none.")}`);
  await expect(card(page, "Get agent status")).toHaveAttribute("data-standing", "failed");
  await expect(card(page, "Get agent status")).toContainText(/There is no such .+\./);
  await expect(answers(page).last()).toContainText("There is none.");
});

test.describe("a call that asks first", () => {
  let ruleId = "";
  test.beforeEach(async ({ signedIn: page }) => {
    const rule = await inApi(page, "post", "/tool-rules", { tool: "createAgent", decision: "ask", reason: "New agents are looked at." });
    ruleId = String(rule.id);
  });
  test.afterEach(async ({ signedIn: page }) => {
    await inApi(page, "delete", `/tool-rules/${ruleId}`);
  });

  const waits = async (page: Page, name: string) => {
    await page.goto("/");
    await send(page, createAgent(name, "All is said."));
    await expect(card(page, "Create agent")).toContainText("Waiting for approval");
    await finished(page);
  };

  test("runs when it is approved, in the same message [TEST-03]", async ({ signedIn: page }) => {
    const name = unique("Approved");
    await waits(page, name);
    const shown = card(page, "Create agent");
    await expect(shown).toContainText("Why you are asked: New agents are looked at.");
    expect(await agentNames(page)).not.toContain(name);
    await expect(page.getByRole("link", { name: /Approvals/ })).toBeVisible();
    await expect(page.getByTestId("announcer")).toHaveText("Steward waits for approval: Create agent");
    await shown.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(shown).toHaveAttribute("data-standing", "done");
    await expect(answers(page).last()).toContainText("All is said.");
    await finished(page);
    await expect(answers(page)).toHaveCount(1);
    expect(await agentNames(page)).toContain(name);
    await expect(page.getByRole("link", { name: /Approvals/ })).toBeHidden();
    await expect(page.getByRole("alert")).toBeHidden();
  });

  test("runs with other arguments, once they are JSON that the tool takes", async ({ signedIn: page }) => {
    const [name, other] = [unique("Planned"), unique("Edited")];
    await waits(page, name);
    const shown = card(page, "Create agent");
    await shown.getByRole("button", { name: "Change arguments" }).click();
    const box = shown.getByLabel("Arguments, as JSON");
    await box.fill('{"name": ');
    await expect(shown).toContainText("This is not valid JSON");
    await expect(shown.getByRole("button", { name: "Approve with changes" })).toBeDisabled();
    await box.fill(JSON.stringify({ name: 7 }));
    await shown.getByRole("button", { name: "Approve with changes" }).click();
    await expect(shown.getByRole("alert")).toBeVisible();
    await box.fill(JSON.stringify({ name: other, description: "Somebody looked at it." }));
    await shown.getByRole("button", { name: "Approve with changes" }).click();
    await expect(shown).toHaveAttribute("data-standing", "done");
    await finished(page);
    const names = await agentNames(page);
    expect(names).toContain(other);
    expect(names).not.toContain(name);
    await shown.getByRole("button", { name: /Create agent/ }).click();
    await expect(shown.getByRole("group", { name: "Input" })).toContainText(other);
  });

  test("does not run when it is denied, and the answer goes on [APPR-01]", async ({ signedIn: page }) => {
    const name = unique("Denied");
    await waits(page, name);
    const shown = card(page, "Create agent");
    await shown.getByRole("button", { name: "Deny…" }).click();
    await shown.getByLabel("Reason (optional)").fill("We have enough agents.");
    await shown.getByRole("button", { name: "Deny", exact: true }).click();
    await expect(shown).toHaveAttribute("data-standing", "denied");
    await expect(answers(page).last()).toContainText("All is said.");
    await finished(page);
    await expect(shown).toContainText("We have enough agents.");
    expect(await agentNames(page)).not.toContain(name);
  });

  test("still waits after a reload, and can be approved there", async ({ signedIn: page }) => {
    const name = unique("Later");
    await waits(page, name);
    await page.reload();
    const shown = card(page, "Create agent");
    await expect(shown).toContainText("Waiting for approval");
    await shown.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(shown).toHaveAttribute("data-standing", "done");
    await expect(answers(page).last()).toContainText("All is said.");
    await finished(page);
    await expect(answers(page)).toHaveCount(1);
    expect(await agentNames(page)).toContain(name);
  });

  test("still waits after the server was started again, and goes on when it is approved in another session [APPR-02]", async ({ signedIn: page, browser }) => {
    test.slow();
    const name = unique("Patient");
    await waits(page, name);
    await stopServer();
    await startAgain();
    const context = await browser.newContext({ baseURL: state().url });
    try {
      const other = await context.newPage();
      await signIn(other);
      await other.goto("/approvals");
      const asked = other.getByRole("listitem", { name: "Create agent" }).filter({ hasText: name });
      await asked.getByRole("button", { name: "Approve", exact: true }).click();
      await expect(asked).toBeHidden();
    } finally {
      await context.close();
    }
    await expect(card(page, "Create agent")).toHaveAttribute("data-standing", "done");
    await expect(answers(page).last()).toContainText("All is said.");
    await expect(answers(page)).toHaveCount(1);
    expect(await agentNames(page)).toContain(name);
  });

  test("approved in one tab, goes on in the other", async ({ signedIn: page }) => {
    const name = unique("Elsewhere");
    await waits(page, name);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await expect(card(other, "Create agent")).toContainText("Waiting for approval");
    await card(other, "Create agent").getByRole("button", { name: "Approve", exact: true }).click();
    for (const tab of [other, page]) {
      await expect(card(tab, "Create agent")).toHaveAttribute("data-standing", "done");
      await expect(answers(tab).last()).toContainText("All is said.");
      await expect(answers(tab)).toHaveCount(1);
    }
    expect((await agentNames(page)).filter((one) => one === name)).toHaveLength(1);
  });
});

test("what is handed to a person is answered by an owner, and the conversation goes on [APPR-04]", async ({ signedIn: owner, browser }) => {
  const context = await browser.newContext({ baseURL: state().url });
  try {
    const page = await context.newPage();
    await signIn(page, "eve@example.com");
    await page.goto("/");
    const word = unique("Invoice");
    await send(page, call("callHuman", { reason: `${word} cannot be found.` }, "That is settled."));
    const shown = card(page, "Call human");
    await expect(shown).toContainText("Waiting for a person");
    await expect(shown.getByLabel("Your answer")).toBeHidden();

    await owner.goto("/");
    await owner.getByRole("link", { name: /Approvals/ }).click();
    await expect(owner).toHaveURL(/\/approvals$/);
    const asked = owner.getByRole("listitem", { name: "Call human" }).filter({ hasText: word });
    await asked.getByLabel("Your answer").fill("It lies in the archive.");
    await asked.getByRole("button", { name: "Send answer" }).click();
    await expect(asked).toBeHidden();

    await expect(shown).toHaveAttribute("data-standing", "done");
    await expect(answers(page).last()).toContainText("That is settled.");
    await shown.getByRole("button", { name: /Call human/ }).click();
    await expect(shown.getByRole("group", { name: "Result" })).toContainText("It lies in the archive.");
  } finally {
    await context.close();
  }
});
