import { answers, ask, box, expect, test, unique } from "./scene";

test("conversations are found, pinned, renamed, archived and restored", async ({ signedIn: page }) => {
  const word = unique("Kingfisher").replace(" ", "");
  await page.goto("/");
  await ask(page, `${word} plans`);
  const list = page.getByRole("navigation", { name: "Conversations" });
  const row = list.getByRole("link", { name: new RegExp(word) });
  await expect(row).toBeVisible();
  await expect(row).toHaveAttribute("aria-current", "page");

  const search = page.getByLabel("Search conversations");
  await search.fill(word);
  const results = page.getByRole("list", { name: "Search results" });
  await expect(results.locator("mark").first()).toHaveText(word);
  await search.fill(unique("nothing like this"));
  await expect(list).toContainText("Nothing found.");
  await search.press("Escape");

  const menu = (name: string | RegExp) => list.getByRole("button", { name });
  await row.hover();
  await menu(new RegExp(`Options for ${word}`)).click();
  await page.getByRole("menuitem", { name: "Pin" }).click();
  await expect(list.getByRole("region", { name: "Pinned" })).toContainText(word);

  await row.hover();
  await menu(new RegExp(`Options for ${word}`)).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const renamed = unique("Heron");
  await page.getByLabel("Title", { exact: true }).fill(renamed);
  await page.getByLabel("Title", { exact: true }).press("Enter");
  await expect(list.getByRole("link", { name: renamed })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(renamed);
  await expect(page).toHaveTitle(`${renamed} · Steward`);
  await page.reload();
  await expect(list.getByRole("region", { name: "Pinned" })).toContainText(renamed);

  await list.getByRole("link", { name: renamed }).hover();
  await menu(`Options for ${renamed}`).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await expect(list.getByRole("link", { name: renamed })).toBeHidden();
  await expect(page.getByText("Conversation archived.")).toBeVisible();
  await page.getByRole("button", { name: "Archived" }).click();
  await expect(list.getByRole("link", { name: renamed })).toBeVisible();
  await list.getByRole("link", { name: renamed }).hover();
  await menu(`Options for ${renamed}`).click();
  await page.getByRole("menuitem", { name: "Restore" }).click();
  await list.getByRole("button", { name: "Archived" }).click();
  await expect(list.getByRole("link", { name: renamed })).toBeVisible();
});

test("more conversations come as one scrolls", async ({ signedIn: page }) => {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  for (let place = 0; place < 70; place += 1)
    await page.request.post("/api/v1/threads", { data: { title: `Note ${place}` }, headers: { "X-CSRF-Token": me.csrf_token } });
  await page.goto("/");
  const list = page.getByRole("navigation", { name: "Conversations" });
  const count = () => list.getByRole("link", { name: /^Note / }).count();
  await expect.poll(count).toBeGreaterThan(10);
  const first = await count();
  await list.hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4000);
      return count();
    })
    .toBeGreaterThan(Math.max(first, 65));
});

test("older messages come as one scrolls up, and the place is kept [UI-06]", async ({ signedIn: page }) => {
  // A long conversation, played at the network's edge: 5,000 messages in pages.
  const total = 5000;
  const message = (place: number) => ({
    id: `msg_${place}`,
    client_id: null,
    parent_id: null,
    role: place % 2 === 0 ? "user" : "assistant",
    parts: [{ type: "text", text: `Message number ${place}. ${"Some more words. ".repeat(place % 7)}` }],
    status: "completed",
    model: null,
    finish_reason: null,
    usage: null,
    run_id: null,
    error: null,
    created_at: "2026-11-21T10:00:00Z",
    metadata: {},
    siblings: [`msg_${place}`],
  });
  const thread = {
    id: "thread_long",
    client_id: null,
    title: "A long one",
    model: null,
    agent_id: null,
    pinned: false,
    archived: false,
    status: "idle",
    message_count: total,
    token_count: 0,
    last_message_preview: "",
    last_message_at: "2026-11-21T10:00:00Z",
    created_at: "2026-11-21T10:00:00Z",
    updated_at: "2026-11-21T10:00:00Z",
    metadata: {},
    head_id: "msg_4999",
  };
  let size = 50;
  await page.route(/\/api\/v1\/chat\/thread_long(\?.*)?$/, (route) => {
    const cursor = Number(new URL(route.request().url()).searchParams.get("cursor") ?? total);
    const from = Math.max(0, cursor - size);
    const messages = Array.from({ length: cursor - from }, (_, place) => message(cursor - 1 - place));
    return route.fulfill({ json: { thread, messages, next_cursor: from > 0 ? String(from) : null, live_run: null } });
  });
  await page.route(/thread_long\/stream$/, (route) => route.fulfill({ status: 204 }));

  await page.goto("/chat/thread_long");
  await expect(page.getByText("Message number 4999.")).toBeVisible();
  const list = page.getByRole("region", { name: "Conversation" });
  await expect(page.getByText("Message number 4950.")).toHaveCount(0);
  await list.hover();
  const seen = async () => {
    const texts = await page.getByRole("article").allInnerTexts();
    return Math.min(...texts.map((text) => Number(/number (\d+)/.exec(text)?.[1] ?? 9999)));
  };
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, -700);
        return seen();
      },
      { intervals: [120] },
    )
    .toBeLessThan(4860);
  expect(await page.getByRole("article").count()).toBeLessThan(60);

  // All at once: the page still holds only the rows in sight.
  size = total;
  await page.goto("/");
  await page.goto("/chat/thread_long");
  await expect(page.getByText("Message number 4999.")).toBeVisible();
  expect(await page.getByRole("article").count()).toBeLessThan(60);
  await list.hover();
  await page.mouse.wheel(0, -30_000);
  await page.waitForTimeout(300);
  expect(await page.getByRole("article").count()).toBeLessThan(60);
});

