// What a chat of useChat is at, in the words of this room.
import type { Chat } from "@ai-sdk/react";

import { asProblem } from "~/shared/api/problems";

import type { ChatMessage } from "./messages";

export const isBusy = (chat: Chat<ChatMessage>): boolean => chat.status === "submitted" || chat.status === "streaming";

/** Whether the last thing said is a question that got no answer yet, not even the beginning of one. */
export const isUnanswered = (chat: Chat<ChatMessage>): boolean => chat.messages.at(-1)?.role === "user";

/** Whether the last question was refused or never arrived, so that this page alone knows it. */
export const isUnknown = (chat: Chat<ChatMessage>): boolean =>
  isUnanswered(chat) && chat.error !== undefined && asProblem(chat.error).tag !== "stream";

export const pause = (milliseconds: number) => new Promise<void>((done) => window.setTimeout(done, milliseconds));
