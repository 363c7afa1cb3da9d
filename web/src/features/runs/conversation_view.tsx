// A conversation as one sees it: its messages, and the box to write the next one.
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import { announce } from "~/shared/lib/announcer";
import { NEW_DRAFT, draftsOf } from "~/shared/lib/drafts";
import { useOnline } from "~/shared/lib/online";
import { t } from "~/shared/language/words";
import { OpenBeside } from "~/shared/markdown/beside";
import { preloadMarkdown } from "~/shared/markdown/markdown";
import { later } from "~/shared/ui/later";

import { useWhenDecided } from "./actions";
import { useArtifacts } from "./artifact_state";
import { useAttaching } from "./attaching";
import { AttachButton, AttachmentTray, DropArea } from "./attachment_tray";
import { useCommandHelp } from "./command_list";
import { Composer } from "./composer";
import { type ConversationOptions, useConversation } from "./conversation";
import { EmptyState } from "./empty_state";
import { Estimate } from "./estimate";
import { FollowUps } from "./follow_up";
import type { Found } from "./found_row";
import { MessageList } from "./message_list";
import type { Step } from "./message_row";
import { filesIn, wordsOf } from "./messages";
import { useOfferedModels } from "./other_model";
import { COMMAND_MODEL } from "./slash_commands";
import { waitingIn } from "./tool_calls";
import { ToolProgressSource } from "./tool_progress";
import type { UnsentActions } from "./unsent_row";

const ArtifactPanel = later(() => import("./artifact_panel"));

type ConversationViewProps = Omit<ConversationOptions, "onUnsent"> & {
  /** The name under which the draft is kept. */
  draftName: string;
  box: RefObject<HTMLTextAreaElement | null>;
  /** The first message of a new conversation goes out. */
  onSend: (words: string) => void;
  /** It came back: the conversation has not begun. */
  onUnsent: () => void;
  modelPicker: ReactNode;
  notice: ReactNode;
  /** What an empty conversation offers besides its prompts; what it asks goes out as if it were typed. */
  renderOffer: (ask: (question: string) => void) => ReactNode;
  /** What an empty conversation shows is not known yet. */
  waiting: boolean;
  /** What an empty conversation shows last. */
  below?: ReactNode;
  /** What an empty conversation shows instead of the workspace's own welcome. */
  welcome?: ReactNode;
  /** Whether files may go with a message. */
  takesFiles?: boolean;
  /** Whether there is room for artifacts beside it. */
  opensArtifacts?: boolean;
  /** The message to show, that of the address. */
  found?: Found | null;
};

/** The row of another version is another row: who pressed a button of the old one stands on the same of the new. */
function focusStep(messageId: string, step: Step): void {
  window.setTimeout(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(`[data-message="${CSS.escape(messageId)}"] [data-step=${step}]`)?.focus({ preventScroll: true });
  }, 0);
}