test("on a narrow screen the list is a drawer [UI-07]", async ({ signedIn: page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const word = unique("Osprey").replace(" ", "");
  await page.goto("/");
  await ask(page, `${word} plans`);
  await expect(page.getByRole("navigation", { name: "Conversations" })).toBeHidden();
  await page.getByRole("button", { name: "Show conversations" }).click();
  const drawer = page.getByRole("dialog", { name: "Conversations" });
  await expect(drawer).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await page.getByRole("button", { name: "Show conversations" }).click();
  await drawer.getByRole("link", { name: new RegExp(word) }).click();
  await expect(drawer).toBeHidden();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(word);
  await expect(box(page)).toBeVisible();
});

test("a found message is opened where it is, marked, and is there again after a reload [UI-06]", async ({ signedIn: page }) => {
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const headers = { "X-CSRF-Token": me.csrf_token };
  const word = unique("Ruddock").replace(" ", "");
  const said = async (id: string | null, text: string): Promise<{ thread_id: string; message_id: string }> => {
    const message = { id: unique("m").replace(" ", "_"), role: "user", parts: [{ type: "text", text }] };
    const answer = await page.request.post("/api/v1/chat", { headers, data: { id, messages: [message], stream: false } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as { thread_id: string; message_id: string };
  };
  const first = await said(null, `Far back {{reply:The ${word} sings at dawn.}}`);
  for (let place = 0; place < 45; place += 1) await said(first.thread_id, `Number ${place} {{words:60}}`);
  await page.goto("/");
  // Known fault: what is typed before the list is there can be lost.
  await expect(page.getByRole("link", { name: new RegExp(word) })).toBeVisible();
  const search = page.getByLabel("Search conversations");
  await search.fill(word);
  const hit = page.getByRole("list", { name: "Search results" }).getByRole("link").filter({ hasText: "sings at dawn" });
  await expect(hit.first()).toBeVisible();

  // By keyboard: down into the results, and Enter.
  await search.press("ArrowDown");
  while (!(await hit.first().evaluate((link) => link === document.activeElement))) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?message=msg_/);
  const found = answers(page).filter({ hasText: `The ${word} sings at dawn.` });
  await expect(found).toBeInViewport();
  await expect(found).toHaveAttribute("data-found", "true");
  await expect(found).toBeFocused();
  await expect(page.getByText("Number 44")).toHaveCount(0);
  await expect(found).not.toHaveAttribute("data-found");

  await page.reload();
  await expect(found).toBeInViewport();
  await expect(found).toBeFocused();

  // From there one reads on to the end.
  await page.getByRole("region", { name: "Conversation" }).hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, 4000);
        return page.getByText("Number 44").count();
      },
      { intervals: [150] },
    )
    .toBeGreaterThan(0);
  await page.reload();
  await expect(found).toBeInViewport();
  await page.getByRole("button", { name: "To the end" }).click();
  await expect(page.getByText("Number 44")).toBeInViewport();

  // Whoever presses the result again is led there again.
  await search.fill(word);
  await hit.first().click();
  await expect(found).toBeInViewport();
  await expect(found).toHaveAttribute("data-found", "true");

  // What is said from a far place stands at the end.
  await page.reload();
  await expect(found).toBeInViewport();
  await box(page).fill("And now {{reply:The last word.}}");
  await box(page).press("Enter");
  await expect(answers(page).last()).toContainText("The last word.");
  await expect(page).not.toHaveURL(/message=/);
  await expect(page.getByText("Number 44")).toHaveCount(1);
});

test("a message of another branch is shown on its branch, and an answer to it stays there", async ({ signedIn: page }) => {
  const word = unique("Wheatear").replace(" ", "");
  await page.goto("/");
  await ask(page, `Where {{reply:The ${word} is in the north.}}`);
  await page.getByRole("button", { name: "Edit message" }).click();
  await page.getByLabel("Your message").fill("Another question {{reply:Another answer.}}");
  await page.getByLabel("Your message").press("Enter");
  await expect(answers(page)).toContainText("Another answer.");
  await page.getByLabel("Search conversations").fill(word);
  const found = answers(page).filter({ hasText: `The ${word} is in the north.` });
  await page.getByRole("list", { name: "Search results" }).getByRole("link").filter({ hasText: "in the north" }).last().click();
  await expect(found).toBeVisible();
  await expect(answers(page)).toHaveCount(1);
  await box(page).fill("And then {{reply:Then it goes south.}}");
  await box(page).press("Enter");
  await expect(answers(page).last()).toContainText("Then it goes south.");
  await expect(found).toBeVisible();
  await page.reload();
  await expect(found).toBeVisible();
  await expect(answers(page)).toHaveCount(2);

  await page.goto(`${page.url().split("?")[0]}?message=msg_none`);
  await expect(answers(page)).toHaveCount(2);
});
