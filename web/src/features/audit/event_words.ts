// Events in words: the server names them by noun and verb.
import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";

import { translated } from "./known_words";

const abbreviations = new Map([
  ["ai", "AI"],
  ["api", "API"],
  ["mcp", "MCP"],
  ["usd", "US dollars"],
  ["id", "id"],
]);

/** "api_key_created" as "API key created", "tokensUsed" as "Tokens used", or what that is in the reader's language. */
export function inWords(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, (_, before: string, after: string) => `${before}_${after.toLowerCase()}`)
    .split("_")
    .map((word) => abbreviations.get(word) ?? word);
  const [first = "", ...rest] = words;
  return translated([first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(" "));
}

const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });

/** A fact as people read it: text as it is, anything larger as JSON. */
export function factWords(value: unknown): string {
  if (value === null || value === undefined || value === "") return t("none|fact");
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length === 0) return t("none|fact");
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return list.format(value.map(String));
  return JSON.stringify(value);
}

/** What an event is about, when its facts give a name. */
export function subject(metadata: Record<string, unknown>): string | null {
  for (const field of ["name", "title", "tool", "file_name", "filename"]) {
    const value = metadata[field];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return null;
}
