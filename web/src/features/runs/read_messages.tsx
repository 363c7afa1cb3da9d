// Messages to be read and not answered, as in a conversation that a colleague shares.
import { useMemo } from "react";

import type { Message } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { wholeMoment } from "~/shared/lib/moments";
import { CopyButton } from "~/shared/ui/copy_button";

import { AttachmentView } from "./attachment_view";
import { sentenceOf } from "./failures";
import { MessageParts } from "./message_parts";
import { Failure } from "./message_row";
import { type ChatMessage, hasContent, toChatMessage, wordsOf } from "./messages";

function Question({ message }: { message: ChatMessage }) {
  return (
    <div className="flex flex-col items-end">
      <AttachmentView message={message} />
      {wordsOf(message) === "" ? null : (
        <div dir="auto" className="max-w-[85%] rounded-2xl rounded-ee-md bg-bubble px-4 py-2.5 leading-6 whitespace-pre-wrap wrap-anywhere">{wordsOf(message)}</div>
      )}
    </div>
  );
}

function Answer({ message, read }: { message: ChatMessage; read: Message }) {
  const trouble = sentenceOf(read.error, read.status);
  return (
    <>
      {hasContent(message) ? <MessageParts message={message} streaming={false} last={false} /> : null}
      {trouble === null ? null : <Failure sentence={trouble} busy={false} actions={null} />}
      {read.status === "in_progress" ? <p className="py-1 text-sm text-quiet">{t("This answer is still being written.")}</p> : null}
      <div className="mt-1 -ms-1.5 flex h-7 items-center gap-1.5 text-xs text-quiet">
        <CopyButton text={() => wordsOf(message)} label={t("Copy answer")} />
        {read.model ? <span dir="ltr" className="truncate">{read.model.slice(read.model.indexOf("/") + 1)}</span> : null}
        {read.model ? <span aria-hidden>·</span> : null}
        <time dateTime={read.created_at}>{wholeMoment(read.created_at)}</time>
      </div>
    </>
  );
}

function Row({ read }: { read: Message }) {
  const message = useMemo(() => toChatMessage(read), [read]);
  if (message === null) return null;
  const own = message.role === "user";
  return (
    <article aria-label={own ? t("Question") : "Steward"} data-role={message.role} className="py-2.5 [contain-intrinsic-size:auto_8rem] [content-visibility:auto]">
      {own ? <Question message={message} /> : <Answer message={message} read={read} />}
    </article>
  );
}

/** Messages in their order, oldest first. */
export default function ReadMessages({ messages }: { messages: readonly Message[] }) {
  return messages.map((message) => <Row key={message.id} read={message} />);
}
