// One conversation's page: it reads what the server holds, and puts the rooms together around it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import { useLocation, useRoute, useSearchParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

import { useAgentChoice } from "~/features/agents/agent_choice";
import { AgentIntro } from "~/features/agents/agent_intro";
import { AgentPicker } from "~/features/agents/agent_picker";
import { useFirstDocuments } from "~/features/knowledge/queries";
import { SamplesOffer } from "~/features/knowledge/samples_offer";
import { ModelPicker } from "~/features/providers/model_picker";
import { NoKeyNotice } from "~/features/providers/no_key_notice";
import { useModelChoice, useModels } from "~/features/providers/queries";
import { ConversationView } from "~/features/runs/conversation_view";
import { readHistory } from "~/features/runs/history";
import { OfferedModels } from "~/features/runs/other_model";
import { hasUnsent } from "~/features/runs/outbox";
import { ShareRequestSource } from "~/features/runs/share_button";
import { ThreadMenu } from "~/features/threads/thread_menu";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { Thread, ThreadDetail } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
import { NEW_DRAFT } from "~/shared/lib/drafts";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";
import { later } from "~/shared/ui/later";

import { MissingPage } from "./missing_page";
import { TourOffer } from "./tour_offer";

const ShareDialog = later(() => import("~/features/threads/share_dialog"));

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
  userId: string;
  /** Bring up the look around. */
  onTour: () => void;
};

function LoadingRows() {
  return (
    <div role="status" aria-label={t("Loading the conversation")} className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-4 pt-8 sm:px-6">
      <div className="ms-auto h-10 w-2/5 animate-pulse rounded-2xl bg-bubble" />
      <div className="h-4 w-11/12 animate-pulse rounded bg-hover" />
      <div className="h-4 w-4/5 animate-pulse rounded bg-hover" />
      <div className="h-4 w-3/5 animate-pulse rounded bg-hover" />
    </div>
  );
}

