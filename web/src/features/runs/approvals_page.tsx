// Everything that waits for this person: calls to approve, and questions that only a person can answer.
import { CheckCheck } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Action } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { useActions, useMyId } from "./actions";
import { DecisionCard } from "./decision_card";
import { toolWords } from "./tool_words";

function Entry({ action, isMine }: { action: Action; isMine: boolean }) {
  const { id, tool, kind, reason, approvers, expires_at, created_at, thread_id } = action;
  return (
    <li aria-label={toolWords(tool)} className="overflow-hidden rounded-xl border border-line bg-raised text-sm">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-3.5 py-2.5">
        <h2 className="min-w-0 flex-1 basis-40 font-medium wrap-anywhere">{toolWords(tool)}</h2>
        <time dateTime={created_at} title={wholeMoment(created_at)} className="text-xs text-quiet">
          {shortMoment(created_at)}
        </time>
        {/* Another person's conversation is theirs alone. */}
        {isMine && thread_id !== null ? (
          <Link href={`/chat/${encodeURIComponent(thread_id)}`} className="text-accent hover:underline">
            {t("Open conversation")}
          </Link>
        ) : null}
      </div>
      <DecisionCard asked={{ actionId: id, tool, kind, input: action.arguments, reason, approvers, expiresAt: expires_at }} />
    </li>
  );
}

function Empty() {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <CheckCheck aria-hidden className="size-8 text-accent" />
      <h2 className="mt-4 text-lg font-semibold">{t("Nothing waits for you")}</h2>
      <p className="mt-1.5 max-w-md text-quiet">{t("When Steward needs an approval or a person’s answer, it shows here.")}</p>
    </div>
  );
}

function Shown() {
  const actions = useActions();
  const myId = useMyId();
  if (actions.isPending) return <p role="status" className="text-quiet">{t("Loading…")}</p>;
  if (actions.isError)
    return (
      <Notice
        kind="problem"
        action={
          <Button look="danger" busy={actions.isFetching} onClick={() => void actions.refetch()}>
            {t("Try again")}
          </Button>
        }
      >
        {asProblem(actions.error).message}
      </Notice>
    );
  if (actions.data.length === 0) return <Empty />;
  return (
    <ul className="space-y-4">
      {actions.data.map((action) => (
        <Entry key={action.id} action={action} isMine={action.user_id === myId} />
      ))}
    </ul>
  );
}

export default function ApprovalsPage({ beside }: { beside: ReactNode }) {
  useEffect(() => {
    document.title = `${t("Approvals")} · Steward`;
  }, []);
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">
        {beside}
        <h1 className="px-1.5 text-sm font-medium">{t("Approvals")}</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 pt-2 pb-8 sm:px-6">
          <Shown />
        </div>
      </div>
    </main>
  );
}
