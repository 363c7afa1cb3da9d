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

export function useFoundRow(isFound: boolean): { row: RefObject<HTMLElement | null>; isMarked: boolean } {
  const row = useRef<HTMLElement | null>(null);
  const [wasFound, setWasFound] = useState(false);
  const [isMarked, setMarked] = useState(false);
  if (isFound !== wasFound) {
    setWasFound(isFound);
    setMarked(isFound);
  }
  useEffect(() => {
    if (!isFound) return undefined;
    const leave = focusWhenSeen(row.current);
    const timer = window.setTimeout(() => setMarked(false), MARKED_MILLISECONDS);
    return () => {
      leave();
      window.clearTimeout(timer);
    };
  }, [isFound]);
  return { row, isMarked };
}
