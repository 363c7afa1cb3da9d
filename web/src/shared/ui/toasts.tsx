// Toasts: short words about what just happened, at the page's edge. F6 moves the keyboard there.
// Saying one is cheap from anywhere; what draws them is loaded with the first.
import { useSyncExternalStore } from "react";

import { asProblem } from "~/shared/api/problems";

import { later } from "./later";

export type ToastAction = { label: string; onClick: () => void };
export type ToastWords = { sentence: string; problem: boolean; action?: ToastAction };

const waiting: ToastWords[] = [];
const listeners = new Set<() => void>();
let deliver: ((words: ToastWords) => void) | null = null;
let any = false;

function say(words: ToastWords): void {
  if (deliver) deliver(words);
  else waiting.push(words);
  any = true;
  for (const listener of listeners) listener();
}

/** Say in a toast what happened; an action (such as undo) may stand beside it. */
export function toast(sentence: string, action?: ToastAction): void {
  say({ sentence, problem: false, action });
}

/** Say in a toast what went wrong. A session that ended has its own page. */
export function toastProblem(error: unknown): void {
  const problem = asProblem(error);
  if (problem.status !== 401) say({ sentence: problem.message, problem: true });
}

/** The drawing side takes over here: first what waited, then each as it comes. */
export function deliverToasts(next: ((words: ToastWords) => void) | null): void {
  deliver = next;
  if (next) for (const words of waiting.splice(0)) next(words);
}

const ToastRegion = later(() => import("./toast_region"));

export function Toasts() {
  const needed = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => any,
  );
  return needed ? (
    <ToastRegion />
  ) : null;
}