export function ConversationView({
  draftName,
  box,
  onSend,
  modelPicker,
  notice,
  renderOffer,
  below,
  waiting: isLoading,
  welcome,
  takesFiles = true,
  opensArtifacts = true,
  found = null,
  onUnsent,
  ...options
}: ConversationViewProps) {
  const drafts = useMemo(() => draftsOf(options.userId), [options.userId]);
  const [draft, setDraft] = useState(() => drafts.read(draftName));
  const write = useCallback(
    (text: string) => {
      setDraft(text);
      drafts.keep(draftName, text);
    },
    [drafts, draftName],
  );
  // A conversation gets its own name when the server knows it; what is being written moves along.
  const lastName = useRef(draftName);
  useEffect(() => {
    if (lastName.current === draftName) return;
    const written = drafts.read(lastName.current);
    drafts.keep(lastName.current, "");
    if (written !== "") drafts.keep(draftName, written);
    lastName.current = draftName;
  }, [drafts, draftName]);
  /** Put words before what is in the box; without them the conversation may not have begun. */
  const giveBack = (words: string, isFirst: boolean) => {
    const written = [words, drafts.read(draftName).trimStart()].filter((one) => one !== "").join("\n\n");
    write(written);
    if (!isFirst) return;
    drafts.keep(draftName, "");
    drafts.keep(NEW_DRAFT, written);
    onUnsent();
  };
  const conversation = useConversation({
    ...options,
    onUnsent: giveBack,
  });
  const { messages, busy, error, reconnecting, send, edit, again, choose, retry, stop, goOn, older, newer, loadOlder, loadNewer, find, toEnd, progress } = conversation;
  const { unsent, hold, lost, sendNow, takeBack } = conversation;
  const artifacts = useArtifacts(messages, busy || reconnecting, box);
  const { help, isCommand } = useCommandHelp(draft, write);
  const isOnline = useOnline();
  const attaching = useAttaching({ owner: options.userId, draftName, box, onReady: () => sendText(draft), isOn: takesFiles });
  const blindModel = useOfferedModels().find(({ id, abilities }) => id === options.model && !abilities.includes("images"))?.name ?? null;
  const actions = useMemo(
    () => ({
      again,
      edit: (...edited: Parameters<typeof edit>) => {
        // The edit box goes away with the focus in it.
        box.current?.focus({ preventScroll: true });
        edit(...edited);
      },
      retry,
      choose: (messageId: string, step: Step) => void choose(messageId).then(() => focusStep(messageId, step)),
    }),
    [again, box, edit, choose, retry],
  );

  const unsentActions: UnsentActions = {
    sendNow,
    takeBack: (item) => {
      takeBack(item.id);
      attaching.list.restore(filesIn(item));
      giveBack(wordsOf({ ...item, role: "user" }), messages.length === 0 && unsent.length === 1);
      box.current?.focus({ preventScroll: true });
    },
  };

  const onDecided = useCallback(() => void goOn(), [goOn]);
  const waiting = useMemo(() => waitingIn(messages.at(-1)).map(({ action }) => action.actionId), [messages]);
  useWhenDecided(waiting, !busy && !reconnecting, onDecided);

  useEffect(() => {
    if (found !== null) void find(found.id);
  }, [find, found]);

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
    if (words === "" && attaching.items.length === 0) return;
    if (!attaching.ready()) {
      write(words);
      return;
    }
    const files = attaching.list.take();
    write("");
    onSend(words || files.map(({ filename }) => filename).join(", "));
    send(words, { files, ...(isCommand(words) ? { model: COMMAND_MODEL } : {}) });
    if (busy) announce(t("Your message waits until this answer is done."));
  };

  let trouble: string | null = null;
  if (!isOnline) trouble = t("You are offline. What you send waits here until the network is back.");
  else if (reconnecting || lost) trouble = t("The connection was lost. Trying again…");
  const problem = error ? asProblem(error) : null;
  // A failure within an answer stands in the answer itself, with its tag.
  const isTold = problem?.tag === "stream" && Boolean(messages.at(-1)?.metadata?.error);
  const failure = problem === null || problem.status === 401 || isTold ? null : problem.message;
  const empty = messages.length === 0 && unsent.length === 0;

  const conversationPart = (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      {attaching.isOver ? <DropArea /> : null}
      {empty ? (
        <div className="min-h-0 flex-1 overflow-y-auto">
          {welcome ?? <EmptyState onPrompt={sendText} notice={notice} offer={renderOffer(sendText)} below={below} waiting={isLoading} />}
        </div>
      ) : (
        <ToolProgressSource value={progress}>
          <FollowUps value={sendText}>
            <OpenBeside value={opensArtifacts ? artifacts.open : null}>
              <MessageList
                messages={messages}
                busy={busy || reconnecting}
                failure={failure}
                unsent={unsent}
                hold={hold}
                unsentActions={unsentActions}
                actions={actions}
                older={older}
                onOlder={() => void loadOlder()}
                newer={newer}
                onNewer={() => void loadNewer()}
                onEnd={() => void toEnd()}
                found={found}
              />
            </OpenBeside>
          </FollowUps>
        </ToolProgressSource>
      )}
      <div className="relative mx-auto w-full max-w-3xl px-3 before:pointer-events-none before:absolute before:inset-x-0 before:-top-5 before:h-5 before:bg-linear-to-t before:from-page before:to-transparent pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-4">
        {trouble === null ? null : (
          <p role="status" className="pb-2 text-center text-sm text-quiet">
            {trouble}
          </p>
        )}
        {help.shown}
        <Composer
          box={box}
          help={help}
          draft={draft}
          onDraft={write}
          onSend={() => sendText(draft)}
          onStop={() => void stop()}
          busy={busy}
          tray={<AttachmentTray attaching={attaching} blindModel={blindModel} />}
          files={attaching.hasFailed ? "failed" : attaching.items.length > 0 ? "some" : "none"}
          tools={
            <>
              {takesFiles ? <AttachButton onFiles={attaching.add} /> : null}
              {modelPicker}
              <span className="min-w-0 flex-1" />
              {isCommand(draft) || !isOnline ? null : (
                <Estimate text={draft} threadId={draftName === NEW_DRAFT ? undefined : options.id} model={options.model} />
              )}
            </>
          }
        />
      </div>
    </div>
  );

  return (
    <div className="flex min-h-0 flex-1">
      {conversationPart}
      {artifacts.shown ? (
        <ArtifactPanel {...artifacts.shown} />
      ) : null}
    </div>
  );
}
