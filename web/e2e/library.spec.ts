// Documents in, passages found, answers that cite them: the library and the citations, from the first day on.
import type { Locator, Page } from "@playwright/test";

import { answers, expect, finished, send, signIn, test, unique } from "./scene";
import { ada, startFresh } from "./server";

const file = (name: string, text: string, mimeType = "text/markdown") => ({ name, mimeType, buffer: Buffer.from(text) });
const upload = (page: Page, ...files: ReturnType<typeof file>[]) => page.getByLabel("Files to upload").setInputFiles(files);
const row = (page: Page, title: string): Locator =>
  page.getByRole("list", { name: "Documents" }).getByRole("listitem").filter({ has: page.getByRole("link", { name: title }) });
const citation = (page: Page, number: number) => answers(page).last().getByRole("link", { name: new RegExp(`^Source ${number}: `) });

/** A manual of a machine that no other scene knows. */
function manualOf(machine: string): string {
  const filler = Array.from({ length: 60 }, (_, line) => `Remark ${line}: keep the ${machine} dry and away from frost.`).join("\n\n");
  return `# ${machine}\n\n## Care\n\n${filler}\n\n## Capacity\n\nThe ${machine} holds 2.4 litres and is descaled every 90 days.\n`;
}

async function add(page: Page, machine: string): Promise<void> {
  await page.goto("/library");
  await upload(page, file(`${machine}.md`, manualOf(machine)));
  await expect(row(page, machine)).toHaveAttribute("data-status", "ready");
}

