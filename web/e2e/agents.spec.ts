// Agents, memories, the profile, tasks and tickets: made, used, changed and looked at.
import { type Browser, type Page } from "@playwright/test";

import { answers, ask, expect, inspect, looks, signIn, test, unique } from "./scene";
import { ada, command, state } from "./server";

async function make(page: Page, path: string, data: object): Promise<{ id: string }> {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const made = await page.request.post(path, { data, headers: { "X-CSRF-Token": me.csrf_token } });
  expect(made.ok(), await made.text()).toBe(true);
  return (await made.json()) as { id: string };
}

test("an agent is made from a template, set up, activated, talked to and restored", async ({ signedIn: page }) => {
  const name = unique("Pilot");
  await page.goto("/");
  await page.getByRole("link", { name: "Agents", exact: true }).click();
  await expect(page).toHaveTitle("Agents · Steward");
  await page.getByRole("button", { name: "New agent", exact: true }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("radio", { name: "Research" }).check();
  await page.getByRole("button", { name: "Create draft" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();

  const save = page.getByRole("button", { name: "Save" });
  await expect(save).toBeDisabled();
  await page.getByLabel("Instructions").fill("You are a pilot. Be brief.");
  await page.getByLabel("Greeting").fill("Where shall we go?");
  await page.getByRole("checkbox", { name: "Create task" }).check();
  await page.getByLabel("Begins by itself").selectOption({ label: "Mondays at 9:00" });
  await save.click();
  await expect(page.getByText("Version 2", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Activate" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: "What it is told" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "You are a pilot. Be brief." })).toBeVisible();

  // A new conversation with it: its greeting stands there, and the conversation remembers whom one talks with.
  await page.getByRole("link", { name: "Talk to it" }).click();
  await expect(page.getByText("Where shall we go?")).toBeVisible();
  await expect(page.getByRole("button", { name: `Agent: ${name}` })).toBeVisible();
  await ask(page, `${name} hello {{reply:Aye.}}`);
  await expect(answers(page).last()).toContainText("Aye.");
  await expect(page.getByText(`with ${name}`)).toBeVisible();
  await page.reload();
  await expect(page.getByText(`with ${name}`)).toBeVisible();
  const id = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1) ?? "");
  const thread = ((await (await page.request.get(`/api/v1/chat/${id}`)).json()) as { thread: { agent_id: string } }).thread;
  expect(thread.agent_id).toMatch(/^asst_/);

  // Back to the assistant, by the picker.
  await page.getByRole("button", { name: `Agent: ${name}` }).click();
  await page.getByRole("menuitemradio", { name: /default$/ }).click();
  await ask(page, "and now {{reply:Yes.}}");
  await expect(page.getByText(`with ${name}`)).toBeHidden();

  await page.goto(`/agents/${thread.agent_id}/versions`);
  await expect(page.getByText(/^1 answer/)).toBeVisible();
  await expect(page.getByRole("listitem", { name: "Version 2" })).toContainText("Changed:");
  await page.getByRole("button", { name: "Restore version 1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("listitem", { name: "Version 3" })).toContainText("Now");
  await page.getByRole("link", { name: "Setup" }).click();
  await expect(page.getByLabel("Greeting")).toHaveValue("");

  await page.getByRole("button", { name: `Options for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await expect(page.getByRole("main").getByText("Archived", { exact: true })).toBeVisible();
  await page.goto("/agents");
  await page.getByRole("radio", { name: "Archived" }).check();
  const card = page.getByRole("main").getByRole("listitem", { name, exact: true });
  await card.getByRole("link", { name, exact: true }).click();
  await page.getByRole("button", { name: `Options for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/agents$/);
});

test("a built-in agent is read, and a viewer changes nothing", async ({ page }) => {
  const { folder, provider, workspace } = state();
  const email = `${unique("viewer").replace(" ", "-")}@example.com`;
  command(folder, provider.url, ["user", "create", email, "--workspace", workspace, "--role", "viewer"], ada.password);
  await signIn(page, email);
  await page.goto("/agents");
  await page.getByRole("link", { name: "JamesBot", exact: true }).click();
  await expect(page.getByRole("note")).toContainText("built in");
  await expect(page.getByLabel("Name", { exact: true })).toBeDisabled();
  await page.goto("/agents");
  await expect(page.getByRole("button", { name: "New agent", exact: true })).toHaveCount(0);
  await page.goto("/tasks");
  await expect(page.getByRole("button", { name: "New task" })).toHaveCount(0);
  await page.goto("/agents/asst_nobody");
  await expect(page.getByRole("heading", { name: "This agent does not exist" })).toBeVisible();
  await page.goto("/agents/asst_default/nothing");
  await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
});

test("memories are written, mended, found and deleted; memory is switched off and on", async ({ page }) => {
  await signIn(page, "eve@example.com");
  const word = unique("bollard");
  await page.goto("/settings/memory");
  await page.getByRole("button", { name: "Write down" }).click();
  await page.getByLabel("What to remember").fill(`Paints the ${word}.`);
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: `Change: Paints the ${word}.` }).click();
  await page.getByLabel("What to remember").fill(`Sells the ${word}.`);
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`Sells the ${word}.`)).toBeVisible();
  await page.getByRole("textbox", { name: "Search memories" }).fill(word);
  await expect(page.getByText(`Sells the ${word}.`)).toBeVisible();
  await page.getByRole("switch", { name: "Memory" }).click();
  await expect(page.getByText("Memory is off")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Memory is off")).toBeVisible();
  await page.getByRole("switch", { name: "Memory" }).click();
  await expect(page.getByText("Memory is on")).toBeVisible();
  await page.getByRole("button", { name: "Delete all memories" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete all" }).click();
  await expect(page.getByRole("heading", { name: "Nothing is remembered yet" })).toBeVisible();

  await page.goto("/settings/profile");
  await page.getByLabel("What to call you").fill("Captain");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your profile is saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("What to call you")).toHaveValue("Captain");
});

test("a task is given to a colleague and done; a ticket waits", async ({ signedIn: page }) => {
  const title = unique("Order rope");
  await page.goto("/");
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await page.getByRole("button", { name: "New task" }).click();
  await page.getByLabel("What is to be done").fill(title);
  await page.getByLabel("For", { exact: true }).selectOption({ label: "eve" });
  await page.getByLabel("To be done by").fill("2030-01-31");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  const row = page.getByRole("listitem", { name: title });
  await expect(row).toContainText("for eve");
  await row.getByRole("link", { name: title }).click();
  await expect(page).toHaveURL(/\/tasks\/task_/);
  await page.getByLabel("Priority").selectOption("urgent");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Urgent");
  await row.getByLabel(`State of ${title}`).selectOption("done");
  await expect(row).toBeHidden();
  await page.getByRole("radio", { name: "Done" }).check();
  await expect(row).toBeVisible();

  await page.getByRole("navigation", { name: "Kinds" }).getByRole("link", { name: "Tickets", exact: true }).click();
  const subject = unique("The gate is stuck");
  await page.getByRole("button", { name: "New ticket" }).click();
  await page.getByLabel("Subject").fill(subject);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByLabel(`State of ${subject}`).selectOption("pending");
  await page.getByRole("radio", { name: "Waiting" }).check();
  await expect(page.getByRole("listitem", { name: subject })).toContainText("#");
});

async function opened(browser: Browser, theme: "light" | "dark", width: number): Promise<Page> {
  const context = await browser.newContext({ baseURL: state().url, colorScheme: theme, viewport: { width, height: 860 } });
  const page = await context.newPage();
  await signIn(page);
  return page;
}

for (const { theme, width } of looks) {
  test(`looks, ${width} wide and ${theme} [UI-07] [UI-31]`, async ({ browser }) => {
    const page = await opened(browser, theme, width);
    const name = (what: string) => `${what}-${width}-${theme}`;
    const { id } = await make(page, "/api/v1/agents", {
      name: `Harbour pilot with a rather long name that has to fit (${width}, ${theme})`,
      description: "Knows the tides, the berths and the people, and says which ship goes where and when.",
      instructions: "You are a pilot.\n\nBe brief.",
      greeting: "Where shall we go today?",
      tools: ["searchKnowledge"],
    });
    await page.goto("/agents");
    await expect(page.getByRole("list", { name: "Built-in agents" })).toBeVisible();
    await expect(page.getByRole("list", { name: "Agents of this workspace" })).toBeVisible();
    await inspect(page, name("agents"));
    await page.getByRole("button", { name: "New agent", exact: true }).click();
    await expect(page.getByRole("radio", { name: "Research" })).toBeVisible();
    await inspect(page, name("new-agent"));
    await page.goto(`/agents/${id}`);
    await expect(page.getByRole("checkbox", { name: "Search knowledge" })).toBeVisible();
    await inspect(page, name("agent"));
    await page.getByRole("heading", { name: "Who and when" }).scrollIntoViewIfNeeded();
    await inspect(page, name("agent-below"));
    await page.goto(`/agents/${id}/versions`);
    await page.getByText("Show what it was").click();
    await inspect(page, name("versions"));
    await page.goto(`/agents/${id}/prompt`);
    await expect(page.getByRole("listitem").filter({ hasText: "You are a pilot." })).toBeVisible();
    await inspect(page, name("prompt"));
    await page.goto(`/?agent=${id}`);
    await expect(page.getByText("Where shall we go today?")).toBeVisible();
    await page.getByRole("button", { name: /^Agent:/ }).click();
    await expect(page.getByRole("menuitemradio").first()).toBeVisible();
    await inspect(page, name("picker"));
    await make(page, "/api/v1/memories", { text: `Wants a second crane before the winter storms come (${width} ${theme}).`, kind: "goals", importance: 0.7 });
    await page.goto("/settings/memory");
    await expect(page.getByRole("list", { name: "Memories" })).toBeVisible();
    await inspect(page, name("memory"));
    await page.goto("/settings/profile");
    await expect(page.getByLabel("Company")).toBeVisible();
    await inspect(page, name("profile"));
    await make(page, "/api/v1/tasks", { title: `Order forty metres of rope for the north quay (${width} ${theme})`, priority: "urgent", due_on: "2030-01-31" });
    await page.goto("/tasks");
    await expect(page.getByRole("list", { name: "Tasks", exact: true })).toBeVisible();
    await inspect(page, name("tasks"));
    await page.getByRole("list", { name: "Tasks", exact: true }).getByRole("link").first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await inspect(page, name("task"));
    await page.context().close();
  });
}
