// A formula in an answer: its source until it is drawn, and when it cannot be.
import { useCallback, useEffect, useMemo, useState } from "react";

import { t } from "~/shared/language/words";
import { useOverflow } from "~/shared/lib/overflow";

import { OPEN } from "./math_marks";

type Draw = (tex: string, display: boolean) => HTMLElement | null;

let loaded: Draw | null = null;

async function load(): Promise<Draw> {
  loaded = (await import("./drawn_formula")).drawFormula;
  return loaded;
}

/** KaTeX, once it is there; null before, and when it cannot be loaded. */
function useDraw(wanted: boolean): Draw | null {
  const [draw, setDraw] = useState<Draw | null>(() => loaded);
  useEffect(() => {
    if (!wanted || draw !== null) return undefined;
    let here = true;
    load().then(
      (ready) => here && setDraw(() => ready),
      // Without KaTeX the source is still there; the next formula tries again.
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, [wanted, draw]);
  return draw;
}

function Source({ tex, display }: { tex: string; display: boolean }) {
  if (!display) return <code dir="ltr">{tex}</code>;
  return (
    // A long line scrolls sideways, so the keyboard must be able to reach the box.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre dir="ltr" tabIndex={0} className="my-4 overflow-x-auto rounded-xl border border-line bg-code px-3.5 py-3 font-mono text-[0.8125rem] leading-[1.6]">
      <code>{tex}</code>
    </pre>
  );
}

function Drawing({ drawing, tex, display }: { drawing: HTMLElement; tex: string; display: boolean }) {
  const { frame, overflows } = useOverflow();
  const put = useCallback((element: HTMLSpanElement | null) => element?.replaceChildren(drawing), [drawing]);
  return (
    <span
      ref={frame}
      dir="ltr"
      className="formula"
      data-display={display}
      data-wide={overflows}
      {...(overflows ? { role: "group", tabIndex: 0, "aria-label": t("Formula: {source}", { source: tex }) } : {})}
    >
      <span ref={put} />
    </span>
  );
}

type FormulaProps = { tex: string; display: boolean };

export function Formula({ tex: written, display }: FormulaProps) {
  const isOpen = written.endsWith(OPEN);
  const tex = (isOpen ? written.slice(0, -1) : written).trim();
  const draw = useDraw(tex !== "");
  const drawing = useMemo(() => (isOpen ? null : (draw?.(tex, display) ?? null)), [draw, isOpen, tex, display]);
  if (drawing !== null) return <Drawing drawing={drawing} tex={tex} display={display} />;
  const isWrong = draw !== null && !isOpen;
  return (
    <>
      <Source tex={tex} display={display} />
      {isWrong && display ? <p className="-mt-2 text-[0.88em] text-quiet">{t("This formula cannot be drawn. Its source is shown instead.")}</p> : null}
      {isWrong && !display ? <span className="text-[0.88em] text-quiet"> {t("(cannot be drawn)")}</span> : null}
    </>
  );
}
