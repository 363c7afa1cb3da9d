// The page in the frame: a heading, the kinds of chat to choose from, and the conversation.
import { SquarePen, X } from "lucide-react";
import { type MouseEvent, useEffect, useRef, useState } from "react";

import { FactsShown } from "~/features/runs/facts_shown";
import { asProblem } from "~/shared/api/problems";
import { type Word, t } from "~/shared/language/words";
import { Button, IconButton } from "~/shared/ui/button";
import { Segments } from "~/shared/ui/segments";

import type { Kind, Wishes } from "../protocol";
import { ChatPanel, Trouble, Waiting } from "./chat_panel";
import { useChats } from "./chats";
import { type Line, useLine, useTooLong } from "./line";
import { visitorOf } from "./token_keeper";

const LONG_MILLISECONDS = 8_000;
const NAMES: Record<Kind, Word> = { basic: "Basic chat", assistant: "AI assistant" };

function Chats({ line, wishes, token, lost }: { line: Line; wishes: Wishes; token: string; lost: boolean }) {
  const [kind, setKind] = useState(wishes.kind);
  const { found, placeOf, beginAnew, keep } = useChats();
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => line.whenShown(() => takeFocus(box.current)), [line]);
  const place = placeOf(kind);
  const choices = wishes.kinds.map((value) => ({ value, label: t(NAMES[value]) }));
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line px-3 py-2">
        <h1 dir="auto" className="min-w-0 flex-1 truncate text-sm font-semibold">{wishes.label}</h1>
        <IconButton small label={t("New conversation")} onClick={() => beginAnew(kind)}>
          <SquarePen aria-hidden className="size-4" />
        </IconButton>
        {wishes.closable ? (
          <IconButton small label={t("Close")} onClick={() => line.close()}>
            <X aria-hidden className="size-4" />
          </IconButton>
        ) : null}
        {choices.length > 1 ? (
          <div className="flex w-full">
            <Segments label={t("Kind of chat")} value={kind} choices={choices} onChoose={setKind} />
          </div>
        ) : null}
      </header>
      {lost ? (
        <div className="shrink-0 border-b border-line">
          <Lost line={line} />
        </div>
      ) : null}
      {found.isPending ? <Waiting label={t("Loading the conversation")} /> : null}
      {found.isError ? (
        <Trouble
          action={
            <Button look="danger" busy={found.isFetching} onClick={() => void found.refetch()}>
              {t("Try again")}
            </Button>
          }
        >
          {asProblem(found.error).message}
        </Trouble>
      ) : null}
      {found.data ? (
        <ChatPanel key={`${kind} ${place.id}`} kind={kind} place={place} visitor={visitorOf(token)} box={box} onReady={() => wishes.focus && takeFocus(box.current)} onBegun={() => keep(kind, place)} />
      ) : null}
    </>
  );
}

/** On a touch screen the focus would bring up the keyboard over the chat. */
function takeFocus(box: HTMLTextAreaElement | null): void {
  if (!window.matchMedia("(pointer: coarse)").matches) box?.focus({ preventScroll: true });
}

function Lost({ line }: { line: Line }) {
  return (
    <Trouble action={<Button look="danger" onClick={() => void line.renew()}>{t("Try again")}</Button>}>
      {t("The chat could not sign you in. Try again, or reload the page. What you wrote is kept.")}
    </Trouble>
  );
}

/** Pages of the workspace are not for visitors, and would not show in a frame. */
function stayHere(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (link?.getAttribute("href")?.startsWith("/")) event.preventDefault();
}

export function EmbedPage({ line }: { line: Line }) {
  const { wishes, token, lost } = useLine(line);
  const late = useTooLong(wishes === null, LONG_MILLISECONDS);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events
    <main aria-label={wishes?.label ?? t("Chat")} className="flex h-full min-w-0 flex-col" onClickCapture={stayHere}>
      {wishes !== null && token !== null ? (
        <FactsShown value={false}>
          <Chats line={line} wishes={wishes} token={token} lost={lost} />
        </FactsShown>
      ) : null}
      {wishes !== null && token === null ? <h1 className="sr-only">{wishes.label}</h1> : null}
      {token === null && lost ? <Lost line={line} /> : null}
      {token === null && !lost && !late ? <Waiting label={t("Loading")} /> : null}
      {late ? <Trouble>{t("This chat is to be shown within another page. Open that page instead.")}</Trouble> : null}
    </main>
  );
}