test("on the first day, without a key, an answer cites a sample document within a minute, and [1] opens the passage [RAG-10] [RAG-14] [CRM-15]", async ({ browser }) => {
  test.slow();
  const fresh = await startFresh();
  const context = await browser.newContext({ baseURL: fresh.url });
  try {
    const page = await context.newPage();
    await signIn(page, ada.email);
    const begun = Date.now();
    await page.goto("/");
    await expect(page.getByRole("note")).toContainText("No language model is set up yet");
    await page.getByRole("button", { name: "Add sample documents" }).click();
    await page.getByRole("button", { name: "How do I set a budget?", exact: true }).click();
    await finished(page);
    const marker = answers(page).last().getByRole("link", { name: /^Source \d+: / }).first();
    await expect(marker).toBeVisible();
    const number = /\d+/.exec((await marker.getAttribute("aria-label")) ?? "")?.[0] ?? "";
    await expect(answers(page).last().getByRole("region", { name: "Sources" })).toContainText(`[${number}]`);
    expect(Date.now() - begun).toBeLessThan(60_000);
    test.info().annotations.push({ type: "measured", description: `first cited answer after ${Date.now() - begun} ms` });

    await marker.click();
    await expect(page).toHaveURL(/\/library\/documents\/doc_\w+\?start=\d+&end=\d+/);
    const passage = page.locator("mark");
    await expect(passage).toBeInViewport();
    await expect(passage).toBeFocused();
    await expect(passage).toContainText(/budget/i);

    await page.getByRole("button", { name: "Back", exact: true }).click();
    await expect(page).toHaveURL(/\/chat\//);
    // The stored answer has the same citations as the streamed one.
    await expect(marker).toBeVisible();
    await expect(answers(page).last().getByRole("region", { name: "Sources" })).toBeVisible();
  } finally {
    await context.close();
    await fresh.stop();
  }
});

test("an uploaded file becomes ready, and the test search finds and opens it [CRM-15] [RAG-11] [RAG-16]", async ({ signedIn: page }) => {
  const machine = unique("Kettle").replace(" ", "");
  await page.goto("/");
  await page.getByRole("link", { name: "Library" }).click();
  await expect(page).toHaveURL(/\/library$/);
  await upload(page, file(`${machine}.md`, manualOf(machine)));
  await expect(row(page, machine)).toHaveAttribute("data-status", "ready");
  await expect(row(page, machine)).toContainText("passages");

  const search = page.getByRole("textbox", { name: "Test search" });
  await search.fill(`How many litres does the ${machine} hold?`);
  await search.press("Enter");
  const first = page.getByRole("list", { name: "Passages" }).getByRole("listitem").first();
  await expect(first).toContainText("2.4 litres");
  await expect(first).toContainText("Capacity");
  await expect(first).toContainText(/\d+ %/);
  await first.getByRole("link").click();
  await expect(page.locator("mark")).toContainText(`The ${machine} holds 2.4 litres`);
  await expect(page.locator("mark")).toBeInViewport();
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(search).toHaveValue(/How many litres/);
  await expect(first).toContainText("2.4 litres");
});

test("a broken PDF fails with a reason and what to do", async ({ signedIn: page }) => {
  const name = unique("broken").replace(" ", "-");
  await page.goto("/library");
  await upload(page, file(`${name}.pdf`, "%PDF-1.7 and then nothing that a reader could use", "application/pdf"));
  const broken = row(page, name);
  await expect(broken).toHaveAttribute("data-status", "failed");
  await expect(broken.getByRole("note")).toContainText(/\w{3,}.*\.\s*\w{3,}.*\./);
  await expect(broken.getByRole("note")).not.toContainText(/Traceback|Error:|[{}<>]/);
  await broken.getByRole("button", { name: /^Retry/ }).click();
  await expect(broken).toHaveAttribute("data-status", "failed");
  await expect(broken.getByRole("note")).toBeVisible();
  await broken.getByRole("button", { name: /^Options/ }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(broken).toHaveCount(0);
});

test("several files are dropped at once, and a text is pasted", async ({ signedIn: page }) => {
  const word = unique("Lathe").replace(" ", "");
  await page.goto("/library");
  await expect(page.getByRole("heading", { level: 1, name: "Library" })).toBeVisible();
  await page.evaluate((name) => {
    const data = new DataTransfer();
    for (const place of [1, 2]) data.items.add(new File([`# ${name} ${place}\n\nIt turns.`], `${name}-${place}.md`, { type: "text/markdown" }));
    for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, word);
  for (const place of [1, 2]) await expect(row(page, `${word} ${place}`)).toHaveAttribute("data-status", "ready");

  await page.evaluate((name) => {
    const data = new DataTransfer();
    data.setData("text/plain", `The ${name} was pasted.`);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, word);
  const dialog = page.getByRole("dialog", { name: "Add a text" });
  await expect(dialog.getByLabel("Text")).toHaveValue(`The ${word} was pasted.`);
  await dialog.getByLabel("Title").fill(`${word} note`);
  await dialog.getByLabel("Tags").fill("pasted");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(row(page, `${word} note`)).toHaveAttribute("data-status", "ready");
  await expect(row(page, `${word} note`)).toContainText("pasted");
});

test("a citation shows its passage by keyboard, and says when the source does not confirm it [RAG-10] [RAG-14]", async ({ signedIn: page }) => {
  const machine = unique("Boiler").replace(" ", "");
  await add(page, machine);
  await page.goto("/");
  await send(page, `How many litres does the ${machine} hold? {{reply:The ${machine} holds 2.4 litres [1]. It was built on the moon in 1873 [1]. Code such as \`rows[1]\` stays, and so does [99].}}`);
  await finished(page);
  const [sure, doubtful] = [citation(page, 1).nth(0), citation(page, 1).nth(1)];
  await expect(citation(page, 1)).toHaveCount(2);
  await expect(sure).not.toHaveAccessibleName(/not confirmed/);
  await expect(doubtful).toHaveAccessibleName(/not confirmed by the source/);
  await expect(answers(page).last().locator("code")).toHaveText("rows[1]");

  await sure.focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await expect(sure).toBeFocused();
  await expect(page.getByText(/^Relevance \d+ %$/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText(/^Relevance \d+ %$/)).toBeHidden();
  await expect(sure).toBeFocused();
  await doubtful.hover();
  await expect(page.getByText(/Not confirmed by the source/)).toBeVisible();

  await page.reload();
  await expect(doubtful).toHaveAccessibleName(/not confirmed by the source/);
  await sure.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("mark")).toContainText("2.4 litres");
});

test("a place in a document that was replaced is found again, or said to be gone", async ({ signedIn: page }) => {
  const machine = unique("Mill").replace(" ", "");
  await add(page, machine);
  await page.goto("/");
  await send(page, `How many litres does the ${machine} hold? {{reply:It holds 2.4 litres [1].}}`);
  await finished(page);
  await expect(citation(page, 1)).toHaveCount(1);
  const chat = page.url();
  const id = /doc_\w+/.exec((await citation(page, 1).getAttribute("href")) ?? "")?.[0] ?? "";
  const me = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const replace = async (text: string) => {
    const answer = await page.request.put(`/api/v1/documents/${id}/file`, {
      headers: { "X-CSRF-Token": me.csrf_token },
      multipart: { file: file(`${machine}.md`, text) },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    const status = async () => ((await (await page.request.get(`/api/v1/documents/${id}`)).json()) as { status: string }).status;
    await expect.poll(status).toBe("ready");
  };

  const [, capacity = ""] = manualOf(machine).split("## Capacity");
  await replace(`# ${machine}\n\nA new preface, which moves all that follows.\n\n## Capacity${capacity}`);
  await citation(page, 1).click();
  await expect(page.getByRole("note")).toContainText("The same words stand here now.");
  await expect(page.locator("mark")).toContainText("2.4 litres");

  await replace(`# ${machine}\n\nNothing is said of it any more.\n`);
  await page.goto(chat);
  await citation(page, 1).click();
  await expect(page.getByRole("note")).toContainText("no longer in it");
  await expect(page.getByRole("region", { name: "Text" })).toContainText("Nothing is said of it any more.");
  await expect(page.locator("mark")).toHaveCount(0);
});

test("collections keep documents apart", async ({ signedIn: page }) => {
  const name = unique("Garage");
  await page.goto("/library");
  await page.getByRole("button", { name: "New collection" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  const pill = page.getByRole("group", { name: "Collections" }).getByRole("button", { name: new RegExp(`^${name}`) });
  await expect(pill).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText("Nothing is here yet.")).toBeVisible();
  const title = unique("Jack").replace(" ", "");
  await upload(page, file(`${title}.md`, `# ${title}\n\nIt lifts two tons.`));
  await expect(row(page, title)).toHaveAttribute("data-status", "ready");
  await expect(pill).toContainText("1");
  await page.getByRole("button", { name: `Options for the collection ${name}` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(pill).toHaveCount(0);
  await expect(row(page, title)).toHaveCount(0);
});
