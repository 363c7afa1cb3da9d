// The row of a message that was looked for: it gets the focus, so that one reads on from there, and is marked for a moment.
import { type RefObject, useEffect, useRef, useState } from "react";

const MARKED_MILLISECONDS = 3000;
/** A row cannot take the focus before the list has measured it. */
const FOCUS_AGAIN_MILLISECONDS = 50;
const MOST_TRIES = 20;

function focusWhenSeen(row: HTMLElement | null): () => void {
  let tries = 0;
  let timer = 0;
  const attempt = () => {
    // Whoever opened something over the page meanwhile stays in it.
    if (row === null || document.querySelector("[role=dialog],[role=alertdialog],[role=menu]") !== null) return;
    row.focus({ preventScroll: true });
    tries += 1;
    if (document.activeElement !== row && tries < MOST_TRIES) timer = window.setTimeout(attempt, FOCUS_AGAIN_MILLISECONDS);
  };
  attempt();
  return () => window.clearTimeout(timer);
}

/** A message that was looked for, by the server's name, and in which press of a link: who presses again is led there again. */
export type Found = { readonly id: string; readonly press: number };

export function useFoundRow(found: Found | null): { row: RefObject<HTMLElement | null>; isMarked: boolean } {
  const row = useRef<HTMLElement | null>(null);
  const [before, setBefore] = useState<Found | null>(null);
  const [isMarked, setMarked] = useState(false);
  if (found !== before) {
    setBefore(found);
    setMarked(found !== null);
  }
  useEffect(() => {
    if (found === null) return undefined;
    const leave = focusWhenSeen(row.current);
    const timer = window.setTimeout(() => setMarked(false), MARKED_MILLISECONDS);
    return () => {
      leave();
      window.clearTimeout(timer);
    };
  }, [found]);
  return { row, isMarked };
}
