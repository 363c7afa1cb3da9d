import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import { rowsOf } from "./over_time";
import { lineOf, reportOf } from "./played_usage";
import { ceiling } from "./plot";
import { asCsv } from "./table_file";
import UsageSection from "./usage_section";

beforeEach(() => window.history.replaceState(null, "", "/settings/usage"));

const used = reportOf(
  [
    lineOf({ day: "2026-11-02", calls: 2, total_tokens: 30, cost_usd: "0.1" }),
    lineOf({ day: "2026-11-04", calls: 1, total_tokens: 12, cost_usd: "0.2" }),
  ],
  { calls: 3, input_tokens: 40, output_tokens: 2, total_tokens: 42, cost_usd: "0.300000001", unpriced_calls: 1 },
);
const models = reportOf([lineOf({ model: "big", cost_usd: "0.25", calls: 1 }), lineOf({ model: "small", cost_usd: "0.05", calls: 2 })]);
const people = reportOf([lineOf({ user_id: "user_1", calls: 2 }), lineOf({ user_id: "user_2", calls: 1 })]);

const play = () =>
  playServer({
    "GET /api/v1/usage": ({ query }: { query: URLSearchParams }) =>
      ({ day: used, model: models, user: people })[query.get("by") ?? ""] ?? reportOf([]),
    "GET /api/v1/agents": { items: [], next_cursor: null },
    "GET /api/v1/keys": { items: [] },
  });

describe("the usage page", () => {
  it("shows exact sums, doubts, and the models that cost most", async () => {
    play();
    renderPage(<UsageSection me={meAs("owner")} />);
    expect(await screen.findByText("$0.300000001")).toBeInTheDocument();
    expect(screen.getByText("1 call of models without a known price: the true cost is higher.")).toBeInTheDocument();
    const rows = within(await screen.findByRole("table", { name: "By model" })).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual(["NameCallsTokensCost", "big10$0.25", "small20$0.05"]);
  });

  it("names oneself, and keeps the id of those whose name it may not see", async () => {
    play();
    renderPage(<UsageSection me={meAs("owner")} />);
    await userEvent.click(await screen.findByRole("radio", { name: "Person" }));
    const table = await screen.findByRole("table", { name: "By person" });
    expect(within(table).getByRole("rowheader", { name: "You" })).toBeInTheDocument();
    expect(within(table).getByRole("rowheader", { name: "user_2" })).toBeInTheDocument();
  });

  it("offers a member no look at others", async () => {
    const asked = play();
    renderPage(<UsageSection me={meAs("member")} />);
    expect(await screen.findByText(/^Your own use of models/)).toBeInTheDocument();
    await screen.findByRole("table", { name: "By model" });
    expect(screen.queryByRole("radio", { name: "Person" })).toBeNull();
    expect(asked.some(({ path }) => path === "/api/v1/keys")).toBe(false);
  });

  it("says so when nothing was used, and what went wrong otherwise", async () => {
    playServer({ "GET /api/v1/usage": reportOf([]) });
    const { unmount } = renderPage(<UsageSection me={meAs("owner")} />);
    expect(await screen.findByRole("heading", { name: "Nothing was used in this time" })).toBeInTheDocument();
    unmount();
    playServer({ "GET /api/v1/usage": refusal(503, "unavailable", "The database is away. Try again in a moment.") });
    renderPage(<UsageSection me={meAs("owner")} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("The database is away.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});

describe("what a plot is made of", () => {
  it("has every day, and the sum from the first on", () => {
    const rows = rowsOf(used, { from: "2026-11-01", to: "2026-11-06", step: "day" });
    expect(rows.map(({ cost, sum }) => [cost, sum])).toEqual([["0", "0"], ["0.1", "0.1"], ["0", "0.1"], ["0.2", "0.3"], ["0", "0.3"]]);
  });

  it("ends at a round number", () => {
    expect([0, 0.00031, 0.9, 1, 23, 1001].map(ceiling)).toEqual([1, 0.0005, 1, 1, 25, 2000]);
  });
});

it("a file for spreadsheets holds exact figures and no formulas", () => {
  const line = { model: '=cmd("x"),1', calls: 2, cost_usd: "0.000000001" };
  expect(asCsv(reportOf([line as never]))).toBe(`model,calls,cost_usd\n"'=cmd(""x""),1",2,0.000000001\n`);
});
