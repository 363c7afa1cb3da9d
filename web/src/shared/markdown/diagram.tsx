// A diagram in an answer: drawn as a picture in the page's light, with its source a press away.
import { Code2, Workflow } from "lucide-react";
import { useEffect, useState } from "react";

import { t } from "~/shared/language/words";
import { useOverflow } from "~/shared/lib/overflow";
import { useDark } from "~/shared/lib/theme";
import { IconButton } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";

import { CodeBlock } from "./code_block";
import { titleOf } from "./diagram_rules";
import type { Drawing } from "./drawn_diagram";

/** What was drawn lately: rows of a long conversation come and go, and must not jump when they come again. */
const kept = new Map<string, Drawing | null>();
const MOST_KEPT = 60;

function keep(key: string, drawing: Drawing | null): void {
  kept.set(key, drawing);
  const oldest = kept.keys().next();
  if (kept.size > MOST_KEPT && !oldest.done) kept.delete(oldest.value);
}

const whenIdle = (work: () => void): (() => void) => {
  if (typeof window.requestIdleCallback === "function") {
    const waiting = window.requestIdleCallback(work, { timeout: 1_000 });
    return () => window.cancelIdleCallback(waiting);
  }
  const timer = window.setTimeout(work, 60);
  return () => window.clearTimeout(timer);
};

/** The drawing; null when it cannot be drawn, undefined while nobody knows. Another light shows the old one until the new is there. */
function useDrawing(code: string, complete: boolean): Drawing | null | undefined {
  const dark = useDark();
  const key = `${dark ? "dark" : "light"}\n${code}`;
  const [drawn, setDrawn] = useState<{ code: string; drawing: Drawing | null } | null>(null);
  const known = kept.get(key);

  useEffect(() => {
    if (!complete || kept.has(key)) return undefined;
    let here = true;
    const stop = whenIdle(() => {
      import("./drawn_diagram")
        .then(({ drawDiagram }) => drawDiagram(code, dark))
        .then(
          (drawing) => {
            keep(key, drawing);
            if (here) setDrawn({ code, drawing });
          },
          // Without Mermaid, as offline, the source is still there.
          () => undefined,
        );
    });
    return () => {
      here = false;
      stop();
    };
  }, [key, code, dark, complete]);

  if (!complete) return undefined;
  return known !== undefined ? known : drawn?.code === code ? drawn.drawing : undefined;
}

/** A drawing shrinks to its frame as long as its words can be read; then it scrolls. */
const LEAST_SCALE = 0.75;

function Picture({ drawing, name }: { drawing: Drawing; name: string }) {
  const { frame, overflows } = useOverflow<HTMLDivElement>();
  return (
    <div
      ref={frame}
      className="overflow-auto px-3.5 py-4"
      {...(overflows ? { role: "group", tabIndex: 0, "aria-label": name } : {})}
    >
      <img
        src={drawing.address}
        width={drawing.width}
        height={drawing.height}
        alt={name}
        className="mx-auto block h-auto max-w-none rounded-none"
        style={{ width: `max(min(100%, ${drawing.width}px), ${Math.round(drawing.width * LEAST_SCALE)}px)` }}
      />
    </div>
  );
}

type DiagramProps = { code: string; complete: boolean };

export function Diagram({ code, complete }: DiagramProps) {
  const drawing = useDrawing(code, complete);
  const [isSourceShown, setSourceShown] = useState(false);
  if (!drawing)
    return (
      <>
        <CodeBlock code={code} language="mermaid" complete={complete} />
        {drawing === null ? <p className="-mt-2 text-[0.88em] text-quiet">{t("This diagram cannot be drawn. Its source is shown instead.")}</p> : null}
      </>
    );
  const title = titleOf(code);
  const name = title === null ? t("Diagram") : t("Diagram: {title}", { title });
  return (
    <figure className="my-4 overflow-hidden rounded-xl border border-line bg-page" aria-label={name}>
      <figcaption className="flex h-9 items-center justify-between gap-2 border-b border-line ps-3.5 pe-1.5 text-xs text-quiet">
        <span className="truncate">{t("Diagram")}</span>
        <span className="flex shrink-0 items-center gap-0.5">
          <IconButton small label={isSourceShown ? t("Show diagram") : t("Show source")} onClick={() => setSourceShown(!isSourceShown)}>
            {isSourceShown ? <Workflow aria-hidden className="size-4" /> : <Code2 aria-hidden className="size-4" />}
          </IconButton>
          <CopyButton text={() => code} label={t("Copy source")} />
        </span>
      </figcaption>
      {isSourceShown ? (
        // A long line scrolls sideways, so the keyboard must be able to reach the box.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre dir="ltr" tabIndex={0} className="overflow-x-auto bg-code px-3.5 py-3 font-mono text-[0.8125rem] leading-[1.6]">
          <code>{code}</code>
        </pre>
      ) : (
        <Picture drawing={drawing} name={name} />
      )}
    </figure>
  );
}
