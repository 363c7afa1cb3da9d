// Tasks and tickets as the server holds them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { memberNames } from "~/shared/api/member_names";
import type { Task, TaskChange, TaskPage, Ticket, TicketChange, TicketPage } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

import { type Item, type Kind, type Status, type Written, itemOfTask, itemOfTicket } from "./items";

const PAGE = 30;
type Page = { items: Item[]; next_cursor: string | null };
type Asked = { status: Status | null; words: string; cursor: string; signal: AbortSignal };

const query = ({ words, cursor }: Asked) => ({ limit: PAGE, ...(words ? { q: words } : {}), ...(cursor ? { cursor } : {}) });

async function readTasks(asked: Asked): Promise<Page> {
  const status = asked.status as Task["status"] | null;
  const page = await answered<TaskPage>(
    api.GET("/api/v1/tasks", { params: { query: { ...query(asked), ...(status ? { status } : {}) } }, signal: asked.signal }),
  );
  return { items: page.items.map(itemOfTask), next_cursor: page.next_cursor };
}

async function readTickets(asked: Asked): Promise<Page> {
  const status = asked.status as Ticket["status"] | null;
  const page = await answered<TicketPage>(
    api.GET("/api/v1/tickets", { params: { query: { ...query(asked), ...(status ? { status } : {}) } }, signal: asked.signal }),
  );
  return { items: page.items.map(itemOfTicket), next_cursor: page.next_cursor };
}

export function useItems(kind: Kind, status: Status | null, words: string) {
  return useInfiniteQuery({
    queryKey: kind === "task" ? keys.taskList(status, words) : keys.ticketList(status, words),
    queryFn: ({ pageParam, signal }) => (kind === "task" ? readTasks : readTickets)({ status, words, cursor: pageParam, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
}

const ofTask = (id: string) => ({ params: { path: { task_id: id } } });
const ofTicket = (id: string) => ({ params: { path: { ticket_id: id } } });

export function useItem(kind: Kind, id: string) {
  return useQuery({
    queryKey: kind === "task" ? keys.task(id) : keys.ticket(id),
    queryFn: async ({ signal }): Promise<Item> =>
      kind === "task"
        ? itemOfTask(await answered<Task>(api.GET("/api/v1/tasks/{task_id}", { ...ofTask(id), signal })))
        : itemOfTicket(await answered<Ticket>(api.GET("/api/v1/tickets/{ticket_id}", { ...ofTicket(id), signal }))),
  });
}

/** The people of the workspace by id, for whom tasks are. */
export function useNames() {
  return useQuery(memberNames);
}

function useStale(kind: Kind) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: kind === "task" ? keys.tasks : keys.tickets });
}

const taskOf = ({ title, text, status, priority, dueOn, assigneeId }: Partial<Written>): TaskChange => ({
  ...(title === undefined ? {} : { title }),
  ...(text === undefined ? {} : { details: text }),
  ...(status === undefined ? {} : { status: status as Task["status"] }),
  ...(priority === undefined ? {} : { priority }),
  ...(dueOn === undefined ? {} : { due_on: dueOn }),
  ...(assigneeId === undefined || assigneeId === null ? {} : { assignee: assigneeId }),
});

const ticketOf = ({ title, text, status, priority, requester }: Partial<Written>): TicketChange => ({
  ...(title === undefined ? {} : { subject: title }),
  ...(text === undefined ? {} : { description: text }),
  ...(status === undefined ? {} : { status: status as Ticket["status"] }),
  ...(priority === undefined ? {} : { priority }),
  ...(requester === undefined ? {} : { requester }),
});

export function useChangeItem(kind: Kind) {
  const stale = useStale(kind);
  return useMutation({
    mutationFn: async ({ id, change }: { id: string; change: Partial<Written> }): Promise<Item> =>
      kind === "task"
        ? itemOfTask(await answered<Task>(api.PATCH("/api/v1/tasks/{task_id}", { ...ofTask(id), body: taskOf(change) })))
        : itemOfTicket(await answered<Ticket>(api.PATCH("/api/v1/tickets/{ticket_id}", { ...ofTicket(id), body: ticketOf(change) }))),
    onSettled: stale,
  });
}

export function useCreateItem(kind: Kind) {
  const stale = useStale(kind);
  return useMutation({
    mutationFn: async ({ title, text, priority, dueOn, assigneeId, requester }: Written): Promise<Item> =>
      kind === "task"
        ? itemOfTask(
            await answered<Task>(api.POST("/api/v1/tasks", { body: { title, details: text, priority, due_on: dueOn, assignee: assigneeId } })),
          )
        : itemOfTicket(await answered<Ticket>(api.POST("/api/v1/tickets", { body: { subject: title, description: text, priority, requester } }))),
    onSuccess: stale,
  });
}

export function useDeleteItem(kind: Kind) {
  const stale = useStale(kind);
  return useMutation({
    mutationFn: (id: string) =>
      kind === "task" ? answered(api.DELETE("/api/v1/tasks/{task_id}", ofTask(id))) : answered(api.DELETE("/api/v1/tickets/{ticket_id}", ofTicket(id))),
    onSettled: stale,
    onError: toastProblem,
  });
}
