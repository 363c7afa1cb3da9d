import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, expect, it } from "vitest";

import { playServer, renderPage } from "~/test_server";

import { useAgentChoice } from "./agent_choice";
import { AgentPicker } from "./agent_picker";
import { agentOf, page } from "./agents_for_tests";

// What comes when it is first needed is there already.
beforeAll(() => import("~/shared/ui/menu_popup"));

const steward = agentOf({ id: "asst_default", name: "Steward", built_in: true, created_by: null });

function Chat({ agentId = null, isAtStart = false }: { agentId?: string | null; isAtStart?: boolean }) {
  const choice = useAgentChoice(agentId === null && isAtStart ? null : { agent_id: agentId }, isAtStart);
  return (
    <main>
      <AgentPicker choice={choice} />
      <p>asks {choice.asked ?? "nobody new"}</p>
    </main>
  );
}

beforeEach(() => {
  window.history.replaceState(null, "", "/");
  playServer({
    "GET /api/v1/agents": page([agentOf()]),
    "GET /api/v1/agents/specialists": { items: [steward] },
    "GET /api/v1/agents/asst_draft": agentOf({ id: "asst_draft", name: "A try", status: "draft" }),
  });
});

it("a new conversation talks to the assistant until another agent is chosen", async () => {
  renderPage(<Chat isAtStart />);
  await userEvent.click(await screen.findByRole("button", { name: "Agent: Steward" }));
  await userEvent.click(await screen.findByRole("menuitemradio", { name: "Harbour pilot" }));
  expect(screen.getByText("asks asst_1")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Agent: Harbour pilot" })).toBeInTheDocument();
});

it("a conversation remembers its agent, and can go back to the assistant", async () => {
  renderPage(<Chat agentId="asst_1" />);
  await userEvent.click(await screen.findByRole("button", { name: "Agent: Harbour pilot" }));
  expect(screen.getByText("asks nobody new")).toBeInTheDocument();
  await userEvent.click(await screen.findByRole("menuitemradio", { name: /^Steward/ }));
  expect(screen.getByText("asks asst_default")).toBeInTheDocument();
});

it("the address names an agent, also a draft that nobody else sees", async () => {
  window.history.replaceState(null, "", "/?agent=asst_draft");
  renderPage(<Chat isAtStart />);
  expect(await screen.findByRole("button", { name: "Agent: A try" })).toBeInTheDocument();
  expect(screen.getByText("asks asst_draft")).toBeInTheDocument();
});
