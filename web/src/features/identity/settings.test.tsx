import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { ApiKey, Me } from "~/shared/api/types";
import { playServer, renderPage } from "~/test_server";

import AccountSection from "./account_section";
import KeysSection from "./keys_section";

const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: false,
  workspaces: [
    { id: "ws_1", name: "Main", role },
    { id: "ws_2", name: "Side", role: "viewer" },
  ],
});

const keyOf = (rest: Partial<ApiKey> = {}): ApiKey => ({
  id: "key_1",
  name: "Crane",
  hint: "abcd",
  role: "member",
  created_at: "2026-11-02T10:00:00Z",
  revoked_at: null,
  ...rest,
});

describe("API keys", () => {
  let made: ApiKey[];
  beforeEach(() => {
    made = [keyOf({ id: "key_0", name: "Old", revoked_at: "2026-11-03T10:00:00Z" }), keyOf()];
  });
  const show = (role: Me["role"] = "owner") => {
    const asked = playServer({
      "GET /api/v1/keys": () => ({ items: made }),
      "POST /api/v1/keys": { ...keyOf({ id: "key_2", name: "New" }), key: "sk-steward-secret" },
      "DELETE /api/v1/keys/key_1": () => {
        made = [keyOf({ revoked_at: "2026-11-04T10:00:00Z" })];
        return new Response(null, { status: 204 });
      },
    });
    return { asked, ...renderPage(<KeysSection me={meAs(role)} />) };
  };

  it("that work come before those that were revoked", async () => {
    show();
    const rows = within(await screen.findByRole("list", { name: "API keys" })).getAllByRole("listitem");
    expect(rows.map((row) => row.getAttribute("aria-label"))).toEqual(["Crane", "Old"]);
    expect(within(rows[1] as HTMLElement).queryByRole("button")).toBeNull();
  });

  it("show their secret once, and keep it nowhere", async () => {
    const { cache } = show();
    await userEvent.click(await screen.findByRole("button", { name: "New API key" }));
    await userEvent.type(await screen.findByLabelText("Name"), "New{Enter}");
    expect(await screen.findByText("sk-steward-secret")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Done" }));
    expect(screen.queryByText("sk-steward-secret")).toBeNull();
    await expect
      .poll(() => JSON.stringify([cache.getQueryCache().getAll(), cache.getMutationCache().getAll()].flat().map(({ state }) => state)))
      .not.toContain("sk-steward-secret");
  });

  it("are revoked after a question", async () => {
    const { asked } = show();
    await userEvent.click(await screen.findByRole("button", { name: "Revoke Crane" }));
    const dialog = await screen.findByRole("dialog", { name: "Revoke “Crane”?" });
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await userEvent.click(within(dialog).getByRole("button", { name: "Revoke" }));
    expect(await screen.findByText(/^Revoked /)).toBeInTheDocument();
  });

  it("are not asked for by those who may not see them", () => {
    const { asked } = show("viewer");
    expect(screen.getByRole("note")).toHaveTextContent("Ask one of them for a key.");
    expect(asked).toEqual([]);
  });
});

it("the account says who one is, in which workspaces, and what the role allows", () => {
  renderPage(<AccountSection me={meAs("admin")} />);
  expect(screen.getByText("ada@example.com")).toBeInTheDocument();
  expect(screen.getByText(/^May manage keys/)).toBeInTheDocument();
  expect(screen.getByText("Side (viewer)")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Set password" })).toBeInTheDocument();
});
