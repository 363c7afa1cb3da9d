// One conversation in the frame: what the server holds of it, and the box to go on.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useCallback, useEffect, useState } from "react";

import { ConversationView } from "~/features/runs/conversation_view";
import { readHistory } from "~/features/runs/history";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { ThreadDetail } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import type { Kind } from "../protocol";
import { BASIC_AGENT, type Place } from "./chats";

const noOffer = () => null;
const nothing = () => {};

export function Waiting({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="flex-1 space-y-4 px-4 pt-8">
      <div className="ms-auto h-10 w-3/5 animate-pulse rounded-2xl bg-bubble" />
      <div className="h-4 w-11/12 animate-pulse rounded bg-hover" />
      <div className="h-4 w-4/5 animate-pulse rounded bg-hover" />
    </div>
  );
}

export function Trouble({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col justify-center p-4">
      <Notice kind="problem" action={action}>
        {children}
      </Notice>
    </div>
  );
}

const words: Record<Kind, [title: Word, lead: Word]> = {
  basic: ["Ask anything", "A plain chat with the model. It does not look into any documents."],
  assistant: ["How can I help?", "Ask a question. Answers come with their sources where there are any."],
};

function Welcome({ kind }: { kind: Kind }) {
  const [title, lead] = words[kind];
  return (
    <div className="flex min-h-full flex-col justify-center px-6 py-8">
      <h2 className="text-xl font-semibold tracking-tight">{t(title)}</h2>
      <p className="mt-2 text-quiet">{t(lead)}</p>
    </div>
  );
}

type ChatPanelProps = {
  kind: Kind;
  place: Place;
  visitor: string;
  box: RefObject<HTMLTextAreaElement | null>;
  /** The conversation shows. */
  onReady: () => void;
  /** Something was said in a conversation that was new. */
  onBegun: () => void;
};

export function ChatPanel({ kind, place, visitor, box, onReady, onBegun }: ChatPanelProps) {
  // A conversation that begins here goes on here, also when the server knows it meanwhile.
  const [{ id, fresh }] = useState(place);
  const history = useQuery<ThreadDetail>({
    queryKey: keys.history(id),
    queryFn: ({ signal }) => readHistory(id, { signal }),
    enabled: !fresh,
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const isReady = fresh || history.data !== undefined;
  useEffect(() => {
    if (isReady) onReady();
    // Once for each conversation, whoever listens by then.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [isReady]);
  const onSend = useCallback(() => {
    if (fresh) onBegun();
  }, [fresh, onBegun]);

  if (!fresh && history.isError)
    return (
      <Trouble
        action={
          <Button look="danger" busy={history.isFetching} onClick={() => void history.refetch()}>
            {t("Try again")}
          </Button>
        }
      >
        {asProblem(history.error).message}
      </Trouble>
    );
  if (!isReady) return <Waiting label={t("Loading the conversation")} />;
  return (
    <ConversationView
      id={id}
      userId={visitor}
      // Of the kind: a new conversation of it takes over what is being written.
      draftName={`embed-${kind}`}
      history={history.data ?? null}
      model={undefined}
      agentId={kind === "basic" ? BASIC_AGENT : undefined}
      box={box}
      onThread={nothing}
      onChange={nothing}
      onSend={onSend}
      onUnsent={nothing}
      modelPicker={null}
      notice={null}
      renderOffer={noOffer}
      waiting={false}
      welcome={<Welcome kind={kind} />}
      takesFiles={false}
      opensArtifacts={false}
    />
  );
}
