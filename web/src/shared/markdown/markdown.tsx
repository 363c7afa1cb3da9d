// Markdown that loads its reader after the first page stands; until then the text shows as it is.
import { Suspense, lazy } from "react";

import { Boundary } from "~/shared/ui/boundary";

const load = () => import("./rendered");
const Rendered = lazy(load);

const CALM_MILLISECONDS = 1_500;

/** Fetch the reader early, so that the first answer does not wait for it, but not in the way of the page itself. */
export function preloadMarkdown(): void {
  setTimeout(() => void load().catch(() => undefined), CALM_MILLISECONDS);
}

export function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  const plain = <div className="answer whitespace-pre-wrap">{text}</div>;
  return (
    // What cannot be drawn, or not be loaded, is still there to read.
    <Boundary renderProblem={() => plain}>
      <Suspense fallback={plain}>
        <Rendered text={text} streaming={streaming} />
      </Suspense>
    </Boundary>
  );
}
