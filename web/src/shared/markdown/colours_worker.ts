// Finds the colours of code, in a thread of its own: grammars take long to load and to run, and the page goes on meanwhile.
import { createCodePlugin } from "@streamdown/code";

import type { Found, Token, Wanted } from "./colours";

// The names are those of shiki_few.ts, which the plugin's type does not know.
const themes = ["steward-light", "steward-dark"] as unknown as ["github-light", "github-dark"];
const plugin = createCodePlugin({ themes });

type Styled = { content: string; htmlStyle?: Record<string, string> };
type Result = { tokens: Styled[][] };

const token = ({ content, htmlStyle: style }: Styled): Token => ({
  text: content,
  light: style?.color,
  dark: style?.["--shiki-dark"],
  style: style?.["font-style"],
});

// The types of the page stand in for those of a worker, whose own would clash with them; a worker names no origin.
const reply = globalThis.postMessage as unknown as (found: Found) => void;

globalThis.addEventListener("message", ({ data }: MessageEvent<Wanted & { id: number }>) => {
  const { id, code, language, complete } = data;
  const tell = ({ tokens }: Result) => reply({ id, lines: tokens.map((line) => line.map(token)) });
  const name = language as "python";
  if (!plugin.supportsLanguage(name)) {
    reply({ id, lines: null });
    return;
  }
  const asked = { code, language: name, themes, isIncomplete: !complete };
  // What was coloured before comes back at once, anything else to the function.
  const known = plugin.highlight(asked, tell as (result: object) => void);
  if (known !== null) tell(known as Result);
});
