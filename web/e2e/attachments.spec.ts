// Files with a message: picked, dropped and pasted; what the model was given of them, and that they are still there.

import type { Page } from "@playwright/test";

import { answers, ask, box, expect, finished, inspect, looks, questions, send, signIn, test, unique } from "./scene";
import { state } from "./server";


const plan = (name: string) => ({ name, mimeType: "text/markdown", buffer: Buffer.from("# Plan\n\nThe harbour opens in May.\n") });
const attached = (page: Page) => page.locator("form").getByRole("list", { name: "Attached files" });
const pick = (page: Page, ...files: { name: string; mimeType: string; buffer: Buffer }[]) => page.getByLabel("Files to attach").setInputFiles(files);

/** A picture that the browser draws, with some colour to look at. */
async function drawn(page: Page, width = 480, height = 360): Promise<Buffer> {
  const url = await page.evaluate(
    ([w, h]) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [w, h];
      const brush = canvas.getContext("2d");
      if (brush === null) throw new Error("no canvas");
      const sky = brush.createLinearGradient(0, 0, 0, h);
      sky.addColorStop(0, "#27408b");
      sky.addColorStop(1, "#ffb347");
      brush.fillStyle = sky;
      brush.fillRect(0, 0, w, h);
      brush.fillStyle = "#12344d";
      brush.fillRect(0, h * 0.7, w, h * 0.3);
      return canvas.toDataURL("image/png");
    },
    [width, height] as const,
  );
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

type Given = { name: string; type: string; content: string };
const given = (name: string, content: Buffer): Given => ({ name, type: "image/png", content: content.toString("base64") });

/** What a browser tells of files that are dragged over the page, or pasted. */
async function tell(page: Page, event: "dragenter" | "dragleave" | "drop" | "paste", files: Given[]): Promise<void> {
  await expect(box(page)).toBeVisible();
  await page.evaluate(
    ([kind, all]) => {
      const data = new DataTransfer();
      for (const { name, type, content } of all) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      const options = { bubbles: true, cancelable: true };
      const told = kind === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: data }) : new DragEvent(kind, { ...options, dataTransfer: data });
      (document.querySelector("textarea[aria-label=Message]") ?? document.body).dispatchEvent(told);
    },
    [event, files] as const,
  );
}

