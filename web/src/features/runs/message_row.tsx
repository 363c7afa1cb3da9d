// One row of a conversation, drawn again only when its message changed.
import { ChevronLeft, ChevronRight, Pencil, RefreshCw } from "lucide-react";
import { type KeyboardEvent, memo, useContext, useEffect, useRef, useState } from "react";

import { inLine } from "~/shared/language/facts";
import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { seconds, shortMoment, wholeMoment } from "~/shared/lib/moments";
import { shortDollars } from "~/shared/lib/money";
import { Button, IconButton } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";
import { Notice } from "~/shared/ui/notice";

import { AttachmentView } from "./attachment_view";
import { FactsShown } from "./facts_shown";
import { sentenceOf } from "./failures";
import { type Found, useFoundRow } from "./found_row";
import { MessageParts } from "./message_parts";
import { type ChatMessage, hasContent, serverId, wordsOf } from "./messages";
import { OtherModel } from "./other_model";
import { RatingButtons } from "./rating_buttons";
import { ShareButton } from "./share_button";
import { StreamingIndicator } from "./streaming_indicator";

export type Step = "previous" | "next";

/** What a row can ask for; one object for all rows, which never changes. */
export type RowActions = {
  again: (message: ChatMessage, model?: string) => void;
  edit: (message: ChatMessage, text: string) => void;
  editing: (id: string | null) => void;
  /** Show another version; `step` is the button that was pressed. */
  choose: (messageId: string, step: Step) => void;
  retry: () => void;
};

const hidden =
  "opacity-0 transition-opacity duration-150 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100";

function Pager({ message, actions }: { message: ChatMessage; actions: RowActions }) {
  const siblings = message.metadata?.siblings ?? [];
  const place = siblings.indexOf(serverId(message));
  if (siblings.length < 2 || place < 0) return null;
  const before = siblings[place - 1];
  const after = siblings[place + 1];
  return (
    <span className="flex items-center text-xs text-quiet" role="group" aria-label={t("Versions|of a message")}>
      <IconButton
        small
        label={t("Previous version")}
        aria-disabled={before === undefined}
        className="aria-disabled:opacity-40"
        data-step="previous"
        onClick={() => before !== undefined && actions.choose(before, "previous")}
      >
        <ChevronLeft aria-hidden className="size-4 rtl:rotate-180" />
      </IconButton>
      <span className="min-w-8 text-center">
        {place + 1}/{siblings.length}
      </span>
      <IconButton
        small
        label={t("Next version")}
        aria-disabled={after === undefined}
        className="aria-disabled:opacity-40"
        data-step="next"
        onClick={() => after !== undefined && actions.choose(after, "next")}
      >
        <ChevronRight aria-hidden className="size-4 rtl:rotate-180" />
      </IconButton>
    </span>
  );
}

function isoOf(moment: string | number | undefined): string | null {
  if (moment === undefined) return null;
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function QuietLine({ message }: { message: ChatMessage }) {
  const { model, usage, duration_ms, cost_usd, created_at, status, finish_reason } = message.metadata ?? {};
  const iso = isoOf(created_at);
  const showsFacts = useContext(FactsShown);
  const facts = [
    model ? model.slice(model.indexOf("/") + 1) : null,
    usage ? counted(usage.total_tokens, "{count} token", "{count} tokens") : null,
    shortDollars(cost_usd),
    duration_ms ? seconds(duration_ms) : null,
  ];
  const words = [
    status === "cancelled" ? t("stopped") : null,
    status === "incomplete" || finish_reason === "length" ? t("cut at the length limit") : null,
    ...(showsFacts ? facts : []),
  ].filter((word) => word !== null);
  return (
    <span className="flex min-w-0 items-center gap-1.5 truncate text-xs text-quiet">
      <span className="truncate" title={inLine(words)}>
        {inLine(words)}
      </span>
      {iso ? (
        <>
          {words.length > 0 ? <span aria-hidden>·</span> : null}
          <time dateTime={iso} title={wholeMoment(iso)} className="whitespace-nowrap">
            {shortMoment(iso)}
          </time>
        </>
      ) : null}
    </span>
  );
}

function EditBox({ message, actions }: { message: ChatMessage; actions: RowActions }) {
  const [text, setText] = useState(() => wordsOf(message));
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const area = box.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);

  const close = () => actions.editing(null);
  const save = () => {
    const next = text.trim();
    if (next === "") return;
    close();
    if (next !== wordsOf(message)) actions.edit(message, next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      save();
    }
  };

  return (
    <div className="w-full rounded-2xl border border-line-strong bg-raised p-2">
      <textarea
        ref={box}
        value={text}
        rows={Math.min(8, Math.max(2, text.split("\n").length))}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        aria-label={t("Your message")}
        dir="auto"
        className="block w-full resize-none bg-transparent px-2 py-1.5 outline-none"
      />
      <div className="flex items-center justify-end gap-2 pt-1">
        <Button onClick={close}>{t("Cancel")}</Button>
        <Button look="loud" onClick={save} disabled={text.trim() === ""}>
          {t("Send")}
        </Button>
      </div>
    </div>
  );
}

