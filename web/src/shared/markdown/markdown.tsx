// Markdown that loads its reader after the first page stands; until then the text shows as it is.
import { Suspense, lazy } from "react";

const load = () => import("./rendered");
const Rendered = lazy(load);

/** Fetch the reader early, so that the first answer does not wait for it. */
export function preloadMarkdown(): void {
  void load();
}

export function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<div className="answer whitespace-pre-wrap">{text}</div>}>
      <Rendered text={text} streaming={streaming} />
    </Suspense>
  );
}
