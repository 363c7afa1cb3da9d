// What Steward remembers of this person: to search, to mend, to delete, or to switch off.
import { Brain, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Me, Memory, Profile } from "~/shared/api/types";
import { type Word, counted, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { useSettled } from "~/shared/lib/settled";
import { Button, IconButton } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";
import { SearchField } from "~/shared/ui/search_field";
import { Segments } from "~/shared/ui/segments";
import { ShowMore } from "~/shared/ui/show_more";
import { toast, toastProblem } from "~/shared/ui/toasts";

import { kindName, kindNames } from "./kinds";
import { type Kind, useChangeProfile, useDeleteAllMemories, useDeleteMemory, useMemories, useProfile } from "./queries";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const MemoryDialog = later(() => import("./memory_dialog"));

const EVERY = "all";
const choices = Object.entries<Word>({ [EVERY]: "All", ...kindNames });

function Switch({ profile, mayChange }: { profile: Profile; mayChange: boolean }) {
  const change = useChangeProfile();
  const isOn = profile.is_memory_on;
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-2xl border border-line bg-raised px-4 py-3.5">
      <div className="min-w-0 flex-1 basis-52">
        <h3 className="text-sm font-medium">{isOn ? t("Memory is on") : t("Memory is off")}</h3>
        <p className="text-xs text-quiet">
          {isOn
            ? t("Steward remembers what matters from your conversations. Only you see it.")
            : t("Nothing new is remembered, and nothing below is used.")}
        </p>
      </div>
      {mayChange ? (
        <Button
          role="switch"
          aria-checked={isOn}
          aria-label={t("Memory")}
          busy={change.isPending}
          onClick={() => change.mutate({ is_memory_on: !isOn }, { onError: toastProblem })}
        >
          {isOn ? t("Switch off") : t("Switch on")}
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
        <p dir="auto" className="text-sm wrap-anywhere">
          {text}
        </p>
        <p className="mt-0.5 text-xs text-quiet">
          {t(kindName[kind])} ·{" "}
          <time dateTime={created_at} title={wholeMoment(created_at)}>
            {shortMoment(created_at)}
          </time>
          {thread_id === null ? null : (
            <>
              {" · "}
              <Link href={`/chat/${encodeURIComponent(thread_id)}`} className="rounded text-accent hover:underline">
                {t("Where it was said")}
              </Link>
            </>
          )}
        </p>
      </div>
      {onChange === null ? null : (
        <IconButton small label={t("Change: {text}", { text })} onClick={onChange}>
          <Pencil aria-hidden className="size-4" />
        </IconButton>
      )}
      {onDelete === null ? null : (
        <IconButton small label={t("Delete: {text}", { text })} onClick={onDelete}>
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
    <Loaded query={found} waiting={t("Loading the memories…")}>
      {({ pages }) => {
        const memories = pages.flatMap(({ items }) => items);
        if (memories.length === 0 && words !== "") return <p className="py-6 text-center text-sm text-quiet">{t("No memory fits these words.")}</p>;
        if (memories.length === 0 && kind !== null) return <p className="py-6 text-center text-sm text-quiet">{t("No memory of this kind yet.")}</p>;
        if (memories.length === 0)
          return (
            <EmptyBox
              icon={Brain}
              title={t("Nothing is remembered yet")}
              lead={t("What matters from your conversations will show here. You can also write something down yourself.")}
            />
          );
        return (
          <>
            <ul aria-label={t("Memories")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {memories.map((memory) => (
                <Row
                  key={memory.id}
                  memory={memory}
                  onChange={mayChange ? () => onChange(memory) : null}
                  onDelete={mayChange ? () => remove.mutate(memory.id, { onSuccess: () => toast(t("Forgotten.")) }) : null}
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
    removeAll.mutate(undefined, { onSuccess: ({ deleted }) => toast(counted(deleted, "{count} memory was deleted.", "{count} memories were deleted.")) });
  return (
    <div className="space-y-4">
      <Loaded query={profile} waiting={t("Loading…")}>
        {(mine) => <Switch profile={mine} mayChange={mayChange} />}
      </Loaded>
      <div className="flex flex-wrap items-center gap-3">
        <SearchField label={t("Search memories")} value={typed} onChange={setTyped} className="min-w-0 flex-1 basis-52" />
        {mayChange ? (
          <Button onClick={() => setWritten("new")}>
            <Plus aria-hidden className="size-4" /> {t("Write down")}
          </Button>
        ) : null}
      </div>
      <Segments label={t("Kind")} value={shown} choices={choices.map(([value, label]) => ({ value, label: t(label) }))} onChoose={setShown} />
      <List kind={shown === EVERY ? null : (shown as Kind)} words={words} mayChange={mayChange} onChange={setWritten} />
      {mayChange ? (
        <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
          <p className="flex-1 basis-52 text-sm text-quiet">{t("Deleted memories cannot be brought back. Conversations stay.")}</p>
          <Button look="danger" busy={removeAll.isPending} onClick={() => setAsking(true)}>
            {t("Delete all memories")}
          </Button>
        </div>
      ) : null}
      {written === null ? null : <MemoryDialog memory={written === "new" ? null : written} onClose={() => setWritten(null)} />}
      {asking ? (
        <ConfirmDialog
          title={t("Delete all memories?")}
          description={t("Everything that is remembered of you in this workspace goes, and cannot be brought back.")}
          verb={t("Delete all")}
          onConfirm={forget}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </div>
  );
}
