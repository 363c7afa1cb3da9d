import { ask, expect, send, test, unique } from "./scene";

const soon = { timeout: 2_000 };

test("two tabs show the same conversations, without a reload and without the focus", async ({ signedIn: page, context }) => {
  await page.goto("/");
  const other = await context.newPage();
  const line = other.waitForEvent("websocket");
  await other.goto("/");
  // It hears everything from the first news on.
  await (await line).waitForEvent("framereceived");
  await page.bringToFront();

  const list = page.getByRole("navigation", { name: "Conversations" });
  const there = other.getByRole("navigation", { name: "Conversations" });
  const options = async (title: string, item: string) => {
    await list.getByRole("link", { name: title }).hover();
    await list.getByRole("button", { name: `Options for ${title}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  const word = unique("Curlew");
  await ask(page, `${word} plans`);
  await expect(there.getByRole("link", { name: new RegExp(word) })).toBeVisible(soon);

  await other.goto(page.url());
  await expect(other.getByRole("heading", { level: 1 })).toContainText(word);
  await page.bringToFront();
  const renamed = unique("Whimbrel");
  await options(`${word} plans`, "Rename");
  await page.getByLabel("Title").fill(renamed);
  await page.getByLabel("Title").press("Enter");
  await expect(list.getByRole("link", { name: renamed })).toBeVisible();
  await expect(there.getByRole("link", { name: renamed })).toBeVisible(soon);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(renamed, soon);

  await options(renamed, "Pin");
  await expect(there.getByRole("region", { name: "Pinned" })).toContainText(renamed, soon);

  await options(renamed, "Archive");
  await expect(list.getByRole("link", { name: renamed })).toBeHidden();
  await expect(there.getByRole("link", { name: renamed })).toBeHidden(soon);
});

test("a list comes into step again after the line was away", async ({ signedIn: page, context }) => {
  await page.goto("/");
  const other = await context.newPage();
  await other.routeWebSocket("**/api/v1/ws", async (socket) => {
    // The first line breaks at once, the second goes through.
    if (isBroken) await socket.close({ code: 1013 });
    else socket.connectToServer();
  });
  let isBroken = true;
  await other.goto("/");
  await page.bringToFront();
  const word = unique("Dunlin");
  await send(page, `${word} plans {{words:20}}`);
  await expect(page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(word) })).toBeVisible();
  isBroken = false;
  await expect(other.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(word) })).toBeVisible();
});
