// What Steward remembers of this person: to search, to mend, to delete, or to switch off.
import { Brain, Pencil, Plus, Trash2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { Link } from "wouter";

import type { Me, Memory, Profile } from "~/shared/api/types";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { useSettled } from "~/shared/lib/settled";
import { Button, IconButton } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { SearchField } from "~/shared/ui/search_field";
import { Segments } from "~/shared/ui/segments";
import { toast, toastProblem } from "~/shared/ui/toasts";

import { kindName, kindNames } from "./kinds";
import { type Kind, useChangeProfile, useDeleteAllMemories, useDeleteMemory, useMemories, useProfile } from "./queries";

const ConfirmDialog = lazy(() => import("~/shared/ui/confirm_dialog"));
const MemoryDialog = lazy(() => import("./memory_dialog"));

const EVERY = "all";
const choices = [{ value: EVERY, label: "All" }, ...Object.entries(kindNames).map(([value, label]) => ({ value, label }))];

function Switch({ profile, mayChange }: { profile: Profile; mayChange: boolean }) {
  const change = useChangeProfile();
  const isOn = profile.is_memory_on;
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-2xl border border-line bg-raised px-4 py-3.5">
      <div className="min-w-0 flex-1 basis-52">
        <h3 className="text-sm font-medium">Memory is {isOn ? "on" : "off"}</h3>
        <p className="text-xs text-quiet">
          {isOn ? "Steward remembers what matters from your conversations. Only you see it." : "Nothing new is remembered, and nothing below is used."}
        </p>
      </div>
      {mayChange ? (
        <Button
          role="switch"
          aria-checked={isOn}
          aria-label="Memory"
          busy={change.isPending}
          onClick={() => change.mutate({ is_memory_on: !isOn }, { onError: toastProblem })}
        >
          {isOn ? "Switch off" : "Switch on"}
        </Button>
      ) : null}
    </div>
  );
}

type RowProps = { memory: Memory; onChange: (() => void) | null; onDelete: (() => void) | null };

function Row({ memory, onChange, onDelete }: RowProps) {
  const { text, kind, created_at, thread_id } = memory;
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="text-sm wrap-anywhere">{text}</p>
        <p className="mt-0.5 text-xs text-quiet">
          {kindName[kind]} ·{" "}
          <time dateTime={created_at} title={wholeMoment(created_at)}>
            {shortMoment(created_at)}
          </time>
          {thread_id === null ? null : (
            <>
              {" · "}
              <Link href={`/chat/${encodeURIComponent(thread_id)}`} className="rounded text-accent hover:underline">
                Where it was said
              </Link>
            </>
          )}
        </p>
      </div>
      {onChange === null ? null : (
        <IconButton small label={`Change: ${text}`} onClick={onChange}>
          <Pencil aria-hidden className="size-4" />
        </IconButton>
      )}
      {onDelete === null ? null : (
        <IconButton small label={`Delete: ${text}`} onClick={onDelete}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      )}
    </li>
  );
}

type ListProps = { kind: Kind | null; words: string; mayChange: boolean; onChange: (memory: Memory) => void };

function List({ kind, words, mayChange, onChange }: ListProps) {
  const found = useMemories(kind, words);
  const remove = useDeleteMemory();
  return (
    <Loaded query={found} waiting="Loading the memories…">
      {({ pages }) => {
        const memories = pages.flatMap(({ items }) => items);
        if (memories.length === 0 && words !== "") return <p className="py-6 text-center text-sm text-quiet">No memory fits these words.</p>;
        if (memories.length === 0 && kind !== null) return <p className="py-6 text-center text-sm text-quiet">No memory of this kind yet.</p>;
        if (memories.length === 0)
          return <EmptyBox icon={Brain} title="Nothing is remembered yet" lead="What matters from your conversations will show here. You can also write something down yourself." />;
        return (
          <>
            <ul aria-label="Memories" className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {memories.map((memory) => (
                <Row
                  key={memory.id}
                  memory={memory}
                  onChange={mayChange ? () => onChange(memory) : null}
                  onDelete={mayChange ? () => remove.mutate(memory.id, { onSuccess: () => toast("Forgotten.") }) : null}
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

export default function MemorySection({ me }: { me: Me }) {
  const [shown, setShown] = useState<string>(EVERY);
  const [typed, setTyped] = useState("");
  const [written, setWritten] = useState<Memory | "new" | null>(null);
  const [asking, setAsking] = useState(false);
  const words = useSettled(typed.trim());
  const profile = useProfile();
  const removeAll = useDeleteAllMemories();
  const mayChange = me.role !== "viewer";
  const forget = () =>
    removeAll.mutate(undefined, { onSuccess: ({ deleted }) => toast(deleted === 1 ? "1 memory was deleted." : `${deleted} memories were deleted.`) });
  return (
    <div className="space-y-4">
      <Loaded query={profile} waiting="Loading…">
        {(mine) => <Switch profile={mine} mayChange={mayChange} />}
      </Loaded>
      <div className="flex flex-wrap items-center gap-3">
        <SearchField label="Search memories" value={typed} onChange={setTyped} className="min-w-0 flex-1 basis-52" />
        {mayChange ? (
          <Button onClick={() => setWritten("new")}>
            <Plus aria-hidden className="size-4" /> Write down
          </Button>
        ) : null}
      </div>
      <Segments label="Kind" value={shown} choices={choices} onChoose={setShown} />
      <List kind={shown === EVERY ? null : (shown as Kind)} words={words} mayChange={mayChange} onChange={setWritten} />
      {mayChange ? (
        <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
          <p className="flex-1 basis-52 text-sm text-quiet">Deleted memories cannot be brought back. Conversations stay.</p>
          <Button look="danger" busy={removeAll.isPending} onClick={() => setAsking(true)}>
            Delete all memories
          </Button>
        </div>
      ) : null}
      <Suspense>
        {written === null ? null : <MemoryDialog memory={written === "new" ? null : written} onClose={() => setWritten(null)} />}
        {asking ? (
          <ConfirmDialog
            title="Delete all memories?"
            description="Everything that is remembered of you in this workspace goes, and cannot be brought back."
            verb="Delete all"
            onConfirm={forget}
            onClose={() => setAsking(false)}
          />
        ) : null}
      </Suspense>
    </div>
  );
}
