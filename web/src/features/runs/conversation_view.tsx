// A conversation as one sees it: its messages, and the box to write the next one.
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import { drafts } from "~/shared/lib/drafts";
import { preloadMarkdown } from "~/shared/markdown/markdown";

import { useWhenDecided } from "./actions";
import { Composer } from "./composer";
import { type ConversationOptions, useConversation } from "./conversation";
import { EmptyState } from "./empty_state";
import { MessageList } from "./message_list";
import { waitingIn } from "./tool_calls";
import { ToolProgressSource } from "./tool_progress";

type ConversationViewProps = ConversationOptions & {
  /** The name under which the draft is kept. */
  draftName: string;
  box: RefObject<HTMLTextAreaElement | null>;
  /** The first message of a new conversation goes out. */
  onSend: (words: string) => void;
  modelPicker: ReactNode;
  notice: ReactNode;
  /** What an empty conversation offers besides its prompts; what it asks goes out as if it were typed. */
  renderOffer: (ask: (question: string) => void) => ReactNode;
  /** What an empty conversation shows is not known yet. */
  waiting: boolean;
};

export function ConversationView({
  draftName,
  box,
  onSend,
  modelPicker,
  notice,
  renderOffer,
  waiting: isLoading,
  onUnsent,
  ...options
}: ConversationViewProps) {
  const [draft, setDraft] = useState(() => drafts.read(draftName));
  const write = useCallback(
    (text: string) => {
      setDraft(text);
      drafts.keep(draftName, text);
    },
    [draftName],
  );
  // A conversation gets its own name when the server knows it; what is being written moves along.
  const lastName = useRef(draftName);
  useEffect(() => {
    if (lastName.current === draftName) return;
    drafts.keep(draftName, drafts.read(lastName.current));
    drafts.keep(lastName.current, "");
    lastName.current = draftName;
  }, [draftName]);
  const conversation = useConversation({
    ...options,
    onUnsent: (words) => {
      write(words);
      onUnsent(words);
    },
  });
  const { messages, busy, error, reconnecting, send, edit, again, choose, retry, stop, goOn, older, loadOlder, progress } = conversation;
  const actions = useMemo(
    () => ({
      again,
      edit: (...edited: Parameters<typeof edit>) => {
        // The edit box goes away with the focus in it.
        box.current?.focus({ preventScroll: true });
        edit(...edited);
      },
      retry,
      choose: (messageId: string) => void choose(messageId),
    }),
    [again, box, edit, choose, retry],
  );

  const onDecided = useCallback(() => void goOn(), [goOn]);
  const waiting = useMemo(() => waitingIn(messages.at(-1)).map(({ action }) => action.actionId), [messages]);
  useWhenDecided(waiting, !busy && !reconnecting, onDecided);

  useEffect(() => {
    // The reader of markdown comes while nobody waits for it.
    const timer = window.setTimeout(preloadMarkdown, 300);
    return () => window.clearTimeout(timer);
  }, []);

  useEffect(() => {
    if (!busy) return undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      // Menus, dialogs and cards take Escape for themselves first.
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("[role=dialog],[role=menu],[role=tooltip]")) return;
      void stop();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [busy, stop]);

  const sendText = (text: string) => {
    const words = text.trim();
    if (words === "") return;
    write("");
    onSend(words);
    send(words);
  };

  const problem = error ? asProblem(error) : null;
  const failure = problem === null || problem.status === 401 ? null : problem.message;
  const empty = messages.length === 0;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {empty ? (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <EmptyState onPrompt={sendText} notice={notice} offer={renderOffer(sendText)} waiting={isLoading} />
        </div>
      ) : (
        <ToolProgressSource value={progress}>
          <MessageList
            messages={messages}
            busy={busy || reconnecting}
            failure={failure}
            actions={actions}
            older={older}
            onOlder={() => void loadOlder()}
          />
        </ToolProgressSource>
      )}
      <div className="relative mx-auto w-full max-w-3xl px-3 before:pointer-events-none before:absolute before:inset-x-0 before:-top-5 before:h-5 before:bg-linear-to-t before:from-page before:to-transparent pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-4">
        {reconnecting ? (
          <p role="status" className="pb-2 text-center text-sm text-quiet">
            The connection was lost. Trying again…
          </p>
        ) : null}
        <Composer
          box={box}
          draft={draft}
          onDraft={write}
          onSend={() => sendText(draft)}
          onStop={() => void stop()}
          busy={busy}
          tools={modelPicker}
        />
      </div>
    </div>
  );
}
