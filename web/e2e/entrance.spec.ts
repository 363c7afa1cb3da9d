import { expect, test } from "./scene";
import { ada, linkFor } from "./server";

test("a stranger is asked to sign in, and comes to the page he wanted", async ({ page }) => {
  await page.goto("/chat/somewhere?from=a-letter");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText(/do not fit/);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByLabel("Password").press("Enter");
  await expect(page).toHaveURL(/\/chat\/somewhere\?from=a-letter$/);
});

test("sign in leads to a new conversation, sign out leads back", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
  await page.getByRole("button", { name: /Harbour$/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in$/);
});

test("a one-time link signs in once and lets the person go on at once", async ({ page }) => {
  const link = linkFor("eve@example.com");
  await page.goto(link);
  await expect(page.getByText("You are signed in as eve@example.com.")).toBeVisible();
  await expect(page).toHaveURL(/\/welcome$/);
  await page.getByRole("button", { name: "Continue to Steward" }).click();
  await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();

  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.goto(link);
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByRole("button", { name: "Sign in with a password" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
});
