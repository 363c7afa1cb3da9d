// Which blocks of code are a thing of their own, that one opens beside a conversation, and who opens it.
import { createContext } from "react";

export type Kind = "html" | "svg" | "document" | "chart" | "code";

/** A block as it is written: its language, and its text without the fence. */
export type Block = { language: string; code: string };

const LEAST_LINES = 15;

const kinds: Record<string, Kind> = {
  html: "html",
  htm: "html",
  svg: "svg",
  md: "document",
  markdown: "document",
  csv: "chart",
  tsv: "chart",
  chart: "chart",
};

const startsDrawing = (code: string) => /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)?<svg[\s>]/i.test(code);

const lines = (code: string) => code.split("\n").length;

/** What a block is, when it is worth a place of its own; null for a mere piece of code. */
export function kindOf({ language, code }: Block): Kind | null {
  const name = language.toLowerCase();
  if (code.trim() === "" || name === "") return null;
  if ((name === "html" || name === "xml") && startsDrawing(code)) return "svg";
  const kind = kinds[name];
  // A line of HTML explains something; it is no page.
  if (kind === "html") return /<(?:!doctype|html|body)\b/i.test(code) || lines(code) >= 8 ? kind : null;
  return kind ?? (lines(code) >= LEAST_LINES ? "code" : null);
}

/** Shows a block beside the conversation; null where there is no place for it. */
export const OpenBeside = createContext<((block: Block, opener: HTMLElement) => void) | null>(null);
