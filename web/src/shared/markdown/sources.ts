// The passages that an answer cites, as its markers look them up. Rows give them, and markers read them.
import { createContext } from "react";

import { t } from "~/shared/language/words";

export type Source = {
  /** What stands in the marker. */
  number: number;
  title: string;
  /** Where it is read: an address of this app, or of the web. */
  href: string;
  excerpt: string;
  /** How well it fits the question, 0 to 1. */
  score: number | null;
  page: number | null;
  /** The chapters that it stands in, the widest first. */
  headings: string[];
};

export const CitedSources = createContext<ReadonlyMap<number, Source>>(new Map());

export const percent = (score: number): string => `${Math.round(Math.min(1, Math.max(0, score)) * 100)} %`;

/** "Page 3 · Budgets › Limits", as far as it is known; a first heading that only says the title again is left out. */
export function whereabouts({ title, page, headings }: Pick<Source, "title" | "page" | "headings">): string {
  const chapters = headings[0] === title ? headings.slice(1) : headings;
  return [page === null ? "" : t("Page {page}", { page }), chapters.join(" › ")].filter(Boolean).join(" · ");
}