type UserRowProps = { message: ChatMessage; busy: boolean; editing: boolean; actions: RowActions };

function UserRow({ message, busy, editing, actions }: UserRowProps) {
  const editButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  // Whoever gives an edit up by keyboard stays where they were.
  useEffect(() => {
    if (wasEditing.current && !editing && document.activeElement === document.body) editButton.current?.focus({ preventScroll: true });
    wasEditing.current = editing;
  }, [editing]);
  if (editing) return <EditBox message={message} actions={actions} />;
  return (
    <div className="flex flex-col items-end">
      <AttachmentView message={message} />
      {wordsOf(message) === "" ? null : (
        <div dir="auto" className="max-w-[85%] rounded-2xl rounded-ee-md bg-bubble px-4 py-2.5 leading-6 whitespace-pre-wrap wrap-anywhere">
          {wordsOf(message)}
        </div>
      )}
      <div className="mt-1 flex h-7 items-center">
        <span className={classes("flex", hidden)}>
          <CopyButton text={() => wordsOf(message)} label={t("Copy message")} />
          <IconButton ref={editButton} small label={t("Edit message")} disabled={busy} onClick={() => actions.editing(message.id)}>
            <Pencil aria-hidden className="size-4" />
          </IconButton>
        </span>
        <Pager message={message} actions={actions} />
      </div>
    </div>
  );
}

type FailureProps = { sentence: string; busy: boolean; actions: RowActions | null };

/** The sentence, and apart from it the run to ask about, which the server puts behind it in brackets. */
function parted(sentence: string): [words: string, run: string | null] {
  const found = /^(.*?)\s*\((run_\w+)\)$/s.exec(sentence);
  return found ? [found[1] ?? "", found[2] ?? null] : [sentence, null];
}

export function Failure({ sentence, busy, actions }: FailureProps) {
  const [words, run] = parted(sentence);
  return (
    <Notice
      kind="problem"
      className="my-2"
      action={
        actions ? (
          <Button look="danger" busy={busy} onClick={actions.retry}>
            {t("Try again")}
          </Button>
        ) : null
      }
    >
      {words}
      {run === null ? null : <span dir="ltr" className="mt-0.5 block text-start font-mono text-xs opacity-90">{run}</span>}
    </Notice>
  );
}

function troubleOf({ metadata }: ChatMessage): string | null {
  const sentence = sentenceOf(metadata?.error, metadata?.status);
  return metadata?.error && metadata.run_id ? `${sentence ?? ""} (${metadata.run_id})` : sentence;
}

type AssistantRowProps = UserRowProps & { streaming: boolean; last: boolean; failure: string | null };

function AssistantRow({ message, busy, streaming, last, failure, actions }: AssistantRowProps) {
  const shown = hasContent(message);
  const trouble = failure ?? (streaming ? null : troubleOf(message));
  return (
    <div>
      {streaming && !shown ? <StreamingIndicator /> : null}
      {shown ? <MessageParts message={message} streaming={streaming} last={last} /> : null}
      {trouble === null ? null : <Failure sentence={trouble} busy={busy} actions={last ? actions : null} />}
      {/* The line keeps its place while the answer streams, so that nothing jumps at the end. */}
      <div className="mt-1.5 flex min-h-13 flex-wrap content-start items-center gap-x-1 sm:min-h-7">
        {streaming ? null : (
          <>
            <span className={classes("-ms-1.5 flex", !last && hidden)}>
              {shown ? <CopyButton text={() => wordsOf(message)} label={t("Copy answer")} /> : null}
              {shown ? <RatingButtons message={message} /> : null}
              <IconButton small label={t("Regenerate")} disabled={busy} onClick={() => actions.again(message)}>
                <RefreshCw aria-hidden className="size-4" />
              </IconButton>
              <OtherModel answered={message.metadata?.model} disabled={busy} onChoose={(model) => actions.again(message, model)} />
              <ShareButton />
            </span>
            <Pager message={message} actions={actions} />
            <span className={classes("min-w-0 basis-full sm:basis-0 sm:grow sm:ps-1", !last && hidden)}>
              <QuietLine message={message} />
            </span>
          </>
        )}
      </div>
    </div>
  );
}

export type MessageRowProps = {
  message: ChatMessage;
  busy: boolean;
  streaming: boolean;
  last: boolean;
  /** It was looked for, and is shown. */
  found?: Found | null;
  editing: boolean;
  failure: string | null;
  actions: RowActions;
};

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, busy, editing, actions } = props;
  const own = message.role === "user";
  const { row, isMarked } = useFoundRow(props.found ?? null);
  return (
    <article
      ref={row}
      tabIndex={props.found ? -1 : undefined}
      data-found={isMarked || undefined}
      aria-label={own ? t("You") : "Steward"}
      data-role={message.role}
      data-message={serverId(message)}
      className={classes("group mx-auto w-full max-w-3xl rounded-2xl px-4 outline-offset-[-2px] transition-colors duration-700 data-found:bg-accent-soft sm:px-6", own ? "pt-5" : "pt-3", props.last && "pb-5")}
    >
      {own ? <UserRow message={message} busy={busy} editing={editing} actions={actions} /> : <AssistantRow {...props} />}
    </article>
  );
});
