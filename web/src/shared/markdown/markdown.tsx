// Markdown that loads its reader after the first page stands; until then the text shows as it is.
import { Boundary } from "~/shared/ui/boundary";
import { later } from "~/shared/ui/later";

type Shown = { text: string; streaming: boolean };

const renderPlain = ({ text }: Pick<Shown, "text">) => <div className="answer whitespace-pre-wrap">{text}</div>;
// The words come first and their form after: on a slow line the reader would hold them up for half a second.
const painted = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const Rendered = later(() => painted().then(() => import("./rendered")), renderPlain);

const CALM_MILLISECONDS = 1_500;

/** Fetch the reader early, so that the first answer does not wait for it, but not in the way of the page itself. */
export function preloadMarkdown(): void {
  setTimeout(() => void Rendered.preload(), CALM_MILLISECONDS);
}

export function Markdown({ text, streaming }: Shown) {
  return (
    // What cannot be drawn, or not be loaded, is still there to read.
    <Boundary renderProblem={() => renderPlain({ text })}>
      <Rendered text={text} streaming={streaming} />
    </Boundary>
  );
}
