// The people of a workspace: somebody comes in by a link, gets another role, and is sent away.

import { expect, inspect, looks, signIn, test, unique } from "./scene";
import { state } from "./server";

test("somebody new comes in by the link, gets another role, and is out at once when removed", async ({ signedIn: page, browser }) => {
  const name = unique("mate").replace(" ", "-");
  await page.goto("/settings/members");
  await page.getByRole("button", { name: "Add member" }).click();
  await page.getByLabel("E-mail").fill(`${name}@example.com`);
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const shown = page.getByRole("dialog", { name: `${name} is a member now` });
  const link = await shown.locator("code").innerText();
  // A press beside the window does not take it away.
  await page.mouse.click(8, 8);
  await expect(shown).toBeVisible();
  await shown.getByRole("button", { name: "Done", exact: true }).click();
  await expect(page.getByText(link)).toHaveCount(0);
  const row = page.getByRole("listitem", { name });
  await expect(row.getByLabel(`Role of ${name}`)).toHaveValue("viewer");

  const other = await (await browser.newContext({ baseURL: state().url })).newPage();
  await other.goto(link);
  await expect(other.getByText(`You are signed in as ${name}@example.com.`)).toBeVisible();
  await other.goto("/settings/members");
  await expect(other.getByRole("note")).toContainText("Ask one of them");

  await row.getByLabel(`Role of ${name}`).selectOption("member");
  await expect(page.getByText(`${name} has the role member now.`)).toBeVisible();
  await other.reload();
  await expect(other.getByRole("listitem", { name })).toContainText("You");
  await expect(other.getByText("ada@example.com")).toHaveCount(0);
  await expect(other.getByRole("button", { name: "Add member" })).toHaveCount(0);

  await row.getByRole("button", { name: `Remove ${name}` }).click();
  await page.getByRole("dialog", { name: `Remove ${name}?` }).getByRole("button", { name: "Remove" }).click();
  await expect(row).toBeHidden();
  await other.reload();
  await expect(other).toHaveURL(/\/sign-in/);
  await other.context().close();

  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Activity" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "Member removed" }).filter({ hasText: name })).toBeVisible();
});

test("the only owner stays, and says so", async ({ signedIn: page }) => {
  await page.goto("/settings/members");
  const row = page.getByRole("listitem", { name: "ada", exact: true });
  await expect(row).toContainText("a workspace keeps one");
  await expect(row.getByRole("combobox")).toHaveCount(0);
});

for (const { theme, width } of looks) {
  test(`looks, ${width} wide and ${theme} [UI-07] [UI-31]`, async ({ browser }) => {
    const context = await browser.newContext({ baseURL: state().url, colorScheme: theme, viewport: { width, height: 860 } });
    const page = await context.newPage();
    await signIn(page);
    await page.goto("/settings/members");
    await expect(page.getByRole("listitem", { name: "eve", exact: true })).toBeVisible();
    await inspect(page, `members-${width}-${theme}`);
    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByLabel("E-mail").fill(`${unique("hand").replace(" ", "-")}@example.com`);
    await inspect(page, `add-member-${width}-${theme}`);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByRole("dialog").locator("code")).toBeVisible();
    await inspect(page, `member-link-${width}-${theme}`);
    await context.close();
  });
}
