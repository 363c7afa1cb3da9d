import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Me, Task, Ticket } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import TasksPage from "./tasks_page";

beforeAll(() => Promise.all([import("./item_dialog"), import("./known_item_dialog")]));

const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: true,
  workspaces: [{ id: "ws_1", name: "Main", role }],
});

const taskOf = (rest: Partial<Task> = {}): Task => ({
  id: "task_1",
  title: "Order rope",
  details: "Forty metres.",
  status: "open",
  priority: "high",
  assignee_id: "user_2",
  due_on: "2026-11-30",
  thread_id: "thread_1",
  url: "/tasks/task_1",
  created_by: "user_1",
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  ...rest,
});

const ticketOf = (rest: Partial<Ticket> = {}): Ticket => ({
  id: "ticket_1",
  number: 7,
  subject: "The gate is stuck",
  description: "",
  status: "open",
  priority: "normal",
  requester: "a customer",
  thread_id: null,
  url: "/tickets/ticket_1",
  created_by: "user_1",
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  ...rest,
});

const people = { items: [{ user_id: "user_1", name: "ada" }, { user_id: "user_2", name: "eve" }], next_cursor: null };

describe("tasks", () => {
  let task: Task;
  beforeEach(() => {
    task = taskOf();
  });
  const show = (role: Me["role"] = "member", id: string | null = null) => {
    const asked = playServer({
      "GET /api/v1/tasks": () => ({ items: [task], next_cursor: null }),
      "GET /api/v1/tasks/task_1": () => task,
      "PATCH /api/v1/tasks/task_1": ({ body }: { body: Partial<Task> }) => (task = { ...task, ...body }),
      "POST /api/v1/tasks": taskOf({ id: "task_2" }),
      "DELETE /api/v1/tasks/task_1": new Response(null, { status: 204 }),
      "GET /api/v1/members": people,
    });
    renderPage(<TasksPage me={meAs(role)} kind="task" id={id} beside={null} />);
    return asked;
  };

  it("say for whom they are and by when, and change their state at once", async () => {
    const asked = show();
    const row = within(await screen.findByRole("listitem", { name: "Order rope" }));
    expect(await row.findByText(/for eve/)).toHaveTextContent(/by .*30.*2026/);
    expect(asked.find(({ path }) => path === "/api/v1/tasks")?.query.get("status")).toBe("open");
    await userEvent.selectOptions(row.getByLabelText("State of Order rope"), "Done");
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ status: "done" });
  });

  it("are written with what the server needs", async () => {
    const asked = show();
    await userEvent.click(await screen.findByRole("button", { name: "New task" }));
    await userEvent.type(await screen.findByLabelText("What is to be done"), "Paint the hull");
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    await expect.poll(() => asked.find(({ method }) => method === "POST")?.body).toEqual({
      title: "Paint the hull",
      details: "",
      priority: "normal",
      due_on: null,
      assignee: "user_1",
    });
  });

  it("open by their address, and send what changed", async () => {
    const asked = show("member", "task_1");
    const title = await screen.findByLabelText("What is to be done");
    await userEvent.type(title, " and chain");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ title: "Order rope and chain" });
  });

  it("are read only for a viewer", async () => {
    show("viewer");
    const row = within(await screen.findByRole("listitem", { name: "Order rope" }));
    expect(row.queryByRole("combobox")).toBeNull();
    expect(screen.queryByRole("button", { name: "New task" })).toBeNull();
  });
});

describe("tickets", () => {
  it("have a number, and states of their own", async () => {
    const asked = playServer({ "GET /api/v1/tickets": { items: [ticketOf()], next_cursor: null }, "GET /api/v1/members": people });
    renderPage(<TasksPage me={meAs("member")} kind="ticket" id={null} beside={null} />);
    const row = within(await screen.findByRole("listitem", { name: "The gate is stuck" }));
    expect(row.getByRole("link", { name: "#7 The gate is stuck" })).toHaveAttribute("href", "/tickets/ticket_1");
    expect(row.getByText(/from a customer/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("radio", { name: "Waiting" }));
    await expect.poll(() => asked.some(({ query }) => query.get("status") === "pending")).toBe(true);
  });

  it("say how to begin where there are none, and what to do where they cannot be read", async () => {
    playServer({ "GET /api/v1/tickets": { items: [], next_cursor: null } });
    const { unmount } = renderPage(<TasksPage me={meAs("member")} kind="ticket" id={null} beside={null} />);
    await userEvent.click(await screen.findByRole("radio", { name: "All" }));
    expect(await screen.findByRole("heading", { name: "No ticket yet" })).toBeInTheDocument();
    unmount();
    playServer({ "GET /api/v1/tickets": refusal(500, "internal", "It broke. Try again.") });
    renderPage(<TasksPage me={meAs("member")} kind="ticket" id={null} beside={null} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("It broke. Try again.");
  });
});
