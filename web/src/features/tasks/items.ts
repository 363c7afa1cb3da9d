// Tasks and tickets as one kind of thing to show: both have a title, a state, a priority and perhaps a conversation.
import type { Task, Ticket } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";

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

export const statusesOf: Record<Kind, readonly { value: Status; label: Word }[]> = {
  task: [
    { value: "open", label: "Open|task" },
    { value: "done", label: "Done|task" },
    { value: "cancelled", label: "Cancelled|task" },
  ],
  ticket: [
    { value: "open", label: "Open|task" },
    { value: "pending", label: "Waiting|ticket" },
    { value: "solved", label: "Solved" },
  ],
};

export const priorities: readonly { value: Priority; label: Word }[] = [
  { value: "low", label: "Low" },
  { value: "normal", label: "Normal" },
  { value: "high", label: "High" },
  { value: "urgent", label: "Urgent" },
];

type Choices<Value, Label> = readonly { value: Value; label: Label }[];

/** Choices as they are shown. */
export const worded = <Value extends string>(choices: Choices<Value, Word>): Choices<Value, string> =>
  choices.map(({ value, label }) => ({ value, label: t(label) }));

/** What is said of each kind. */
export const wordsOf = {
  task: {
    name: "task",
    title: "Task",
    all: "Tasks",
    none: "Nothing to do yet",
    begin: "Ask Steward in a conversation to note a task, or write one here.",
    make: "New task",
    subject: "What is to be done",
    remove: "Delete this task",
    removed: "The task was deleted.",
  },
  ticket: {
    name: "ticket",
    title: "Ticket",
    all: "Tickets",
    none: "No ticket yet",
    begin: "A support agent opens tickets when somebody needs a person’s help. You can also open one here.",
    make: "New ticket",
    subject: "Subject",
    remove: "Delete this ticket",
    removed: "The ticket was deleted.",
  },
} as const satisfies Record<Kind, Record<string, Word>>;

export const isOver = (status: Status): boolean => status === "done" || status === "cancelled" || status === "solved";
