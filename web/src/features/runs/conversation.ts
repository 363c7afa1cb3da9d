// One conversation on the real useChat. What a person does in it, how it keeps up with the server, what waits to be sent
// and how far it is shown are pieces of their own; here they meet. Branches live on the server; the page holds the visible path.
import { Chat, useChat } from "@ai-sdk/react";
import { getToolName } from "ai";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { TOKEN_IS_OLD, answered, api, noteRefusal, sessionEnded } from "~/shared/api/client";
import { asProblem } from "~/shared/api/problems";
import type { Thread, ThreadDetail } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { newId } from "~/shared/lib/ids";
import { toastProblem } from "~/shared/ui/toasts";

import { isBusy, isUnanswered, pause } from "./chat_state";
import { type Body, transportFor } from "./chat_transport";
import { useFinding } from "./finding";
import { namesOf } from "./history";
import { useInStep } from "./in_step";
import { useKeepingUp } from "./keeping_up";
import { type ChatMessage, toChatMessages, wordsOf } from "./messages";
import { Outbox } from "./outbox";
import { useSaying } from "./saying";
import { useLine, useSending } from "./sending";
import { useStretch } from "./stretch";
import { waitingIn } from "./tool_calls";
import { ToolProgress } from "./tool_progress";
import { toolWords } from "./tool_words";

const THROTTLE_MILLISECONDS = 50;
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

/** What is read aloud when an answer is over, or cannot go on by itself. */
function closingWords(message: ChatMessage): string {
  const [first] = waitingIn(message);
  if (first === undefined) return t("Steward answered: {words}", { words: wordsOf(message) });
  const tool = toolWords(getToolName(first.call));
  return first.action.kind === "approval"
    ? t("Steward waits for approval: {tool}", { tool })
    : t("Steward waits for an answer from outside: {tool}", { tool });
}

export function useConversation(options: ConversationOptions) {
  const { id, userId, history } = options;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const stretch = useStretch(id, history);
  const { atEnd, isAway, load } = stretch;
  // Nobody knows whether an answer is being written until the server has said so.
  const [isResumed] = useState(() => history !== null && !isAway());
  const [known, setKnown] = useState(!isResumed);
  const line = useLine();
  const outbox = useMemo(() => {
    const made = new Outbox(userId, id);
    if (history) made.remove(...namesOf(history));
    return made;
    // The history is where a conversation begins.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [userId, id]);

  const { settle, reading, readOn, comeBack, reconnecting, mayRead } = useKeepingUp({ id, stretch, outbox, told: latest });

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
          void comeBack(made);
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

  // This closes the line only; the server works on, and the answer is there when one comes back.
  useEffect(() => () => void chat.stop(), [chat]);

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

  const { send, takeBack, sendNow, edit, again, retry } = useSaying({
    chat,
    outbox,
    chosen: latest,
    sent: sent.current,
    atEnd,
    tryNow: line.tryNow,
    sendMessage,
    regenerate,
    clearError,
  });

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
