// The list of models that may answer, as one of them is switched on or off. An empty list lets all of them answer.
import type { Model } from "~/shared/api/types";

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** `a-c_` as the inside of an expression's brackets. A range that runs backwards holds no letter. */
const ranges = (letters: string): string =>
  [...letters.matchAll(/([^])-([^])|[^]/g)]
    .filter(([, first = "", last = ""]) => first <= last)
    .map(([whole, first, last]) => (first && last ? `${escaped(first)}-${escaped(last)}` : escaped(whole)))
    .join("");

/** What stands for other letters in an entry: `*`, `?`, `[abc]` and `[!abc]`. A bracket that nothing closes is a letter. */
const PARTS = /(\*+)|(\?)|\[(?:!([^][^\]]*)|([^!][^\]]*))\]|[^]/g;

function expressionOf(entry: string): RegExp {
  const parts = entry.replace(PARTS, (letter, stars?: string, anyOne?: string, others?: string, these?: string) => {
    if (stars) return "[^]*";
    if (anyOne) return "[^]";
    if (others) return `[^${ranges(others)}]`;
    return these ? `[${ranges(these)}]` : escaped(letter);
  });
  return new RegExp(`^${parts}$`);
}

/** Whether an entry of the list, which may be a pattern, speaks of a model. It is to agree with the server, which asks Python's `fnmatchcase`. */
export function speaksOf(entry: string, { id, name }: Pick<Model, "id" | "name">): boolean {
  return entry === name || expressionOf(entry).test(id);
}

/**
 * The list after one model was switched. Entries about models that are not known here stay as they are; a pattern gives
 * way to the models that it stood for. The last that may answer stays on, since an empty list lets all of them answer.
 */
export function switched(allowed: readonly string[], models: readonly Model[], model: Model, isOn: boolean): string[] {
  const isAllowed = (one: Model) => (one.id === model.id ? isOn : one.allowed);
  const unknown = allowed.filter((entry) => !models.some((one) => speaksOf(entry, one)));
  if (unknown.length === 0 && models.every(isAllowed)) return [];
  const untouched = allowed.filter((entry) => !unknown.includes(entry) && !speaksOf(entry, model));
  const named = models.filter((one) => isAllowed(one) && !untouched.some((entry) => speaksOf(entry, one))).map(({ id }) => id);
  const left = [...unknown, ...untouched, ...named];
  return left.length === 0 ? [...allowed] : left;
}
