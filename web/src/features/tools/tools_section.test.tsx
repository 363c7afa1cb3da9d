import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { McpServer, McpTool, Me, ToolRule } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import { mcpToolOf, ruleOf, serverOf, toolOf } from "./played_tools";
import ToolsSection from "./tools_section";

function show(role: Me["role"], { rules = [], servers = [], more = {} }: { rules?: ToolRule[]; servers?: McpServer[]; more?: Parameters<typeof playServer>[0] } = {}) {
  const asked = playServer({
    "GET /api/v1/tools": () => ({ items: [toolOf("searchKnowledge"), toolOf("uploadDocument", { approval: "always", changes: true })] }),
    "GET /api/v1/tool-rules": () => ({ items: rules }),
    "GET /api/v1/mcp-servers": () => ({ items: servers }),
    ...more,
  });
  // A menu is drawn into the page's main part.
  const page = (
    <main>
      <ToolsSection me={meAs(role)} />
    </main>
  );
  return { asked, ...renderPage(page) };
}

describe("rules", () => {
  it("say what they are about, what happens, who must agree and until when", async () => {
    const conditions: ToolRule["conditions"] = [{ argument: "amount", operator: "gt", value: 1000 }];
    show("owner", { rules: [ruleOf({ conditions, approvers: 2, least_role: "admin", expires_seconds: 7200, reason: "Large sums." }), ruleOf({ id: "rule_2", position: 2, tool: "delete*", decision: "deny" })] });
    const rows = within(await screen.findByRole("list", { name: "Rules" })).getAllByRole("listitem", { name: /^Rule/ });
    expect(rows.map((row) => row.getAttribute("aria-label"))).toEqual(["Rule 1: crm__*", "Rule 2: delete*"]);
    expect(rows[0]).toHaveTextContent("Ask first");
    expect(rows[0]).toHaveTextContent("amountis more than1000");
    expect(rows[0]).toHaveTextContent("Two admins or owners must agree · 2 hours to answer");
    expect(rows[0]).toHaveTextContent("Large sums.");
    expect(rows[1]).toHaveTextContent("Refuse");
    expect(within(rows[0] as HTMLElement).getByRole("button", { name: "Move rule 1 up" })).toBeDisabled();
  });

  it("are written with conditions", async () => {
    const { asked } = show("admin", { more: { "POST /api/v1/tool-rules": ruleOf() } });
    await userEvent.click(await screen.findByRole("button", { name: "New rule" }));
    const dialog = await screen.findByRole("dialog", { name: "New rule" });
    await userEvent.type(within(dialog).getByLabelText("Tool"), "upload document");
    expect(within(dialog).getByText(/has no spaces/)).toBeInTheDocument();
    await userEvent.clear(within(dialog).getByLabelText("Tool"));
    await userEvent.type(within(dialog).getByLabelText("Tool"), "uploadDocument");
    await userEvent.click(within(dialog).getByRole("button", { name: "Add a condition" }));
    expect(within(dialog).getByRole("button", { name: "Create" })).toBeDisabled();
    await userEvent.type(within(dialog).getByLabelText("Argument"), "pages");
    await userEvent.selectOptions(within(dialog).getByLabelText("Comparison"), "is more than");
    await userEvent.type(within(dialog).getByLabelText("Value"), "10");
    await userEvent.selectOptions(within(dialog).getByLabelText("Who must agree"), "Two owners must agree");
    await userEvent.type(within(dialog).getByLabelText("Hours to answer"), "1,5");
    await userEvent.click(within(dialog).getByRole("button", { name: "Create" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({
      tool: "uploadDocument",
      decision: "ask",
      conditions: [{ argument: "pages", operator: "gt", value: 10 }],
      approvers: 2,
      least_role: "owner",
      expires_seconds: 5400,
      reason: "",
    });
  });

  it("show what the server says about a pattern that it cannot use", async () => {
    const conditions: ToolRule["conditions"] = [{ argument: "to", operator: "matches", value: "(?=x)" }];
    show("owner", { rules: [ruleOf({ conditions })], more: { "PATCH /api/v1/tool-rules/rule_1": () => refusal(422, "invalid", "The pattern '(?=x)' cannot be used.") } });
    await userEvent.click(await screen.findByRole("button", { name: "Options for rule 1" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Change" }));
    const dialog = await screen.findByRole("dialog", { name: "Change rule" });
    expect(within(dialog).getByLabelText("Value")).toHaveValue("(?=x)");
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await within(dialog).findByRole("alert")).toHaveTextContent("cannot be used");
  });

  it("are saved unchanged as they were", async () => {
    const conditions: ToolRule["conditions"] = [
      { argument: "to", operator: "in", value: ["a,b", "c"] },
      { argument: "name", operator: "eq", value: " x" },
    ];
    const { asked } = show("owner", { rules: [ruleOf({ conditions })], more: { "PATCH /api/v1/tool-rules/rule_1": ruleOf() } });
    await userEvent.click(await screen.findByRole("button", { name: "Options for rule 1" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Change" }));
    await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body.conditions).toEqual(conditions));
  });

  it("say that a number is too long, and are not saved with another one", async () => {
    show("owner");
    await userEvent.click(await screen.findByRole("button", { name: "New rule" }));
    const dialog = within(await screen.findByRole("dialog"));
    await userEvent.type(dialog.getByLabelText("Tool"), "x");
    await userEvent.click(dialog.getByRole("button", { name: "Add a condition" }));
    await userEvent.type(dialog.getByLabelText("Argument"), "id");
    await userEvent.type(dialog.getByLabelText("Value"), "123456789012345678");
    expect(dialog.getByLabelText("Value")).toHaveAccessibleDescription(/So long a number/);
    expect(dialog.getByLabelText("Value")).toBeInvalid();
    expect(dialog.getByRole("button", { name: "Create" })).toBeDisabled();
    await userEvent.type(dialog.getByLabelText("Value"), '"{Home}"');
    expect(dialog.getByLabelText("Value")).toBeValid();
    expect(dialog.getByRole("button", { name: "Create" })).toBeEnabled();
  });

  it("move, and are deleted after a question", async () => {
    const answers = { "PATCH /api/v1/tool-rules/rule_1": ruleOf(), "DELETE /api/v1/tool-rules/rule_2": () => new Response(null, { status: 204 }) };
    const { asked } = show("owner", { rules: [ruleOf(), ruleOf({ id: "rule_2", position: 2, tool: "x" })], more: answers });
    await userEvent.click(await screen.findByRole("button", { name: "Move rule 1 down" }));
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ position: 2 }));
    await userEvent.click(screen.getByRole("button", { name: "Options for rule 2" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Delete" }));
    await userEvent.click(within(await screen.findByRole("dialog", { name: "Delete the rule for x?" })).getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
  });

  it("are tried on a call that nobody makes", async () => {
    const judged = { decision: "ask", reason: "Large sums.", approvers: 2, least_role: "admin", expires_seconds: null, rule_id: "rule_1" };
    const { asked } = show("owner", { rules: [ruleOf()], more: { "POST /api/v1/tool-rules/test": judged } });
    await userEvent.click(await screen.findByText("What would happen with a call?"));
    const typed = await screen.findByLabelText("Arguments of the call");
    expect(typed).toHaveValue('{\n  "query": ""\n}');
    await userEvent.clear(typed);
    await userEvent.type(typed, "nothing");
    expect(screen.getByRole("button", { name: "Try it" })).toBeDisabled();
    await userEvent.clear(typed);
    await userEvent.type(typed, '{{"query": "x"}');
    await userEvent.click(screen.getByRole("button", { name: "Try it" }));
    const outcome = await screen.findByRole("status");
    expect(outcome).toHaveTextContent("A person would be asked first.");
    expect(outcome).toHaveTextContent("Two admins or owners must agree");
    expect(outcome).toHaveTextContent("Rule 1 decides.");
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ tool: "searchKnowledge", arguments: { query: "x" } });
  });

  it("are read by a viewer, who sees no button and asks for no server", async () => {
    const { asked } = show("viewer", { rules: [ruleOf()] });
    expect(await screen.findByRole("listitem", { name: "Rule 1: crm__*" })).toBeInTheDocument();
    expect(screen.queryByRole("button")).toBeNull();
    expect(asked.some(({ path }) => path === "/api/v1/mcp-servers")).toBe(false);
  });
});

describe("MCP servers", () => {
  it("are connected, and checked at once", async () => {
    const { asked, cache } = show("owner", {
      more: {
        "POST /api/v1/mcp-servers": serverOf(),
        "POST /api/v1/mcp-servers/mcp_1/check": { ok: true, error: null, left_out: 0, asked_again: [], server: serverOf() },
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "New MCP server" }));
    const dialog = await screen.findByRole("dialog", { name: "New MCP server" });
    await userEvent.type(within(dialog).getByLabelText("Name"), "Tickets");
    expect(within(dialog).getByText(/Use small letters/)).toBeInTheDocument();
    await userEvent.clear(within(dialog).getByLabelText("Name"));
    await userEvent.type(within(dialog).getByLabelText("Name"), "tickets");
    await userEvent.type(within(dialog).getByLabelText("Address"), "https://mcp.example.com/mcp");
    await userEvent.type(within(dialog).getByLabelText("Its value"), "Bearer a-secret");
    await userEvent.click(within(dialog).getByRole("button", { name: "Connect" }));
    await waitFor(() => expect(asked.some(({ path }) => path.endsWith("/check"))).toBe(true));
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({
      name: "tickets",
      transport: "http",
      url: "https://mcp.example.com/mcp",
      headers: { Authorization: "Bearer a-secret" },
    });
    await expect.poll(() => JSON.stringify(cache.getMutationCache().getAll().map(({ state }) => state))).not.toContain("a-secret");
  });

  it("take several headers, and all of them anew", async () => {
    const server = serverOf({ secret_names: ["Authorization", "X-Team"] });
    const { asked } = show("owner", { servers: [server], more: { "PATCH /api/v1/mcp-servers/mcp_1": server, "POST /api/v1/mcp-servers/mcp_1/check": { ok: true, error: null, left_out: 0, asked_again: [], server } } });
    await userEvent.click(await screen.findByRole("button", { name: "Options for tickets" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Change" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Change tickets" }));
    const values = () => dialog.getAllByLabelText("Its value");
    expect(dialog.getAllByLabelText("Header").map((box) => (box as HTMLInputElement).value)).toEqual(["Authorization", "X-Team"]);
    expect(dialog.getByRole("button", { name: "Save" })).toBeEnabled();
    await userEvent.type(values()[0] as HTMLElement, "Bearer new");
    expect(dialog.getByText(/Write it anew too/)).toBeInTheDocument();
    expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
    await userEvent.type(values()[1] as HTMLElement, "red");
    await userEvent.click(dialog.getByRole("button", { name: "Add a header" }));
    await userEvent.type(dialog.getAllByLabelText("Header")[2] as HTMLElement, "X-Old");
    await userEvent.click(dialog.getByRole("button", { name: "Take the header X-Old away" }));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "PATCH")?.body).toMatchObject({ headers: { Authorization: "Bearer new", "X-Team": "red" } }),
    );
  });

  it("show why their check failed", async () => {
    show("owner", { servers: [serverOf({ last_error: "The MCP server 'tickets' cannot be reached." })] });
    expect(await screen.findByRole("alert")).toHaveTextContent("cannot be reached");
    expect(screen.getByRole("listitem", { name: "tickets" })).toHaveTextContent("Not checked yet");
  });

  it("say which tools are offered, and which ask first", async () => {
    const tools = [mcpToolOf("search", { approval: "never", is_read_only: true }), mcpToolOf("reply")];
    const { asked } = show("admin", { servers: [serverOf({ tools, fetched_at: "2026-11-03T10:00:00Z" })], more: { "PATCH /api/v1/mcp-servers/mcp_1": serverOf() } });
    expect(await screen.findByText(/^2 tools/)).toBeInTheDocument();
    await userEvent.click(screen.getByText("Tools of tickets"));
    const reply = screen.getByRole("group", { name: "tickets__reply" });
    await userEvent.click(within(reply).getByRole("checkbox", { name: "Asks a person first" }));
    await waitFor(() => expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ approvals: { search: "never", reply: "never" } }));
    await userEvent.click(within(reply).getByRole("checkbox", { name: "Offered to models" }));
    await waitFor(() => expect(asked.findLast(({ method }) => method === "PATCH")?.body).toEqual({ allowed_tools: ["search"] }));
  });

  it("take several presses in a row, each upon what the last left", async () => {
    let server = serverOf({ tools: [mcpToolOf("search"), mcpToolOf("reply"), mcpToolOf("close")], fetched_at: "2026-11-03T10:00:00Z" });
    const { asked } = show("admin", {
      more: {
        "GET /api/v1/mcp-servers": () => ({ items: [server] }),
        "PATCH /api/v1/mcp-servers/mcp_1": ({ body: { allowed_tools: names, approvals } }) => {
          const asks = (name: string, before: McpTool["approval"]) => (approvals ? ((approvals as Record<string, "never">)[name] ?? "always") : before);
          const offers = (name: string, before: boolean) => (Array.isArray(names) ? names.includes(name) : before);
          const tools = server.tools.map((one) => ({ ...one, approval: asks(one.remote_name, one.approval), is_offered: offers(one.remote_name, one.is_offered) }));
          server = { ...server, tools };
          return server;
        },
      },
    });
    await userEvent.click(await screen.findByText("Tools of tickets"));
    const box = (tool: string, name: string) => within(screen.getByRole("group", { name: tool })).getByRole("checkbox", { name });
    fireEvent.click(box("tickets__search", "Asks a person first"));
    fireEvent.click(box("tickets__reply", "Asks a person first"));
    fireEvent.click(box("tickets__search", "Offered to models"));
    fireEvent.click(box("tickets__reply", "Offered to models"));
    await waitFor(() => expect(asked.filter(({ method }) => method === "PATCH")).toHaveLength(4));
    expect(server.tools.map(({ approval, is_offered }) => [approval, is_offered])).toEqual([["never", false], ["never", false], ["always", true]]);
    await waitFor(() => expect(box("tickets__reply", "Offered to models")).not.toBeChecked());
    expect(box("tickets__search", "Asks a person first")).not.toBeChecked();
  });

  it("are removed after a question", async () => {
    const { asked } = show("owner", { servers: [serverOf()], more: { "DELETE /api/v1/mcp-servers/mcp_1": () => new Response(null, { status: 204 }) } });
    await userEvent.click(await screen.findByRole("button", { name: "Options for tickets" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Remove" }));
    await userEvent.click(within(await screen.findByRole("dialog", { name: "Remove tickets?" })).getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
  });
});