export default function ChatPage({ id, fresh, box, onUsed, beside, wide, mayChange, userId, onTour }: ChatPageProps) {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const { models, chosen, shown, choose } = useModelChoice();
  // What the first sight of a new conversation depends on; it shows when all of it is known, so that nothing jumps.
  const { isPending: lacksModels } = useModels();
  const { isPending: lacksDocuments } = useFirstDocuments(fresh);
  const [asked] = useSearchParams();
  // The message that somebody looked for; it may be gone, or be one of another conversation.
  const foundId = asked.get("message");
  const press = useHistoryState<{ press?: number } | null>()?.press ?? 0;
  const found = useMemo(() => (foundId === null ? null : { id: foundId, press }), [foundId, press]);
  const history = useQuery<ThreadDetail | null>({
    queryKey: keys.history(id),
    queryFn: ({ signal }) =>
      readHistory(id, { signal, message: foundId })
        .catch((error: unknown) => {
          if (asProblem(error).status === 404 && foundId !== null) return readHistory(id, { signal });
          throw error;
        })
        .catch((error: unknown) => {
          // What was said first may wait here still, for the line or for somebody to sign in.
          if (asProblem(error).status === 404 && hasUnsent(userId, id)) return null;
          throw error;
        }),
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
  const [isHome] = useRoute("/");
  const agent = useAgentChoice(thread, isHome);
  // An agent with a model of its own answers with that one.
  const hasOwnModel = Boolean(agent.agent?.model);
  // Until the server tells the title, the first words stand for it.
  const [firstWords, setFirstWords] = useState("");
  const [sharing, setSharing] = useState(false);
  const share = useCallback(() => setSharing(true), []);
  const title = thread?.title || firstWords || t("New conversation");

  const onThread = useCallback((next: Thread) => cache.setQueryData(keys.thread(id), next), [cache, id]);
  const onChange = useCallback(() => void cache.invalidateQueries({ queryKey: [...keys.threads, "list"] }), [cache]);
  // It was opened for what waits here alone.
  const neverBegun = history.data === null && thread === null;
  const onSend = useCallback(
    (words: string) => {
      // Whoever goes on is at the end from now on, also after a reload.
      if (found !== null) navigate(`/chat/${encodeURIComponent(id)}`, { replace: true });
      if (!fresh) return;
      setFirstWords((first) => first || words.slice(0, LONGEST_TITLE));
      navigate(`/chat/${encodeURIComponent(id)}`, { replace: true });
      onUsed();
    },
    [found, fresh, id, navigate, onUsed],
  );

  const onUnsent = useCallback(() => {
    // A conversation that the server never heard of has no address to come back to.
    setFirstWords("");
    if (fresh || neverBegun) navigate("/", { replace: true });
  }, [fresh, neverBegun, navigate]);

  useEffect(() => {
    document.title = thread || firstWords ? `${title} · Steward` : "Steward";
  }, [thread, firstWords, title]);
  useEffect(() => {
    if (history.data) cache.setQueryData(keys.thread(id), history.data.thread);
  }, [cache, history.data, id]);

  const ready = fresh || history.data !== undefined;
  useEffect(() => {
    // On a touch screen the focus would bring up the keyboard over the page; who looked for a message reads on there.
    if (!ready || !wide || found !== null) return;
    // Whoever opened something over the page meanwhile stays in it.
    if (document.querySelector("[role=dialog],[role=alertdialog],[role=menu]") !== null) return;
    box.current?.focus({ preventScroll: true });
  }, [ready, wide, box, found]);

  if (!fresh && history.isError) {
    const problem = asProblem(history.error);
    if (problem.status === 404)
      return <MissingPage title={t("This conversation does not exist")} lead={t("It may belong to another workspace.")} />;
    return (
      <main className="flex min-w-0 flex-1 flex-col items-center justify-center px-6">
        <h1 className="sr-only">{t("Conversation")}</h1>
        <Notice
          kind="problem"
          className="max-w-md"
          action={
            <Button look="danger" busy={history.isFetching} onClick={() => void history.refetch()}>
              {t("Try again")}
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
        {thread || firstWords ? <h1 dir="auto" className="min-w-0 truncate px-1.5 text-sm font-medium">{title}</h1> : null}
        {thread ? <ThreadMenu thread={thread} /> : null}
        {(thread || firstWords) && !agent.isDefault && agent.agent ? (
          <p className="ms-auto min-w-0 shrink-[2] truncate ps-2 text-sm text-quiet">{rich("with {name}", { name: <bdi>{agent.agent.name}</bdi> })}</p>
        ) : null}
      </header>
      {ready ? (
        <ShareRequestSource value={thread === null || thread.archived ? null : share}>
          <OfferedModels value={models?.items ?? []}>
            <ConversationView
              id={id}
              userId={userId}
              draftName={fresh && thread === null && firstWords === "" ? NEW_DRAFT : id}
              history={fresh ? null : (history.data ?? null)}
              found={found}
              model={hasOwnModel ? undefined : chosen}
              agentId={agent.asked}
              box={box}
              onThread={onThread}
              onChange={onChange}
              onSend={onSend}
              onUnsent={onUnsent}
              modelPicker={
                <>
                  <AgentPicker choice={agent} />
                  {hasOwnModel ? null : <ModelPicker models={models?.items ?? []} shown={shown} onChoose={choose} />}
                </>
              }
              waiting={fresh && (lacksModels || lacksDocuments || agent.isPending)}
              renderOffer={(ask) => <SamplesOffer mayChange={mayChange} onAsk={ask} />}
              below={<TourOffer onTour={onTour} />}
              notice={
                <>
                  {!agent.isDefault && agent.agent ? <AgentIntro agent={agent.agent} /> : null}
                  {models?.configured === false ? <NoKeyNotice className="mt-5" /> : null}
                </>
              }
            />
          </OfferedModels>
        </ShareRequestSource>
      ) : (
        <LoadingRows />
      )}
      {sharing && thread ? (
        <ShareDialog thread={thread} onClose={() => setSharing(false)} />
      ) : null}
    </main>
  );
}
