// The languages of the app, and which of them this browser is shown: the chosen one, else the first that it prefers.
import { local } from "~/shared/lib/storage";

export const languages = { en: "English", de: "Deutsch", ar: "العربية" } as const;

export type Language = keyof typeof languages;

const KEY = "steward.language";
const rightToLeft: readonly Language[] = ["ar"];

const known = (tag: string | null | undefined): Language | null => {
  const language = tag?.split("-")[0]?.toLowerCase() ?? "";
  return language in languages ? (language as Language) : null;
};

/** A page in a frame speaks the language of the element around it, which says it in the address. */
const framed = (): Language | null =>
  window.location.pathname === "/embed" ? known(new URLSearchParams(window.location.search).get("lang")) : null;

function preferred(): Language {
  const chosen = framed() ?? known(local.get(KEY));
  return chosen ?? navigator.languages.map(known).find((language) => language !== null) ?? "en";
}

/** The language of this page for as long as it is open. */
export const language: Language = preferred();

export const direction: "ltr" | "rtl" = rightToLeft.includes(language) ? "rtl" : "ltr";

/** For `Intl`: the reader's own kind of the language, such as British dates, with the digits that prices and code have. */
export const locale: string = (() => {
  const own = navigator.languages.find((tag) => known(tag) === language) ?? language;
  return language === "ar" ? `${own.split("-u-")[0]}-u-nu-latn` : own;
})();

/** Every word of a page is looked up once, so another language needs the page anew. What is being written is kept. */
export function chooseLanguage(chosen: Language): void {
  local.set(KEY, chosen);
  window.location.reload();
}
