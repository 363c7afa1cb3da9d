// Tasks and tickets as one kind of thing to show: both have a title, a state, a priority and perhaps a conversation.
import type { Task, Ticket } from "~/shared/api/types";

export type Kind = "task" | "ticket";
export type Status = Task["status"] | Ticket["status"];
export type Priority = Task["priority"];

export type Item = {
  kind: Kind;
  id: string;
  /** Of a ticket; nothing for a task. */
  number: number | null;
  title: string;
  text: string;
  status: Status;
  priority: Priority;
  /** The day by which a task is to be done, as 2026-11-30. */
  dueOn: string | null;
  assigneeId: string | null;
  requester: string;
  threadId: string | null;
  createdBy: string;
  createdAt: string;
};

/** What somebody writes about one. */
export type Written = Pick<Item, "title" | "text" | "status" | "priority" | "dueOn" | "assigneeId" | "requester">;

export const itemOfTask = (task: Task): Item => ({
  kind: "task",
  id: task.id,
  number: null,
  title: task.title,
  text: task.details,
  status: task.status,
  priority: task.priority,
  dueOn: task.due_on,
  assigneeId: task.assignee_id,
  requester: "",
  threadId: task.thread_id,
  createdBy: task.created_by,
  createdAt: task.created_at,
});

export const itemOfTicket = (ticket: Ticket): Item => ({
  kind: "ticket",
  id: ticket.id,
  number: ticket.number,
  title: ticket.subject,
  text: ticket.description,
  status: ticket.status,
  priority: ticket.priority,
  dueOn: null,
  assigneeId: null,
  requester: ticket.requester,
  threadId: ticket.thread_id,
  createdBy: ticket.created_by,
  createdAt: ticket.created_at,
});

export const statusesOf: Record<Kind, readonly { value: Status; label: string }[]> = {
  task: [
    { value: "open", label: "Open" },
    { value: "done", label: "Done" },
    { value: "cancelled", label: "Cancelled" },
  ],
  ticket: [
    { value: "open", label: "Open" },
    { value: "pending", label: "Waiting" },
    { value: "solved", label: "Solved" },
  ],
};

export const priorities: readonly { value: Priority; label: string }[] = [
  { value: "low", label: "Low" },
  { value: "normal", label: "Normal" },
  { value: "high", label: "High" },
  { value: "urgent", label: "Urgent" },
];

export const isOver = (status: Status): boolean => status === "done" || status === "cancelled" || status === "solved";
