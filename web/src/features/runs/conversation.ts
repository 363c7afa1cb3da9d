// One conversation on the real useChat: sending, stopping, coming back after a broken line, and keeping in step with
// what the server holds. Branches live on the server; the page holds the visible path.
import { Chat, useChat } from "@ai-sdk/react";
import { getToolName } from "ai";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { TOKEN_IS_OLD, answered, api, noteRefusal, sessionEnded } from "~/shared/api/client";
import { asProblem } from "~/shared/api/problems";
import type { Thread, ThreadDetail } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { newId } from "~/shared/lib/ids";
import { pauseForLine } from "~/shared/lib/online";
import { toastProblem } from "~/shared/ui/toasts";

import { type Body, type Way, transportFor } from "./chat_transport";
import { useFinding } from "./finding";
import { LARGEST_PAGE, PAGE, isWritten, namesOf, readHistory } from "./history";
import { useInStep } from "./in_step";
import { type ChatMessage, type FilePart, filesIn, joins, reconciled, toChatMessages, wordsOf } from "./messages";
import { Outbox } from "./outbox";
import { pauseBefore } from "./pauses";
import { useLine, useSending } from "./sending";
import { useStretch } from "./stretch";
import { waitingIn } from "./tool_calls";
import { ToolProgress } from "./tool_progress";
import { toolWords } from "./tool_words";

const THROTTLE_MILLISECONDS = 50;
const GO_ON_MILLISECONDS = 400;
const MOST_GO_ONS = 20;
const MOST_RECONNECTS = 8;
const ANSWERED_ELSEWHERE = "thread_busy";
const ELSEWHERE_MILLISECONDS = 1_000;

export type ConversationOptions = {
  id: string;
  /** Who speaks here. */
  userId: string;
  /** What the server holds already; nothing for a new conversation. */
  history: ThreadDetail | null;
  /** The model to ask; the server decides when there is none. */
  model: string | undefined;
  /** Who shall answer from now on; the server remembers it. */
  agentId?: string | undefined;
  /** The server told about the conversation. */
  onThread: (thread: Thread) => void;
  /** Something about it changed that lists elsewhere show. */
  onChange: () => void;
  /** A message could not be sent because nobody is signed in: its words go back to where they were written. `isFirst`
   * when the conversation has not begun without it. */
  onUnsent: (words: string, isFirst: boolean) => void;
};

/** Whether the last thing said is a question that got no answer yet, not even the beginning of one. */
const isUnanswered = (chat: Chat<ChatMessage>): boolean => chat.messages.at(-1)?.role === "user";

/** Whether the last question was refused or never arrived, so that this page alone knows it. */
const isUnknown = (chat: Chat<ChatMessage>): boolean =>
  isUnanswered(chat) && chat.error !== undefined && asProblem(chat.error).tag !== "stream";

/** What is read aloud when an answer is over, or cannot go on by itself. */
function closingWords(message: ChatMessage): string {
  const [first] = waitingIn(message);
  if (first === undefined) return t("Steward answered: {words}", { words: wordsOf(message) });
  const tool = toolWords(getToolName(first.call));
  return first.action.kind === "approval"
    ? t("Steward waits for approval: {tool}", { tool })
    : t("Steward waits for an answer from outside: {tool}", { tool });
}

/** What goes with a message besides its words. */
export type Extras = { files?: readonly FilePart[]; model?: string | undefined };

const isBusy = (chat: Chat<ChatMessage>): boolean => chat.status === "submitted" || chat.status === "streaming";

const pause = (milliseconds: number) => new Promise<void>((done) => window.setTimeout(done, milliseconds));

