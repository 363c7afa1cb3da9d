// Markdown that loads its reader after the first page stands; until then the text shows as it is.
import { Suspense, lazy } from "react";

const load = () => import("./rendered");
const Rendered = lazy(load);

const CALM_MILLISECONDS = 1_500;

/** Fetch the reader early, so that the first answer does not wait for it, but not in the way of the page itself. */
export function preloadMarkdown(): void {
  setTimeout(() => void load().catch(() => undefined), CALM_MILLISECONDS);
}

export function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<div className="answer whitespace-pre-wrap">{text}</div>}>
      <Rendered text={text} streaming={streaming} />
    </Suspense>
  );
}
