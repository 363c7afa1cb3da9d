// What the app says, in the language of the reader. The English sentence stands in the code and is the key of the
// dictionaries, so English costs nothing to load and a sentence without a translation does not compile.
import { Fragment, type ReactNode, createElement } from "react";

import { direction, language, locale } from "./languages";

type German = typeof import("./de").german;

/** The forms of a counted thing; which a number takes is the language's own matter. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** What the server refuses, by its tag, for the languages that it does not speak. */
export type Refusals = Record<keyof typeof import("./de").refusals, string>;

/** A dictionary with the same sentences as `Known`. */
export type Same<Known> = { readonly [Key in keyof Known]: Known[Key] extends string ? string : Forms };

type Whole = { [Key in keyof German]: German[Key] extends string ? Key : never }[keyof German];
/** A sentence that needs nothing filled in, so that tables may hold it until it is drawn. */
export type Word = Exclude<Whole, `${string}{${string}}${string}`>;
export type Counted = { [Key in keyof German]: German[Key] extends string ? never : Key }[keyof German];

/** The names in braces of a sentence: `"{done} of {all}"` has `done` and `all`. */
type Names<Sentence> = Sentence extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Filling<Name extends string, Value> = [Name] extends [never] ? [values?: undefined] : [values: Record<Name, Value>];

const dictionaries = {
  de: () => import("./de").then(({ german, refusals: told }) => ({ words: german, told })),
  ar: () => import("./ar").then(({ arabic, refusals: told }) => ({ words: arabic, told })),
};

let dictionary: Readonly<Record<string, string | Forms>> | null = null;
let refusals: Readonly<Record<string, string>> = {};

/** Get the reader's language ready; called once, before anything is drawn. Without it, as offline, the app is in English. */
export async function loadLanguage(): Promise<void> {
  if (language === "en") return;
  try {
    const { words, told } = await dictionaries[language]();
    dictionary = words;
    refusals = told;
  } catch {
    return;
  }
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
}

// "Open|state" tells two meanings of one English word apart.
const english = (sentence: string): string => sentence.replace(/\|[^|]*$/, "");

function said(sentence: string): string {
  const found = dictionary?.[sentence];
  return typeof found === "string" ? found : english(sentence);
}

const filled = (sentence: string, values: Record<string, unknown> | undefined): string =>
  values === undefined ? sentence : sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** A sentence in the reader's language, with what stands in its braces filled in. Not at the top of a module: that runs too early. */
export function t<Sentence extends Whole>(sentence: Sentence, ...filling: Filling<Names<Sentence>, string | number>): string {
  return filled(said(sentence), filling[0]);
}

/** The server's refusal in the reader's language, by its tag. `detail` is the server's own sentence, and stands where there is no other. */
export function refused(tag: string, detail: string): string {
  return filled(Object.hasOwn(refusals, tag) ? (refusals[tag] ?? detail) : detail, { detail });
}

const englishRules = new Intl.PluralRules("en");
const ownRules = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(locale);

/** A sentence about `count` things. `one` and `other` are its English forms; `{count}` in them becomes the number. */
export function counted<Other extends Counted>(
  count: number,
  one: string,
  other: Other,
  ...filling: Filling<Exclude<Names<Other>, "count">, string | number>
): string {
  const forms = dictionary?.[other];
  const sentence =
    typeof forms === "object"
      ? (forms[ownRules.select(count)] ?? forms.other)
      : english(englishRules.select(count) === "one" ? one : other);
  return filled(sentence, { ...filling[0], count: numbers.format(count) });
}

/** A sentence with elements in it, such as a key or a link, each wherever the language puts it. */
export function rich<Sentence extends Whole>(sentence: Sentence, parts: Record<Names<Sentence>, ReactNode>): ReactNode {
  const named: Readonly<Record<string, ReactNode>> = parts;
  return said(sentence)
    .split(/(\{\w+\})/)
    .map((part, at) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      // A sentence never changes its parts, so that their places may serve as keys.
      return createElement(Fragment, { key: at }, name === undefined ? part : (named[name] ?? part));
    });
}
