// The rows of a conversation, only those in sight in the page. It follows the newest words unless somebody scrolled
// up, and keeps its place when older messages are put in front.
import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { VList, type VListHandle } from "virtua";

import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";

import type { Found } from "./found_row";
import { Failure, MessageRow, type RowActions } from "./message_row";
import { type ChatMessage, isSentHere, serverId } from "./messages";
import type { Unsent } from "./outbox";
import type { Hold } from "./sending";
import { StreamingIndicator } from "./streaming_indicator";
import { waitingIn } from "./tool_calls";
import { type UnsentActions, UnsentRow } from "./unsent_row";

const NEAR_END = 48;
const NEAR_START = 600;
const HAND_MILLISECONDS = 500;
const DRAG_MILLISECONDS = 5_000;
const REST_MILLISECONDS = 300;
const UP_KEYS = new Set(["PageUp", "ArrowUp", "Home"]);
/** So much of what was said before a found message is in sight above it. */
const ABOVE_FOUND = 64;

type Row = { key: string; message: ChatMessage | null; unsent?: Unsent };

type MessageListProps = {
  messages: ChatMessage[];
  busy: boolean;
  failure: string | null;
  /** What was said and is not sent yet, and why. */
  unsent: readonly Unsent[];
  hold: Hold;
  unsentActions: UnsentActions;
  actions: Omit<RowActions, "editing">;
  older: { cursor: string | null; loading: boolean };
  onOlder: () => void;
  newer: { cursor: string | null; loading: boolean };
  onNewer: () => void;
  /** Show the conversation's end, where that is not among the messages. */
  onEnd: () => void;
  /** The message that was looked for. */
  found: Found | null;
};

/** Whether this drawing puts rows in front of those that were there. */
function usePrepended(rows: Row[]): boolean {
  // What the last drawing began with is just what must be compared here.
  /* oxlint-disable react/refs */
  const before = useRef<string | undefined>(undefined);
  const first = rows[0]?.key;
  const prepended = before.current !== undefined && before.current !== first && rows.some((row) => row.key === before.current);
  useLayoutEffect(() => {
    before.current = first;
  });
  return prepended;
  /* oxlint-enable react/refs */
}

