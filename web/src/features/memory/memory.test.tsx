import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";

import type { Me, Memory, Profile } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import MemorySection from "./memory_section";
import ProfileSection from "./profile_section";

beforeAll(() => Promise.all([import("~/shared/ui/confirm_dialog"), import("./memory_dialog")]));

const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: true,
  workspaces: [{ id: "ws_1", name: "Main", role }],
});

const memoryOf = (rest: Partial<Memory> = {}): Memory => ({
  id: "mem_1",
  kind: "goals",
  text: "Wants a second crane.",
  importance: 0.7,
  thread_id: "thread_1",
  message_id: null,
  run_id: null,
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  last_recalled_at: null,
  ...rest,
});

const profileOf = (rest: Partial<Profile> = {}): Profile => ({
  user_id: "user_1",
  account_name: "ada",
  display_name: "",
  role: "",
  company: "Harbour",
  language: "",
  time_zone: "",
  preferences: "",
  about: "",
  is_memory_on: true,
  updated_at: null,
  ...rest,
});

describe("memories", () => {
  const show = (memories: Memory[], role: Me["role"] = "member") => {
    let profile = profileOf();
    const asked = playServer({
      "GET /api/v1/memories": { items: memories, next_cursor: null },
      "GET /api/v1/profile": () => profile,
      "PATCH /api/v1/profile": ({ body }: { body: Partial<Profile> }) => (profile = { ...profile, ...body }),
      "POST /api/v1/memories": memoryOf({ id: "mem_2" }),
      "PATCH /api/v1/memories/mem_1": memoryOf({ text: "Wants three cranes." }),
      "DELETE /api/v1/memories/mem_1": new Response(null, { status: 204 }),
      "DELETE /api/v1/memories": { deleted: 3 },
    });
    renderPage(<MemorySection me={meAs(role)} />);
    return asked;
  };

  it("are searched and narrowed by kind", async () => {
    const asked = show([memoryOf()]);
    expect(await screen.findByText("Wants a second crane.")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Where it was said" })).toHaveAttribute("href", "/chat/thread_1");
    await userEvent.click(screen.getByRole("radio", { name: "Goals" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Search memories" }), "crane");
    await expect.poll(() => asked.some(({ query }) => query.get("kind") === "goals" && query.get("q") === "crane")).toBe(true);
  });

  it("are mended, written down and forgotten", async () => {
    const asked = show([memoryOf()]);
    await userEvent.click(await screen.findByRole("button", { name: "Change: Wants a second crane." }));
    const box = await screen.findByLabelText("What to remember");
    await userEvent.clear(box);
    await userEvent.type(box, "Wants three cranes.");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ text: "Wants three cranes.", kind: "goals" });
    await userEvent.click(screen.getByRole("button", { name: "Write down" }));
    await userEvent.type(await screen.findByLabelText("What to remember"), "Speaks German.");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "POST")?.body).toMatchObject({ text: "Speaks German.", kind: "fact" });
    await userEvent.click(screen.getByRole("button", { name: "Delete: Wants a second crane." }));
    await expect.poll(() => asked.some(({ method, path }) => method === "DELETE" && path.endsWith("mem_1"))).toBe(true);
  });

  it("are all deleted after a question", async () => {
    const asked = show([memoryOf()]);
    await userEvent.click(await screen.findByRole("button", { name: "Delete all memories" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await userEvent.click(dialog.getByRole("button", { name: "Delete all" }));
    await expect.poll(() => asked.some(({ method, path }) => method === "DELETE" && path === "/api/v1/memories")).toBe(true);
  });

  it("are switched off", async () => {
    show([]);
    const button = await screen.findByRole("switch", { name: "Memory" });
    expect(button).toBeChecked();
    await userEvent.click(button);
    expect(await screen.findByText("Memory is off")).toBeInTheDocument();
    expect(screen.getByRole("switch", { name: "Memory" })).not.toBeChecked();
    expect(screen.getByRole("heading", { name: "Nothing is remembered yet" })).toBeInTheDocument();
  });

  it("cannot be changed by a viewer", async () => {
    show([memoryOf()], "viewer");
    expect(await screen.findByText("Wants a second crane.")).toBeInTheDocument();
    expect(screen.queryByRole("button")).toBeNull();
  });
});

describe("the profile", () => {
  it("is saved as what changed", async () => {
    const asked = playServer({ "GET /api/v1/profile": profileOf(), "PATCH /api/v1/profile": profileOf({ display_name: "Captain", company: "" }) });
    renderPage(<ProfileSection me={meAs("member")} />);
    await userEvent.type(await screen.findByLabelText("What to call you"), "Captain");
    await userEvent.clear(screen.getByLabelText("Company"));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ display_name: "Captain", company: "" });
    await expect.poll(() => screen.getByRole("button", { name: "Save" })).toBeDisabled();
  });

  it("says what the server refuses", async () => {
    playServer({ "GET /api/v1/profile": profileOf(), "PATCH /api/v1/profile": refusal(422, "invalid", "There is no time zone Mars. Choose another.") });
    renderPage(<ProfileSection me={meAs("member")} />);
    await userEvent.type(await screen.findByLabelText("Time zone"), "Mars");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("There is no time zone Mars.");
  });

  it("is read only for a viewer", async () => {
    playServer({ "GET /api/v1/profile": profileOf() });
    renderPage(<ProfileSection me={meAs("viewer")} />);
    expect(await screen.findByLabelText("Company")).toBeDisabled();
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  });
});
