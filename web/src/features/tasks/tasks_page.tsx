// What is to be done, and who asked for help: two lists of the workspace, each with its states.
import { ListTodo, LifeBuoy, Plus } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";
import { Link, useLocation } from "wouter";

import type { Me } from "~/shared/api/types";
import { tasksAddress, ticketsAddress } from "~/shared/lib/places";
import { useSettled } from "~/shared/lib/settled";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { PageFrame } from "~/shared/ui/page_frame";
import { SearchField } from "~/shared/ui/search_field";
import { Segments } from "~/shared/ui/segments";
import { toastProblem } from "~/shared/ui/toasts";

import { ItemRow } from "./item_row";
import { type Kind, type Status, statusesOf } from "./items";
import { useChangeItem, useItems } from "./queries";

const ItemDialog = lazy(() => import("./item_dialog"));
const KnownItemDialog = lazy(() => import("./known_item_dialog"));

const kinds: readonly { kind: Kind; title: string; href: string }[] = [
  { kind: "task", title: "Tasks", href: tasksAddress },
  { kind: "ticket", title: "Tickets", href: ticketsAddress },
];

function Kinds({ current }: { current: Kind }) {
  return (
    <nav aria-label="Kinds" className="border-b border-line">
      <ul className="-mb-px flex gap-1">
        {kinds.map(({ kind, title, href }) => (
          <li key={kind}>
            <Link
              href={href}
              aria-current={kind === current ? "page" : undefined}
              className="block border-b-2 border-transparent px-3 py-2 text-sm text-quiet -outline-offset-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const empty: Record<Kind, { title: string; lead: string }> = {
  task: { title: "Nothing to do yet", lead: "Ask Steward in a conversation to note a task, or write one here." },
  ticket: { title: "No ticket yet", lead: "A support agent opens tickets when somebody needs a person’s help. You can also open one here." },
};

type ListProps = { me: Me; kind: Kind; status: Status | null; words: string };

function List({ me, kind, status, words }: ListProps) {
  const found = useItems(kind, status, words);
  const change = useChangeItem(kind);
  const mayChange = me.role !== "viewer";
  return (
    <Loaded query={found} waiting="Loading…">
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0 && (words !== "" || status !== null))
          return <p className="py-8 text-center text-sm text-quiet">Nothing here fits. Choose another state, or other words.</p>;
        if (items.length === 0) return <EmptyBox icon={kind === "task" ? ListTodo : LifeBuoy} {...empty[kind]} />;
        return (
          <>
            <ul aria-label={kind === "task" ? "Tasks" : "Tickets"} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {items.map((item) => (
                <ItemRow
                  key={item.id}
                  me={me}
                  item={item}
                  onStatus={mayChange ? (next) => change.mutate({ id: item.id, change: { status: next } }, { onError: toastProblem }) : null}
                />
              ))}
            </ul>
            {found.hasNextPage ? (
              <div className="mt-4 flex justify-center">
                <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            ) : null}
          </>
        );
      }}
    </Loaded>
  );
}

type TasksPageProps = { me: Me; kind: Kind; id: string | null; beside: ReactNode };

export default function TasksPage({ me, kind, id, beside }: TasksPageProps) {
  const [status, setStatus] = useState<Status | "all">("open");
  const [typed, setTyped] = useState("");
  const [making, setMaking] = useState(false);
  const [, navigate] = useLocation();
  const words = useSettled(typed.trim());
  const close = () => navigate(kind === "task" ? tasksAddress : ticketsAddress, { replace: true });
  return (
    <PageFrame
      title={kind === "task" ? "Tasks" : "Tickets"}
      beside={beside}
      actions={
        me.role === "viewer" ? null : (
          <Button look="loud" onClick={() => setMaking(true)}>
            <Plus aria-hidden className="size-4" /> {kind === "task" ? "New task" : "New ticket"}
          </Button>
        )
      }
    >
      <Kinds current={kind} />
      <div className="flex flex-wrap items-center gap-3">
        <Segments label="State" value={status} choices={[...statusesOf[kind], { value: "all" as const, label: "All" }]} onChoose={setStatus} />
        <SearchField label="Search titles" value={typed} onChange={setTyped} className="min-w-0 flex-1 basis-44" />
      </div>
      <List me={me} kind={kind} status={status === "all" ? null : status} words={words} />
      <Suspense>
        {making ? <ItemDialog me={me} kind={kind} item={null} onClose={() => setMaking(false)} /> : null}
        {id === null ? null : <KnownItemDialog me={me} kind={kind} id={id} onClose={close} />}
      </Suspense>
    </PageFrame>
  );
}
