// KaTeX, loaded when an answer has its first formula.
import { render } from "katex";
import "katex/dist/katex.min.css";

import "./drawn_formula.css";

const MOST_CHARACTERS = 5_000;

// A few definitions can stand for millions of signs; a formula has no need of its own.
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?new(?:command|environment)|providecommand|global|long|char)(?![a-zA-Z])/;

// Browsers fall over when they lay out elements thousands deep, and take their time with very many.
const MOST_DEEP = 250;
const MOST_ELEMENTS = 20_000;

function isBearable(drawing: HTMLElement): boolean {
  if (drawing.getElementsByTagName("*").length > MOST_ELEMENTS) return false;
  let depth = 0;
  for (let level: Element[] = [drawing]; level.length > 0; level = level.flatMap((element) => [...element.children])) {
    depth += 1;
    if (depth > MOST_DEEP) return false;
  }
  return true;
}

/**
 * Draw a formula. Nothing in it may lead anywhere: links, pictures and attributes are not trusted.
 *
 * Returns: an element with the drawing, and with MathML for those who listen; null when the formula is not valid, or too
 * large.
 */
export function drawFormula(tex: string, display: boolean): HTMLElement | null {
  if (tex.length > MOST_CHARACTERS || DEFINES.test(tex)) return null;
  const drawing = document.createElement("span");
  try {
    render(tex, drawing, {
      displayMode: display,
      output: "htmlAndMathml",
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxSize: 20,
      maxExpand: 500,
    });
  } catch {
    // Whatever it is that KaTeX cannot read, the source is shown.
    return null;
  }
  return isBearable(drawing) ? drawing : null;
}
