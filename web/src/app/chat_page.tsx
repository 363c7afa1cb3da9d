// One conversation's page: it reads what the server holds, and puts the rooms together around it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, type RefObject, Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";

import { useFirstDocuments } from "~/features/knowledge/queries";
import { SamplesOffer } from "~/features/knowledge/samples_offer";
import { ModelPicker } from "~/features/providers/model_picker";
import { NoKeyNotice } from "~/features/providers/no_key_notice";
import { useModelChoice, useModels } from "~/features/providers/queries";
import { readHistory } from "~/features/runs/conversation";
import { ConversationView } from "~/features/runs/conversation_view";
import { ShareRequestSource } from "~/features/runs/share_button";
import { ThreadMenu } from "~/features/threads/thread_menu";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { Thread, ThreadDetail } from "~/shared/api/types";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { MissingPage } from "./missing_page";

const ShareDialog = lazy(() => import("~/features/threads/share_dialog"));

const LONGEST_TITLE = 100;

type ChatPageProps = {
  id: string;
  /** The conversation is new: the server knows nothing of it. */
  fresh: boolean;
  box: RefObject<HTMLTextAreaElement | null>;
  onUsed: () => void;
  /** What stands at the title's start while the list is hidden. */
  beside: ReactNode;
  wide: boolean;
  /** Whether this person may add documents. */
  mayChange: boolean;
};

function LoadingRows() {
  return (
    <div role="status" aria-label="Loading the conversation" className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-4 pt-8 sm:px-6">
      <div className="ms-auto h-10 w-2/5 animate-pulse rounded-2xl bg-bubble" />
      <div className="h-4 w-11/12 animate-pulse rounded bg-hover" />
      <div className="h-4 w-4/5 animate-pulse rounded bg-hover" />
      <div className="h-4 w-3/5 animate-pulse rounded bg-hover" />
    </div>
  );
}

export function ChatPage({ id, fresh, box, onUsed, beside, wide, mayChange }: ChatPageProps) {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const { models, chosen, shown, choose } = useModelChoice();
  // What the first sight of a new conversation depends on; it shows when all of it is known, so that nothing jumps.
  const { isPending: lacksModels } = useModels();
  const { isPending: lacksDocuments } = useFirstDocuments(fresh);
  const history = useQuery<ThreadDetail>({
    queryKey: keys.history(id),
    queryFn: ({ signal }) => readHistory(id, { signal }),
    enabled: !fresh,
    // A conversation opens with what the server holds now, and goes on by itself from there.
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { data: known } = useQuery<Thread | null>({
    queryKey: keys.thread(id),
    queryFn: () => null,
    enabled: false,
    initialData: null,
  });
  const thread = known ?? history.data?.thread ?? null;
  // Until the server tells the title, the first words stand for it.
  const [firstWords, setFirstWords] = useState("");
  const [sharing, setSharing] = useState(false);
  const share = useCallback(() => setSharing(true), []);
  const title = thread?.title || firstWords || "New conversation";

  const onThread = useCallback((next: Thread) => cache.setQueryData(keys.thread(id), next), [cache, id]);
  const onChange = useCallback(() => void cache.invalidateQueries({ queryKey: [...keys.threads, "list"] }), [cache]);
  // Of what was sent here, what the server has not refused: it may know the conversation before its answer is read.
  const sent = useRef(0);
  const onSend = useCallback(
    (words: string) => {
      if (!fresh) return;
      sent.current += 1;
      setFirstWords((first) => first || words.slice(0, LONGEST_TITLE));
      navigate(`/chat/${encodeURIComponent(id)}`, { replace: true });
      onUsed();
    },
    [fresh, id, navigate, onUsed],
  );

  const onUnsent = useCallback(() => {
    sent.current = Math.max(0, sent.current - 1);
    // A conversation that the server never heard of has no address to come back to.
    if (fresh && sent.current === 0 && !cache.getQueryData(keys.thread(id))) navigate("/", { replace: true });
  }, [cache, fresh, id, navigate]);

  useEffect(() => {
    document.title = thread || firstWords ? `${title} · Steward` : "Steward";
  }, [thread, firstWords, title]);
  useEffect(() => {
    if (history.data) cache.setQueryData(keys.thread(id), history.data.thread);
  }, [cache, history.data, id]);

  const ready = fresh || history.data !== undefined;
  useEffect(() => {
    // On a touch screen the focus would bring up the keyboard over the page.
    if (ready && wide) box.current?.focus({ preventScroll: true });
  }, [ready, wide, box]);

  if (!fresh && history.isError) {
    const problem = asProblem(history.error);
    if (problem.status === 404)
      return <MissingPage title="This conversation does not exist" lead="It may belong to another workspace." />;
    return (
      <main className="flex min-w-0 flex-1 flex-col items-center justify-center px-6">
        <h1 className="sr-only">Conversation</h1>
        <Notice
          kind="problem"
          className="max-w-md"
          action={
            <Button look="danger" busy={history.isFetching} onClick={() => void history.refetch()}>
              Try again
            </Button>
          }
        >
          {problem.message}
        </Notice>
      </main>
    );
  }

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">
        {beside}
        {thread || firstWords ? <h1 className="min-w-0 truncate px-1.5 text-sm font-medium">{title}</h1> : null}
        {thread ? <ThreadMenu thread={thread} /> : null}
      </header>
      {ready ? (
        <ShareRequestSource value={thread === null || thread.archived ? null : share}>
          <ConversationView
            id={id}
            draftName={fresh && thread === null ? "new" : id}
            history={fresh ? null : (history.data ?? null)}
            model={chosen}
            box={box}
            onThread={onThread}
            onChange={onChange}
            onSend={onSend}
            onUnsent={onUnsent}
            modelPicker={<ModelPicker models={models?.items ?? []} shown={shown} onChoose={choose} />}
            waiting={fresh && (lacksModels || lacksDocuments)}
            renderOffer={(ask) => <SamplesOffer mayChange={mayChange} onAsk={ask} />}
            notice={models?.configured === false ? <NoKeyNotice className="mt-5" /> : null}
          />
        </ShareRequestSource>
      ) : (
        <LoadingRows />
      )}
      {sharing && thread ? (
        <Suspense>
          <ShareDialog thread={thread} onClose={() => setSharing(false)} />
        </Suspense>
      ) : null}
    </main>
  );
}
