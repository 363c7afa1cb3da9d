// Mermaid, loaded when an answer has its first diagram. What it draws becomes a picture, which can neither act nor load.
import mermaid from "mermaid";

import { MOST_CHARACTERS, MOST_EDGES, drawable } from "./diagram_rules";

/** A diagram as a picture; width and height are in CSS pixels. */
export type Drawing = { address: string; width: number; height: number };

// The colours of the app, by its tokens; Mermaid mixes the rest from them.
const tokens = {
  background: "--page",
  primaryColor: "--accent-soft",
  primaryTextColor: "--ink",
  primaryBorderColor: "--accent",
  secondaryColor: "--sunken",
  tertiaryColor: "--notice-soft",
  lineColor: "--quiet",
  textColor: "--ink",
  mainBkg: "--accent-soft",
  nodeBorder: "--accent",
  clusterBkg: "--sunken",
  clusterBorder: "--line-strong",
  titleColor: "--ink",
  edgeLabelBackground: "--page",
  noteBkgColor: "--notice-soft",
  noteBorderColor: "--line-strong",
  noteTextColor: "--ink",
  actorBkg: "--accent-soft",
  actorBorder: "--accent",
  actorTextColor: "--ink",
  signalColor: "--ink",
  signalTextColor: "--ink",
  labelTextColor: "--ink",
  loopTextColor: "--ink",
};

function colours(dark: boolean): Record<string, string | boolean> {
  const style = getComputedStyle(document.documentElement);
  const read = Object.entries(tokens).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return { darkMode: dark, ...Object.fromEntries(read.filter(([, colour]) => colour !== "")) };
}

function prepare(dark: boolean): void {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    maxTextSize: MOST_CHARACTERS,
    maxEdges: MOST_EDGES,
    htmlLabels: false,
    flowchart: { htmlLabels: false, useMaxWidth: false },
    class: { htmlLabels: false },
    theme: "base",
    themeVariables: colours(dark),
    fontFamily: "ui-sans-serif, system-ui, sans-serif",
    deterministicIds: true,
    // No diagram sets any of this for itself.
    secure: ["secure", "securityLevel", "startOnLoad", "maxTextSize", "suppressErrorRendering", "maxEdges", "htmlLabels", "theme", "themeCSS", "themeVariables", "fontFamily", "altFontFamily", "dompurifyConfig", "flowchart", "class"],
  });
}

/** The box that a drawing says it needs; its own width may be a share of the page. */
function sizeOf(svg: SVGSVGElement): { width: number; height: number } | null {
  const [, , width = 0, height = 0] = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  return width > 0 && height > 0 && width < 50_000 && height < 50_000 ? { width: Math.ceil(width), height: Math.ceil(height) } : null;
}

/** Whole as an XML document of its own, without what a picture has no use for. */
function pictureOf(text: string): Drawing | null {
  // What stands in a template is never carried out and never loaded.
  const template = document.createElement("template");
  template.innerHTML = text;
  const svg = template.content.querySelector("svg");
  const size = svg && sizeOf(svg);
  if (!svg || !size) return null;
  for (const element of svg.querySelectorAll("script,image,feImage,iframe,object,embed,img")) element.remove();
  svg.setAttribute("width", String(size.width));
  svg.setAttribute("height", String(size.height));
  svg.style.removeProperty("max-width");
  const written = new XMLSerializer().serializeToString(svg);
  return { address: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(written)}`, ...size };
}

let count = 0;

async function draw(source: string, dark: boolean): Promise<Drawing | null> {
  const shown = drawable(source);
  if (shown === null) return null;
  // Mermaid measures its words in the page; they stand where nobody sees or hears them.
  const bench = document.createElement("div");
  bench.style.cssText = "position:fixed;inset:0 auto auto -10000px;width:1000px;visibility:hidden;contain:strict";
  bench.setAttribute("aria-hidden", "true");
  document.body.append(bench);
  count += 1;
  try {
    prepare(dark);
    const { svg } = await mermaid.render(`diagram-${count}`, shown, bench);
    return pictureOf(svg);
  } catch {
    // Whatever it is that Mermaid cannot read, the source is shown.
    return null;
  } finally {
    bench.remove();
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Draw a diagram after those that wait already. Returns: null when it is not valid, too large, or would load something. */
export function drawDiagram(source: string, dark: boolean): Promise<Drawing | null> {
  const mine = last.then(() => draw(source, dark));
  last = mine;
  return mine;
}
