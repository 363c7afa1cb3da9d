// What is to be done, and who asked for help: two lists of the workspace, each with its states.
import { ListTodo, LifeBuoy, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";

import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { tasksAddress, ticketsAddress } from "~/shared/lib/places";
import { useSettled } from "~/shared/lib/settled";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { PageFrame } from "~/shared/ui/page_frame";
import { later } from "~/shared/ui/later";
import { SearchField } from "~/shared/ui/search_field";
import { Segments } from "~/shared/ui/segments";
import { ShowMore } from "~/shared/ui/show_more";
import { toastProblem } from "~/shared/ui/toasts";

import { ItemRow } from "./item_row";
import { type Kind, type Status, statusesOf, worded, wordsOf } from "./items";
import { useChangeItem, useItems } from "./queries";

const ItemDialog = later(() => import("./item_dialog"));
const KnownItemDialog = later(() => import("./known_item_dialog"));

const kinds: readonly { kind: Kind; href: string }[] = [
  { kind: "task", href: tasksAddress },
  { kind: "ticket", href: ticketsAddress },
];

function Kinds({ current }: { current: Kind }) {
  return (
    <nav aria-label={t("Kinds")} className="border-b border-line">
      <ul className="-mb-px flex gap-1">
        {kinds.map(({ kind, href }) => (
          <li key={kind}>
            <Link
              href={href}
              aria-current={kind === current ? "page" : undefined}
              className="block border-b-2 border-transparent px-3 py-2 text-sm text-quiet -outline-offset-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              {t(wordsOf[kind].all)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

type ListProps = { me: Me; kind: Kind; status: Status | null; words: string };

function List({ me, kind, status, words }: ListProps) {
  const found = useItems(kind, status, words);
  const change = useChangeItem(kind);
  const mayChange = me.role !== "viewer";
  return (
    <Loaded query={found} waiting={t("Loading…")}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0 && (words !== "" || status !== null))
          return <p className="py-8 text-center text-sm text-quiet">{t("Nothing here fits. Choose another state, or other words.")}</p>;
        if (items.length === 0) return <EmptyBox icon={kind === "task" ? ListTodo : LifeBuoy} title={t(wordsOf[kind].none)} lead={t(wordsOf[kind].begin)} />;
        return (
          <>
            <ul aria-label={t(wordsOf[kind].all)} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {items.map((item) => (
                <ItemRow
                  key={item.id}
                  me={me}
                  item={item}
                  onStatus={mayChange ? (next) => change.mutate({ id: item.id, change: { status: next } }, { onError: toastProblem }) : null}
                />
              ))}
            </ul>
            <ShowMore query={found} />
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
      title={t(wordsOf[kind].all)}
      beside={beside}
      actions={
        me.role === "viewer" ? null : (
          <Button look="loud" onClick={() => setMaking(true)}>
            <Plus aria-hidden className="size-4" /> {t(wordsOf[kind].make)}
          </Button>
        )
      }
    >
      <Kinds current={kind} />
      <div className="flex flex-wrap items-center gap-3">
        <Segments label={t("State")} value={status} choices={[...worded<Status | "all">(statusesOf[kind]), { value: "all", label: t("All") }]} onChoose={setStatus} />
        <SearchField label={t("Search titles")} value={typed} onChange={setTyped} className="min-w-0 flex-1 basis-44" />
      </div>
      <List me={me} kind={kind} status={status === "all" ? null : status} words={words} />
      {making ? <ItemDialog me={me} kind={kind} item={null} onClose={() => setMaking(false)} /> : null}
      {id === null ? null : <KnownItemDialog me={me} kind={kind} id={id} onClose={close} />}
    </PageFrame>
  );
}