export function MessageList({ messages, busy, failure, unsent, hold, unsentActions, actions, older, onOlder, newer, onNewer, onEnd, found }: MessageListProps) {
  const list = useRef<VListHandle>(null);
  const following = useRef(found === null);
  const lastOffset = useRef(0);
  const [away, setAway] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const rowActions = useMemo<RowActions>(() => ({ ...actions, editing: setEditing }), [actions]);

  const last = messages.at(-1);
  const waiting = busy && last?.role === "user";
  const lost = !busy && failure !== null && last?.role === "user";
  const rows = useMemo<Row[]>(
    () => [
      ...messages.map((message) => ({ key: message.id, message })),
      ...(waiting || lost ? [{ key: "answer", message: null }] : []),
      ...unsent.map((item) => ({ key: item.id, message: null, unsent: item })),
    ],
    [messages, waiting, lost, unsent],
  );
  const shift = usePrepended(rows);
  const end = messages.length - 1;
  const foundPlace = found === null ? -1 : rows.findIndex(({ message }) => message !== null && serverId(message) === found.id);
  // What somebody is typing into stays, however far they scroll.
  const written = rows.flatMap(({ key, message }, place) =>
    key === editing || place === foundPlace || (place === end && message !== null && waitingIn(message).length > 0) ? [place] : [],
  );

  const goesOn = newer.cursor !== null;
  // The list's own way to its end holds on to it for a while, and would pull back who scrolls up in that while.
  const frame = useRef<HTMLDivElement>(null);
  const lastHeight = useRef(-Infinity);
  const follow = useCallback(() => {
    const region = frame.current?.querySelector("[role=region]");
    if (region && following.current && !goesOn) region.scrollTop = region.scrollHeight;
  }, [goesOn]);

  const sought = useRef<Found | null>(null);
  useLayoutEffect(() => {
    if (found === null) sought.current = null;
    if (foundPlace < 0 || sought.current === found) return;
    sought.current = found;
    following.current = false;
    list.current?.scrollToIndex(foundPlace, { align: "start", offset: -ABOVE_FOUND });
  }, [found, foundPlace]);

  useLayoutEffect(() => {
    const content = frame.current?.querySelector<HTMLElement>("[role=region] > *");
    if (!content) return undefined;
    // The list writes its height down when it has measured its rows: that is before they show.
    let height = "";
    const observer = new MutationObserver(() => {
      if (content.style.height === height) return;
      height = content.style.height;
      lastHeight.current = performance.now();
      follow();
    });
    observer.observe(content, { attributes: true, attributeFilter: ["style"] });
    follow();
    return () => observer.disconnect();
  }, [follow]);

  // Sending is looking at the end again.
  const ownMessages = messages.filter((message) => message.role === "user" && isSentHere(message)).length + unsent.length;
  const seen = useRef(ownMessages);
  useEffect(() => {
    if ((busy || unsent.length > 0) && ownMessages > seen.current) {
      following.current = true;
      setAway(false);
      follow();
    }
    seen.current = ownMessages;
  }, [busy, ownMessages, unsent.length, follow]);

  // Whoever turns the wheel up, or presses a key for it, is let go at once: words that come in between would pull them back.
  const handUntil = useRef(-Infinity);
  const onHand = (isUp: boolean, milliseconds = HAND_MILLISECONDS) => {
    handUntil.current = performance.now() + milliseconds;
    if (isUp && lastOffset.current > 0) following.current = false;
  };

  const onScroll = (offset: number) => {
    const handle = list.current;
    if (!handle) return;
    const rest = handle.scrollSize - handle.viewportSize - offset;
    const isUp = offset < lastOffset.current - 1;
    const isByHand = performance.now() < handUntil.current;
    // Rows that come, go or get their height move the offset, too; while they do, only a hand counts.
    const isAtRest = performance.now() - lastHeight.current > REST_MILLISECONDS;
    if (isUp && (isByHand || (isAtRest && rest > NEAR_END))) following.current = false;
    else if (!isUp && rest <= NEAR_END && !goesOn) following.current = true;
    lastOffset.current = offset;
    setAway(!following.current && (goesOn || rest > NEAR_END));
    if (offset < NEAR_START && older.cursor !== null && !older.loading) onOlder();
    else if (rest < NEAR_START && goesOn && !newer.loading) onNewer();
  };

  const toEnd = () => {
    following.current = true;
    setAway(false);
    if (goesOn) onEnd();
    else follow();
  };

  return (
    <div ref={frame} className="relative min-h-0 flex-1">
      {older.loading ? (
        <p role="status" className="absolute inset-x-0 top-2 z-10 mx-auto w-fit rounded-full border border-line bg-raised px-3 py-1 text-xs text-quiet shadow-low">
          {t("Loading older messages…")}
        </p>
      ) : null}
      <VList
        ref={list}
        data={rows}
        shift={shift}
        bufferSize={600}
        onScroll={onScroll}
        onResize={follow}
        onWheel={({ deltaY }) => onHand(deltaY < 0)}
        onTouchMove={() => onHand(false)}
        onKeyDown={({ key, target, currentTarget }) => {
          // In a box within a row the keys have other work.
          if (target === currentTarget && UP_KEYS.has(key)) onHand(true);
          else if (key === "Tab") onHand(false);
        }}
        // A press on the list itself is one on its scrollbar.
        onPointerDown={({ target, currentTarget }) => target === currentTarget && onHand(false, DRAG_MILLISECONDS)}
        keepMounted={written}
        // The keyboard scrolls this region, so it must be able to reach it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={t("Conversation")}
        // The list would take no press while it scrolls, and for a moment after.
        className="outline-offset-[-2px] *:pointer-events-auto!"
      >
        {(row, place) =>
          row.unsent ? (
            <UnsentRow key={row.key} item={row.unsent} hold={hold} first={row.unsent === unsent[0]} actions={unsentActions} />
          ) : row.message === null ? (
            <div key={row.key} className="mx-auto w-full max-w-3xl px-4 pt-3 pb-5 sm:px-6">
              {lost && failure !== null ? <Failure sentence={failure} busy={busy} actions={rowActions} /> : <StreamingIndicator />}
              <div className="mt-1.5 h-13 sm:h-7" />
            </div>
          ) : (
            <MessageRow
              key={row.key}
              message={row.message}
              busy={busy}
              streaming={busy && place === end}
              last={place === end}
              found={place === foundPlace ? found : null}
              editing={row.key === editing}
              failure={place === end && !busy ? failure : null}
              actions={rowActions}
            />
          )
        }
      </VList>
      {away ? (
        <IconButton
          label={t("To the end")}
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full! border border-line bg-raised shadow-float"
        >
          <ArrowDown aria-hidden className="size-4" />
        </IconButton>
      ) : null}
    </div>
  );
}
