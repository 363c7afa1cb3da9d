import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Me, Model, ModelSettings, Provider } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import { modelOf, providerOf, settingsOf } from "./models_for_tests";
import ProvidersSection from "./providers_section";

type Stage = { providers?: Provider[]; models?: Model[]; settings?: Partial<ModelSettings>; configured?: boolean; keyAnswer?: () => object };

function show(role: Me["role"], { providers = [], models = [], settings = {}, configured = true, keyAnswer }: Stage = {}) {
  let settled = settingsOf(settings);
  const settle = (changes: Partial<ModelSettings>) => {
    settled = { ...settled, ...changes };
  };
  const asked = playServer({
    "GET /api/v1/providers": () => ({ items: providers }),
    "GET /api/v1/models": () => ({
      items: models.map((one) => ({ ...one, allowed: one.allowed && (settled.allowed_models.length === 0 || settled.allowed_models.includes(one.id)) })),
      configured,
    }),
    "GET /api/v1/model-settings": () => settled,
    "PATCH /api/v1/model-settings": ({ body }) => {
      settle(body);
      return settled;
    },
    "PUT /api/v1/providers/mistral/key": keyAnswer ?? (() => new Response(null, { status: 204 })),
    "DELETE /api/v1/providers/mistral/key": () => new Response(null, { status: 204 }),
  });
  return { asked, settle, ...renderPage(<ProvidersSection me={meAs(role)} />) };
}

describe("providers", () => {
  it("say whose key calls them", async () => {
    show("owner", {
      providers: [
        providerOf({ configured: true, key_from: "workspace", last_four: "tral", key_changed_at: "2026-11-03T10:00:00Z" }),
        providerOf({ name: "openai", title: "OpenAI", configured: true, key_from: "server" }),
        providerOf({ name: "house", title: "House", configured: true, takes_key: false }),
        providerOf({ name: "groq", title: "Groq" }),
      ],
    });
    const used = await screen.findByRole("list", { name: "Providers in use" });
    expect(within(used).getByRole("listitem", { name: "Mistral AI" })).toHaveTextContent("Key of this workspace, …tral, set");
    expect(within(used).getByRole("listitem", { name: "OpenAI" })).toHaveTextContent("Key set by the operator of the server");
    expect(within(used).getByRole("listitem", { name: "House" })).toHaveTextContent("Ready without a key");
    expect(within(within(used).getByRole("listitem", { name: "House" })).queryByRole("button")).toBeNull();
    expect(screen.getByRole("listitem", { name: "Groq", hidden: true })).toHaveTextContent("No key yet");
  });

  it("take a key that no part of the page keeps", async () => {
    const { asked, cache } = show("admin", { providers: [providerOf()] });
    await userEvent.click(await screen.findByRole("button", { name: "Set key: Mistral AI" }));
    const field = await screen.findByLabelText("Provider’s key");
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("autocomplete", "off");
    await userEvent.type(field, "a key");
    expect(screen.getByText(/without spaces/)).toBeInTheDocument();
    await userEvent.clear(field);
    await userEvent.type(field, "sk-of-mistral{Enter}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(asked.find(({ method }) => method === "PUT")?.body).toEqual({ key: "sk-of-mistral" });
    await expect
      .poll(() => JSON.stringify([cache.getQueryCache().getAll(), cache.getMutationCache().getAll()].flat().map(({ state }) => state)))
      .not.toContain("sk-of-mistral");
  });

  it("show what the server says when it takes no key", async () => {
    const sentence = "The server has no STEWARD_SECRET_KEY, so it keeps no provider keys of workspaces.";
    show("owner", { providers: [providerOf()], keyAnswer: () => refusal(503, "secret_key_missing", sentence) });
    await userEvent.click(await screen.findByRole("button", { name: "Set key: Mistral AI" }));
    await userEvent.type(await screen.findByLabelText("Provider’s key"), "sk-of-mistral{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent(sentence);
    expect(screen.getByRole("dialog")).toBeInTheDocument();
  });

  it("give the workspace's key back after a question", async () => {
    const { asked } = show("owner", { providers: [providerOf({ configured: true, key_from: "workspace", last_four: "tral", key_changed_at: "2026-11-03T10:00:00Z" })] });
    await userEvent.click(await screen.findByRole("button", { name: "Remove the key for Mistral AI" }));
    const dialog = await screen.findByRole("dialog", { name: "Remove the key for Mistral AI?" });
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await userEvent.click(within(dialog).getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
  });
});

const models = [modelOf("openai/gpt-4o-mini", { default: true, tiers: ["fast"], input_usd_per_million: "0.15" }), modelOf("openai/gpt-4o")];

describe("models", () => {
  it("say what they cost and read, and the default cannot be switched off", async () => {
    const { asked } = show("owner", { models });
    const box = await screen.findByRole("checkbox", { name: "gpt-4o-mini" });
    expect(box).toBeDisabled();
    expect(box).toHaveAccessibleDescription("$0.15 read, $10.00 written · 128,000 tokens of context");
    await userEvent.click(screen.getByRole("checkbox", { name: "gpt-4o" }));
    expect(screen.getByRole("checkbox", { name: "gpt-4o" })).not.toBeChecked();
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ allowed_models: ["openai/gpt-4o-mini"] }));
    expect(asked.find(({ path }) => path === "/api/v1/models")?.query.get("every")).toBe("true");
  });

  it("are never all off: the last that may answer stays on", async () => {
    show("owner", { models: [modelOf("openai/a"), modelOf("openai/b", { allowed: false })], settings: { allowed_models: ["openai/a"] } });
    expect(await screen.findByRole("checkbox", { name: "a" })).toBeDisabled();
    expect(screen.getByRole("checkbox", { name: "b" })).toBeEnabled();
  });

  it("keep what somebody else has switched meanwhile", async () => {
    const known = [modelOf("openai/a"), modelOf("openai/b"), modelOf("openai/c")];
    const { asked, settle } = show("owner", { models: known });
    const box = await screen.findByRole("checkbox", { name: "a" });
    settle({ allowed_models: ["openai/a", "openai/b"] });
    await userEvent.click(box);
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ allowed_models: ["openai/b"] }));
  });

  it("have one that answers by default", async () => {
    const { asked } = show("owner", { models });
    await userEvent.selectOptions(await screen.findByLabelText("Default model"), "openai/gpt-4o");
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ default_model: "openai/gpt-4o" }));
  });

  it("that are off are not a member's matter", async () => {
    show("member", { models: [models[0] as Model, { ...(models[1] as Model), allowed: false }], providers: [providerOf({ configured: true, key_from: "server" })] });
    expect(await screen.findByText("gpt-4o-mini")).toBeInTheDocument();
    expect(screen.queryByText("gpt-4o")).toBeNull();
    expect(screen.queryByRole("checkbox")).toBeNull();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("without any, the page says how to get some", async () => {
    show("owner", { models: [modelOf("steward/librarian", { default: true })], configured: false, providers: [providerOf()] });
    expect(await screen.findByRole("note")).toHaveTextContent("Set a provider’s key above");
    expect(screen.getByRole("listitem", { name: "Mistral AI" })).toBeVisible();
  });

  it("that cannot be asked for leave a way to try again", async () => {
    playServer({ "GET /api/v1/providers": () => ({ items: [] }), "GET /api/v1/models": () => refusal(500, "internal", "It broke.") });
    renderPage(<ProvidersSection me={meAs("owner")} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("It broke.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});
