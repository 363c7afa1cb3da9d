import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";

import type { Me, Member } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import MembersSection from "./members_section";

beforeAll(() => Promise.all([import("~/shared/ui/confirm_dialog"), import("./member_dialog")]));

const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: true,
  workspaces: [{ id: "ws_1", name: "Main", role }],
});

const memberOf = (rest: Partial<Member>): Member => ({
  user_id: "user_2",
  name: "eve",
  email: "eve@example.com",
  role: "member",
  joined_at: "2026-11-02T10:00:00Z",
  ...rest,
});

describe("the members", () => {
  const show = (role: Me["role"] = "owner", answers: Record<string, object> = {}) => {
    const asked = playServer({
      "GET /api/v1/members": { items: [memberOf({ user_id: "user_1", name: "ada", role }), memberOf({})], next_cursor: null },
      "POST /api/v1/members": { ...memberOf({ user_id: "user_3", name: "new" }), link: "/welcome#token=secret-of-the-link" },
      "PATCH /api/v1/members/user_2": memberOf({ role: "admin" }),
      "DELETE /api/v1/members/user_2": new Response(null, { status: 204 }),
      ...answers,
    });
    return { asked, ...renderPage(<MembersSection me={meAs(role)} />) };
  };

  it("come in by a link that is shown once and kept nowhere", async () => {
    const { asked, cache } = show();
    await userEvent.click(await screen.findByRole("button", { name: "Add member" }));
    await userEvent.type(await screen.findByLabelText("E-mail"), "new@example.com");
    await userEvent.selectOptions(screen.getByLabelText("Role"), "Viewer");
    await userEvent.click(screen.getByRole("button", { name: "Add" }));
    expect(await screen.findByText(/secret-of-the-link$/)).toHaveTextContent(`${window.location.origin}/welcome#token=secret-of-the-link`);
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ email: "new@example.com", role: "viewer" });
    await userEvent.click(screen.getByRole("button", { name: "Done" }));
    await expect
      .poll(() => JSON.stringify([cache.getQueryCache().getAll(), cache.getMutationCache().getAll()].flat().map(({ state }) => state)))
      .not.toContain("secret-of-the-link");
  });

  it("who came back get no link, and are told how they sign in", async () => {
    show("owner", { "POST /api/v1/members": { ...memberOf({}), link: null } });
    await userEvent.click(await screen.findByRole("button", { name: "Add member" }));
    await userEvent.type(await screen.findByLabelText("E-mail"), "eve@example.com{Enter}");
    expect(await screen.findByText(/They have been here before/)).toBeInTheDocument();
  });

  it("get another role at once, and are removed after a question", async () => {
    const { asked } = show();
    const row = within(await screen.findByRole("listitem", { name: "eve" }));
    await userEvent.selectOptions(row.getByLabelText("Role of eve"), "Admin");
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ role: "admin" });
    await userEvent.click(row.getByRole("button", { name: "Remove eve" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Remove eve?" }));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
    await expect.poll(() => asked.some(({ method }) => method === "DELETE")).toBe(true);
  });

  it("the last owner cannot be changed", async () => {
    show();
    const row = within(await screen.findByRole("listitem", { name: "ada" }));
    expect(row.getByText(/a workspace keeps one/)).toBeInTheDocument();
    expect(row.queryByRole("combobox")).toBeNull();
  });

  it("nobody gives a role above their own", async () => {
    show("admin", { "GET /api/v1/members": { items: [memberOf({}), memberOf({ user_id: "user_9", name: "owner", role: "owner" })], next_cursor: null } });
    const row = within(await screen.findByRole("listitem", { name: "eve" }));
    expect(row.getAllByRole("option").map((option) => option.textContent)).toEqual(["Viewer", "Member", "Admin"]);
    expect(within(screen.getByRole("listitem", { name: "owner" })).queryByRole("combobox")).toBeNull();
  });

  it("are read by members, and not asked for by viewers", async () => {
    show("member");
    expect(await screen.findByRole("listitem", { name: "eve" })).toBeInTheDocument();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("are not asked for by viewers", () => {
    const { asked } = show("viewer");
    expect(screen.getByRole("note")).toHaveTextContent("Ask one of them.");
    expect(asked).toEqual([]);
  });

  it("what the server refuses is said in the window", async () => {
    show("owner", { "POST /api/v1/members": refusal(409, "email_taken", "This address belongs to somebody who cannot be added. Use another address.") });
    await userEvent.click(await screen.findByRole("button", { name: "Add member" }));
    await userEvent.type(await screen.findByLabelText("E-mail"), "eve@example.com{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("Use another address.");
  });
});