test("files come by pick, drop and paste, and the model gets them", async ({ signedIn: page }) => {
  await page.goto("/");
  const picture = await drawn(page);
  await pick(page, plan("plan.md"));
  await tell(page, "dragenter", [given("dropped.png", picture)]);
  await expect(page.getByText("Drop the files to attach them")).toBeVisible();
  await tell(page, "drop", [given("dropped.png", picture)]);
  await expect(page.getByText("Drop the files to attach them")).toBeHidden();
  await tell(page, "paste", [given("pasted.png", picture)]);
  await expect(attached(page).getByRole("listitem")).toHaveText([/plan\.md/, /dropped\.png/, /pasted\.png/]);
  await expect(attached(page).locator("[data-state=ready]")).toHaveCount(3);

  await ask(page, "{{parts}}");
  // The document comes as text; pictures are given as pictures.
  const shown = `image/png ${picture.length} bytes`;
  await expect(answers(page)).toContainText(new RegExp(`text \\d+ characters, ${shown}, ${shown}, text 9 characters`));
  await expect(attached(page)).toBeHidden();

  await page.reload();
  const question = questions(page).last();
  await expect(question.getByRole("link", { name: /plan\.md/ })).toBeVisible();
  const seen = question.getByRole("img", { name: "dropped.png" });
  await expect(seen).toBeVisible();
  await expect.poll(() => seen.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(480);

  // It opens large, and Escape leads back to it.
  await question.getByRole("button", { name: "Open dropped.png" }).click();
  await expect(page.getByRole("dialog", { name: "dropped.png" }).getByRole("img")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(question.getByRole("button", { name: "Open dropped.png" })).toBeFocused();

  // Another answer and an edit have them too.
  await answers(page).last().getByRole("button", { name: "Regenerate", exact: true }).click();
  await finished(page);
  await expect(answers(page).last()).toContainText(shown);
  await question.hover();
  await question.getByRole("button", { name: "Edit message" }).click();
  await page.getByLabel("Your message").fill("Once more: {{parts}}");
  await page.getByLabel("Your message").press("Enter");
  await finished(page);
  await expect(answers(page).last()).toContainText(shown);
});

test("a message waits for its files, and a file that failed can be tried again or removed", async ({ signedIn: page }) => {
  await page.goto("/");
  let letGo = () => {};
  const held = new Promise<void>((done) => {
    letGo = done;
  });
  let isBroken = true;
  await page.route("**/api/v1/files", async (route) => {
    if (isBroken) return route.abort();
    await held;
    return route.continue();
  });
  await pick(page, plan("plan.md"));
  await expect(attached(page)).toContainText("The upload broke off");
  await box(page).fill("Read it {{reply:Read.}}");
  await expect(page.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  isBroken = false;
  await page.getByRole("button", { name: "Try plan.md again" }).click();
  await box(page).press("Enter");
  await expect(page.getByText("Sending when the files are there…")).toBeVisible();
  await expect(questions(page)).toHaveCount(0);
  letGo();
  await finished(page);
  await expect(questions(page).last().getByRole("link", { name: /plan\.md/ })).toBeVisible();
  await expect(box(page)).toHaveValue("");

  // By keyboard alone: the file is reached, taken away, and the box has the focus again.
  await pick(page, plan("other.md"));
  await expect(attached(page).locator("[data-state=ready]")).toHaveCount(1);
  await page.getByRole("button", { name: "Remove other.md" }).focus();
  await page.keyboard.press("Enter");
  await expect(attached(page)).toBeHidden();
  await expect(box(page)).toBeFocused();
});

test("what is too much or of no use is said before it is sent", async ({ signedIn: page }) => {
  await page.goto("/");
  await pick(page, { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }, { name: "photo.heic", mimeType: "image/heic", buffer: Buffer.from("x") });
  await expect(attached(page)).toContainText("This file is empty");
  await expect(attached(page)).toContainText("Save it as PNG, JPEG, GIF or WebP");
  await page.getByRole("button", { name: "Remove empty.txt" }).click();
  await page.getByRole("button", { name: "Remove photo.heic" }).click();
  await pick(page, ...Array.from({ length: 11 }, (_, place) => plan(`plan-${place}.md`)));
  await expect(attached(page).getByRole("listitem")).toHaveCount(10);
  await expect(page.getByText(/At most 10 files go with a message; 1 was left out/)).toBeVisible();
  // They wait here like a draft, whatever else is looked at.
  await page.getByRole("link", { name: "Library" }).first().click();
  await expect(page.getByRole("heading", { name: "Library", exact: true })).toBeVisible();
  await page.goBack();
  await expect(attached(page).getByRole("listitem")).toHaveCount(10);
});

test("a colleague who reads a shared conversation sees its pictures", async ({ signedIn: page, browser }) => {
  await page.goto("/");
  await tell(page, "paste", [given("harbour.png", await drawn(page))]);
  await ask(page, `${unique("Pier")} {{reply:A harbour at dusk.}}`);
  await answers(page).last().getByRole("button", { name: "Share conversation" }).click();
  await page.getByRole("dialog", { name: "Share conversation" }).getByRole("button", { name: "Create link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  await page.getByRole("button", { name: "Done", exact: true }).click();
  const eve = await (await browser.newContext({ baseURL: state().url })).newPage();
  await signIn(eve, "eve@example.com");
  await eve.goto(link);
  const seen = eve.getByRole("img", { name: "harbour.png" });
  await expect.poll(() => seen.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(480);
  const own = await page.getByRole("img", { name: "harbour.png" }).getAttribute("src");
  expect((await eve.request.get(own ?? "")).status()).toBe(404);
});

test("a model that does not look at pictures refuses before anything is spent", async ({ signedIn: page }) => {
  await page.goto("/");
  await tell(page, "paste", [given("a.png", await drawn(page))]);
  await page.route("**/api/v1/chat", async (route) => {
    const body = route.request().postDataJSON() as object;
    await route.continue({ postData: JSON.stringify({ ...body, model: "openai/gpt-4" }) });
  });
  await send(page, "{{parts}}");
  await expect(page.getByRole("alert")).toContainText("openai/gpt-4 does not look at pictures");
  await page.unroute("**/api/v1/chat");
  await page.getByRole("button", { name: "Try again" }).click();
  await finished(page);
  await expect(answers(page).last()).toContainText("image/png");
});

for (const { theme, width, viewport } of looks)
  test.describe(`${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("how attachments look [UI-31] [UI-32]", async ({ signedIn: page }) => {
      const seen = (name: string) => inspect(page, `${name}-${width}-${theme}`);
      await page.goto("/");
      const picture = await drawn(page);
      await tell(page, "paste", [given("a harbour at dusk with a rather long name.png", picture), given("b.png", picture)]);
      await pick(page, plan("plan.md"), { name: "photo.heic", mimeType: "image/heic", buffer: Buffer.from("x") });
      await expect(attached(page).locator("[data-state=ready]")).toHaveCount(3);
      await seen("tray");
      await tell(page, "dragenter", [given("c.png", picture)]);
      await seen("drop");
      await tell(page, "dragleave", [given("c.png", picture)]);
      await page.getByRole("button", { name: "Remove photo.heic" }).click();
      await ask(page, "What do you see here? {{reply:Two pictures of a harbour at dusk, and a plan.}}");
      await expect(questions(page).getByRole("img")).toHaveCount(2);
      await seen("message");
      await page.getByRole("button", { name: /Open a harbour/ }).click();
      await expect(page.getByRole("dialog").getByRole("img")).toBeVisible();
      await seen("large");
    });
  });