export function useConversation(options: ConversationOptions) {
  const { id, userId, history } = options;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const stretch = useStretch(id, history);
  const { begin, atEnd, isAway, load } = stretch;
  const [reconnecting, setReconnecting] = useState(false);
  // Nobody knows whether an answer is being written until the server has said so.
  const [isResumed] = useState(() => history !== null && !isAway());
  const [known, setKnown] = useState(!isResumed);
  const alive = useRef(true);
  const line = useLine();
  const outbox = useMemo(() => {
    const made = new Outbox(userId, id);
    if (history) made.remove(...namesOf(history));
    return made;
    // The history is where a conversation begins.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [userId, id]);

  const reading = useRef<Promise<unknown>>(Promise.resolve());
  /** Read the visible path again and show it as the server holds it. Returns: whether the server still writes on it. */
  const settle = useCallback(
    (chat: Chat<ChatMessage>, whole = false): Promise<boolean> => {
      const read = async () => {
        let isWriting = false;
        try {
          const limit = whole ? Math.min(LARGEST_PAGE, Math.max(PAGE, chat.messages.length)) : PAGE;
          const detail = await readHistory(id, { limit });
          if (!alive.current || isBusy(chat) || isUnknown(chat) || (!whole && isAway())) return false;
          outbox.remove(...namesOf(detail));
          isWriting = isWritten(detail);
          const isAnew = whole || detail.next_cursor === null || !joins(chat.messages, detail.messages);
          chat.messages = whole ? toChatMessages(detail.messages) : reconciled(chat.messages, detail.messages, isAnew);
          if (isAnew) begin(detail);
          latest.current.onThread(detail.thread);
        } catch {
          // The answer stands on the page already; its small print comes with the next reading.
        }
        latest.current.onChange();
        return isWriting;
      };
      const made = read();
      reading.current = made;
      return made;
    },
    [begin, id, isAway, outbox],
  );

  const goingOn = useRef(false);
  /** Read on an answer that waited: it is told again from its beginning, and goes on in its place. */
  const readOn = useCallback(
    async (chat: Chat<ChatMessage>) => {
      if (goingOn.current) return;
      goingOn.current = true;
      try {
        // Whoever comes before the first new word may hear of the wait alone, and comes again.
        for (let turn = 0; turn < MOST_GO_ONS && alive.current && !isBusy(chat); turn += 1) {
          await chat.resumeStream();
          if (chat.status !== "ready" || !(await settle(chat))) return;
          await pause(GO_ON_MILLISECONDS);
        }
      } finally {
        goingOn.current = false;
      }
    },
    [settle],
  );

  const comingBack = useRef(false);
  const reconnect = useCallback(
    async (chat: Chat<ChatMessage>) => {
      setReconnecting(true);
      for (let turn = 0; turn < MOST_RECONNECTS; turn += 1) {
        await pauseForLine(pauseBefore(turn));
        if (!alive.current || isBusy(chat)) break;
        const before = chat.messages.at(-1);
        await (isUnanswered(chat) ? chat.regenerate({ metadata: { resend: true } satisfies Way }) : chat.resumeStream());
        if (!alive.current || chat.status !== "error" || asProblem(chat.error).tag !== "unreachable") break;
        // The line came back and broke again: that is a new beginning.
        if (chat.messages.at(-1) !== before) turn = 0;
      }
      if (!alive.current) return;
      setReconnecting(false);
      if (chat.status === "ready" && (await settle(chat))) await readOn(chat);
    },
    [readOn, settle],
  );

  /** What was sent into a session that had ended is not lost: it goes back to the box, or waits with what is behind it. */
  const handBack = useCallback(
    (chat: Chat<ChatMessage>, message: ChatMessage) => {
      const waits = outbox.has(message.id);
      if (waits) chat.messages = chat.messages.filter((one) => one !== message);
      if (waits && (outbox.read().length > 1 || message.parts.some((part) => part.type !== "text"))) return;
      outbox.remove(message.id);
      latest.current.onUnsent(wordsOf(message), chat.messages.length === 0);
    },
    [outbox],
  );

  const [isTaken, setTaken] = useState(false);
  /** An answer is being written that was asked for elsewhere: the message waits again, and that answer is read on meanwhile. */
  const waitForOther = useCallback((chat: Chat<ChatMessage>) => {
    setTaken(true);
    chat.messages = chat.messages.slice(0, -1);
    chat.clearError();
    void pause(ELSEWHERE_MILLISECONDS).then(() => setTaken(false));
  }, []);

  const sent = useRef<{ body: Body | null }>({ body: null });
  const [progress] = useState(() => new ToolProgress());
  const chat = useMemo(() => {
    const made: Chat<ChatMessage> = new Chat<ChatMessage>({
      id,
      generateId: () => newId("m"),
      messages: toChatMessages(history?.messages ?? []),
      transport: transportFor({
        model: () => latest.current.model,
        agent: () => latest.current.agentId,
        sent: sent.current,
        onTaken: (messageId) => {
          outbox.remove(messageId);
          line.found();
        },
        // useChat has seen the answer only after this.
        onResumed: () => window.setTimeout(() => setKnown(true), 0),
      }),
      onData: (part) => {
        if (part.type === "data-progress") progress.tell(part.data.toolCallId, part.data.message);
      },
      onFinish: ({ message, isAbort, isDisconnect, isError }) => {
        const last = made.messages.at(-1);
        if (isDisconnect && last !== undefined && outbox.has(last.id)) {
          // It never arrived, as far as anybody knows: it waits for the line, and goes out under the same name.
          made.messages = made.messages.slice(0, -1);
          made.clearError();
          line.lost();
          return;
        }
        if (isDisconnect) {
          if (comingBack.current) return;
          comingBack.current = true;
          void reconnect(made).finally(() => {
            comingBack.current = false;
          });
          return;
        }
        if (isError && last !== undefined && outbox.has(last.id) && asProblem(made.error).tag === ANSWERED_ELSEWHERE) {
          waitForOther(made);
          return;
        }
        if (!isError && !isAbort) announce(closingWords(message));
        // A question that was refused is nowhere but on this page: reading the server's would lose it.
        if (isError && isUnanswered(made)) return;
        // useChat is done with this answer only after this callback.
        window.setTimeout(() => void settle(made).then((isWriting) => (isWriting ? readOn(made) : undefined)), 0);
      },
      onError: (error) => {
        const problem = asProblem(error);
        const { status, tag } = problem;
        const last = made.messages.at(-1);
        if (status === 401) {
          if (last?.role === "user") handBack(made, last);
          sessionEnded();
          return;
        }
        noteRefusal(problem);
        if (last && tag !== "unreachable" && tag !== TOKEN_IS_OLD && tag !== ANSWERED_ELSEWHERE && status < 500 && status !== 429) outbox.remove(last.id);
      },
    });
    return made;
    // The history is where a conversation begins; later readings go through settle().
    // oxlint-disable-next-line react/exhaustive-deps
  }, [id]);

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
      // This closes the line only; the server works on, and the answer is there when one comes back.
      void chat.stop();
    };
  }, [chat]);

  const mayRead = useCallback(
    () => !isBusy(chat) && !isUnknown(chat) && !isAway() && !goingOn.current && !comingBack.current,
    [chat, isAway],
  );
  const isJoining = useInStep({ id, chat, mayRead, known, reading, settle, readOn });

  const { messages, status, error, sendMessage, regenerate, clearError } = useChat<ChatMessage>({
    chat,
    resume: isResumed,
    throttle: THROTTLE_MILLISECONDS,
  });
  const busy = isJoining || status === "submitted" || status === "streaming";
  useEffect(() => {
    if (status !== "ready") setKnown(true);
  }, [status]);
  const { resting } = line;
  const { unsent, hold } = useSending({ chat, outbox, messages, status, busy: busy || isTaken || reconnecting || !known || !stretch.isAtEnd, resting });

  // The list shows a new conversation, and that it is being answered, as soon as the answer begins.
  useEffect(() => {
    if (status === "streaming") latest.current.onChange();
  }, [status]);

  const send = useCallback(
    (text: string, { files = [], model = latest.current.model }: Extras = {}) => {
      if (chat.status === "error") {
        // Whoever goes on leaves what was refused behind.
        outbox.remove(...chat.messages.map((message) => message.id));
        chat.clearError();
      }
      const parts = [...files, ...(text === "" ? [] : [{ type: "text" as const, text }])];
      const { agentId } = latest.current;
      outbox.add({
        id: newId("m"),
        parts,
        ...(model ? { model } : {}),
        ...(agentId ? { agentId } : {}),
        ...(isBusy(chat) ? { patient: true } : {}),
      });
    },
    [chat, outbox],
  );

  const takeBack = useCallback((messageId: string) => outbox.remove(messageId), [outbox]);

  /** Send what waits now, whatever it waits for. */
  const { tryNow } = line;
  const sendNow = useCallback(() => {
    tryNow();
    clearError();
  }, [clearError, tryNow]);

  const edit = useCallback(
    (message: ChatMessage, text: string) => {
      // The edited question is a new message beside the old one, so it gets a name of its own.
      const edited = { id: newId("m"), role: "user" as const, parts: [...filesIn(message), { type: "text" as const, text }] };
      // What the server never took cannot be edited there: it is said anew, in the place it was meant for.
      const unknown = message === chat.messages.at(-1) && isUnknown(chat);
      const way: Way = unknown ? { edits: sent.current.body?.messageId ?? null } : {};
      outbox.remove(message.id);
      atEnd();
      void sendMessage({ ...edited, messageId: message.id }, { metadata: way });
    },
    [atEnd, chat, outbox, sendMessage],
  );

  const again = useCallback(
    (message: ChatMessage, model?: string) => {
      atEnd();
      void regenerate({ messageId: message.id, metadata: { model } satisfies Way });
    },
    [atEnd, regenerate],
  );

  const retry = useCallback(() => {
    const last = chat.messages.at(-1);
    const neverArrived = isUnknown(chat);
    clearError();
    // Whoever was refused may have chosen another model since.
    if (neverArrived) void regenerate({ metadata: { resend: true, model: latest.current.model } satisfies Way });
    else if (last) void regenerate(last.role === "assistant" ? { messageId: last.id } : {});
  }, [chat, clearError, regenerate]);

  const goOn = useCallback(() => readOn(chat), [chat, readOn]);

  const stop = useCallback(async () => {
    try {
      await answered(api.POST("/api/v1/chat/{conversation_id}/stop", { params: { path: { conversation_id: id } } }));
    } catch (problem) {
      toastProblem(problem);
    }
    // The server ends the answer and tells so; wait for its last words a moment before closing the line.
    for (let turn = 0; turn < 10 && isBusy(chat); turn += 1) await pause(50);
    await chat.stop();
  }, [chat, id]);

  const onThread = useCallback((thread: Thread) => latest.current.onThread(thread), []);
  const { find, toEnd, showBranch } = useFinding({ id, chat, stretch, settle, readOn, onThread });

  const choose = useCallback(
    async (messageId: string) => {
      try {
        await showBranch(messageId);
        clearError();
        await (isAway() ? find(messageId) : settle(chat, true));
      } catch (problem) {
        toastProblem(problem);
      }
    },
    [chat, clearError, find, isAway, settle, showBranch],
  );

  const { lost: giveRest } = line;
  const isSentAway = !stretch.isAtEnd && unsent.length > 0 && !resting;
  useEffect(() => {
    // What is said stands behind the end, so that comes first.
    if (isSentAway) void toEnd(true).catch(() => undefined).then(() => (isAway() ? giveRest() : undefined));
  }, [giveRest, isAway, isSentAway, toEnd]);

  const show = useCallback((messageId: string) => find(messageId).catch(toastProblem), [find]);
  const leave = useCallback(() => toEnd().catch(toastProblem), [toEnd]);
  const loadOlder = useCallback(() => load(chat, "older"), [chat, load]);
  const loadNewer = useCallback(async () => {
    // Once it shows the end it is in step again.
    if ((await load(chat, "newer")) && !isAway() && (await settle(chat))) await readOn(chat);
  }, [chat, isAway, load, readOn, settle]);

  return {
    messages,
    status,
    busy,
    error: reconnecting ? undefined : error,
    reconnecting: reconnecting && status !== "streaming",
    /** The line failed what waits. */
    lost: line.isLost && unsent.length > 0,
    older: stretch.older,
    newer: stretch.newer,
    unsent,
    hold: known ? hold : ("nothing" as const),
    send,
    sendNow,
    takeBack,
    edit,
    again,
    retry,
    stop,
    goOn,
    choose,
    find: show,
    toEnd: leave,
    loadOlder,
    loadNewer,
    progress,
  };
}
