import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";

import { answered, api } from "~/shared/api/client";
import { Toasts } from "~/shared/ui/toasts";
import { playServer, refusal, renderPage } from "~/test_server";

import { useMe, useSessionFollowed, useSignOut } from "./session";

const meOf = (name: string) => ({
  user: { id: `user_${name}`, email: `${name}@example.com`, name },
  workspace: { id: "ws_1", name: "Main" },
  role: "owner",
  csrf_token: `token of ${name}`,
  has_password: true,
  workspaces: [],
});

let here: object;
let signOut: () => object;
beforeEach(() => {
  here = meOf("ada");
  signOut = () => ({});
});

function Page() {
  useSessionFollowed();
  const me = useMe();
  const leave = useSignOut();
  return (
    <>
      <p>{me.data === null ? "Nobody" : (me.data?.user.name ?? "Asking")}</p>
      <button type="button" onClick={() => leave.mutate()}>
        Sign out
      </button>
      <Toasts />
    </>
  );
}

const show = () => {
  const asked = playServer({
    "GET /api/v1/me": () => here,
    "POST /api/v1/auth/sign-out": () => signOut(),
    "POST /api/v1/threads": () => refusal(403, "csrf_token_missing", "This page is of an older session. Reload the page."),
  });
  return { asked, ...renderPage(<Page />) };
};

const elsewhere = () => window.dispatchEvent(new StorageEvent("storage", { key: "steward.signed-in" }));

it("asks who is here when somebody signs in in another tab, and forgets what the other one saw", async () => {
  const { cache } = show();
  expect(await screen.findByText("ada")).toBeVisible();
  cache.setQueryData(["threads", "of ada"], { items: [] });
  here = meOf("eve");
  elsewhere();
  expect(await screen.findByText("eve")).toBeVisible();
  expect(cache.getQueryData(["threads", "of ada"])).toBeUndefined();
});

it("keeps what was seen when the same person signs in again", async () => {
  const { cache, asked } = show();
  expect(await screen.findByText("ada")).toBeVisible();
  cache.setQueryData(["threads", "of ada"], { items: [] });
  elsewhere();
  await waitFor(() => expect(asked.filter(({ path }) => path === "/api/v1/me")).toHaveLength(2));
  expect(cache.getQueryData(["threads", "of ada"])).toEqual({ items: [] });
});

it("asks who is here when its token is of an older session", async () => {
  const { asked } = show();
  expect(await screen.findByText("ada")).toBeVisible();
  await expect(answered(api.POST("/api/v1/threads", { body: { title: "x" } }))).rejects.toThrow("older session");
  await waitFor(() => expect(asked.filter(({ path }) => path === "/api/v1/me")).toHaveLength(2));
});

it("says so when signing out fails, and stays", async () => {
  signOut = () => refusal(503, "unavailable", "The database is away. Try again in a minute.");
  show();
  expect(await screen.findByText("ada")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect((await screen.findAllByText("The database is away. Try again in a minute."))[0]).toBeVisible();
  expect(screen.getByText("ada")).toBeVisible();
  expect(window.localStorage.getItem("steward.signed-in")).not.toBeNull();
});

it("is out when the server says that nobody is signed in any more", async () => {
  signOut = () => refusal(401, "unauthorized", "Sign in.");
  show();
  expect(await screen.findByText("ada")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("Nobody")).toBeVisible();
  expect(window.localStorage.getItem("steward.signed-in")).toBeNull();
});
