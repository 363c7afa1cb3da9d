import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Budget } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import BudgetsSection from "./budgets_section";
import { budgetOf } from "./played_usage";

const others = { "GET /api/v1/agents": { items: [{ id: "agent_1", name: "Pilot" }], next_cursor: null }, "GET /api/v1/keys": { items: [] } };

function show(items: Budget[], role: "owner" | "member" = "owner", more: Record<string, object> = {}) {
  const asked = playServer({ "GET /api/v1/budgets": { items }, ...others, ...more });
  renderPage(<BudgetsSection me={meAs(role)} />);
  return asked;
}

describe("budgets", () => {
  it("show how they stand", async () => {
    show([budgetOf({ held_usd: "0.5" })]);
    const card = await screen.findByRole("listitem", { name: "The whole workspace" });
    expect(card).toHaveTextContent("$2.50of $10.0025 % used");
    expect(card).toHaveTextContent("$0.50 kept for answers under way");
    expect(within(card).getByRole("progressbar", { name: "Money of The whole workspace" })).toHaveAttribute("aria-valuenow", "25");
  });

  it("that are used up say so, for each one that they count", async () => {
    const subjects = [{ subject_id: "user_1", spent_usd: "10", held_usd: "0", spent_tokens: 5, held_tokens: 0, alerts: [] }];
    subjects.push({ ...subjects[0]!, subject_id: "user_2", spent_usd: "1" });
    const budget = budgetOf({ scope: "user", spent_usd: null, held_usd: null, spent_tokens: null, held_tokens: null, subjects });
    show([budget], "owner", { "GET /api/v1/members": { items: [{ user_id: "user_2", name: "eve" }], next_cursor: null } });
    const card = await screen.findByRole("listitem", { name: "Each person" });
    expect(await within(card).findByText("eve")).toBeInTheDocument();
    expect(within(card).getByText("You")).toBeInTheDocument();
    expect(within(card).getByText("Used up")).toBeInTheDocument();
  });

  it("are made with exact limits", async () => {
    const asked = show([], "owner", { "POST /api/v1/budgets": budgetOf() });
    expect(await screen.findByRole("heading", { name: "No budget yet" })).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "New budget" }));
    await userEvent.selectOptions(await screen.findByLabelText("Limits"), await screen.findByRole("option", { name: "Agent: Pilot" }));
    await userEvent.selectOptions(screen.getByLabelText("For"), "day");
    await userEvent.type(screen.getByLabelText("Most money, in US dollars"), "0.000000001");
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    await expect.poll(() => asked.find(({ method }) => method === "POST")?.body).toMatchObject({
      scope: "agent",
      subject_id: "agent_1",
      period: "day",
      limit_usd: "0.000000001",
      limit_tokens: null,
      alert_percents: [80, 100],
    });
  });

  it("have no buttons for members", async () => {
    show([budgetOf()], "member");
    await screen.findByRole("listitem", { name: "The whole workspace" });
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("say what went wrong", async () => {
    playServer({ ...others, "GET /api/v1/budgets": refusal(503, "unavailable", "The database is away. Try again in a moment.") });
    renderPage(<BudgetsSection me={meAs("owner")} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("The database is away.");
  });
});
