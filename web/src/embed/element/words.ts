// The few words of the element itself, in the languages of the app. It is one file that other sites load, so they stand in it.

const words = {
  en: { chat: "Chat", open: "Open {label}", close: "Close {label}" },
  de: { chat: "Chat", open: "{label} öffnen", close: "{label} schließen" },
  ar: { chat: "الدردشة", open: "فتح {label}", close: "إغلاق {label}" },
} as const;

export type ElementLanguage = keyof typeof words;

const known = (tag: string): tag is ElementLanguage => Object.hasOwn(words, tag);

/** The language that the element is given, else that of the page around it, else the visitor's own. */
export function languageOf(element: HTMLElement): ElementLanguage {
  const tags = [element.lang, document.documentElement.lang, ...navigator.languages];
  return tags.map((tag) => tag.split("-")[0]?.toLowerCase() ?? "").find(known) ?? "en";
}

/** What a chat is called that has no label. */
export const nameOf = (element: HTMLElement): string => words[languageOf(element)].chat;

/** The name of the button. */
export const buttonName = (element: HTMLElement, does: "open" | "close", label: string): string =>
  words[languageOf(element)][does].replace("{label}", label);
