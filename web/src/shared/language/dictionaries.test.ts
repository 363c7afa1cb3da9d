// What the types cannot see: that a translation fills the same braces, counts in all its forms, and says it once.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { arabic, refusals as arabicRefusals } from "./ar";
import { german, refusals as germanRefusals } from "./de";
import type { Forms } from "./words";

const errorPage = readFileSync(join(import.meta.dirname, "../../../../docs/errors.md"), "utf8");
const rooms = import.meta.glob<Record<string, Record<string, string | Forms>>>("./de/*.ts", { eager: true });
const names = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g))].toSorted();
const dictionaries = { de: german, ar: arabic } as Record<string, Record<string, string | Forms>>;
const all = Object.entries(dictionaries).flatMap(([language, words]) =>
  Object.entries(words).map(([key, value]) => ({ language, key, value })),
);

it("fills the same braces as the English sentence", () => {
  const faults = all.filter(({ key, value }) =>
    typeof value === "string"
      ? names(value).join() !== names(key).join()
      // "One file" may leave its number out, and no form may ask for more than the English one has.
      : Object.values(value).some((form) => names(form).some((name) => !names(key).includes(name))) ||
        names(value.other).join() !== names(key).join(),
  );
  expect(faults).toEqual([]);
});

it("knows each refusal by a tag that the server has, and tells its details where the other language does", () => {
  const told = { de: germanRefusals, ar: arabicRefusals } as Record<string, Record<string, string>>;
  const tags = new Set([...errorPage.matchAll(/^\| `(\w+)` \|/gm)].map(([, tag]) => tag));
  expect(tags.size).toBeGreaterThan(50);
  for (const [language, sentences] of Object.entries(told))
    for (const [tag, sentence] of Object.entries(sentences)) {
      expect.soft(tags.has(tag), `${language}: ${tag}`).toBe(true);
      expect.soft(names(sentence), `${language}: ${tag}`).toEqual(names(told.de?.[tag] ?? ""));
      expect.soft(names(sentence).every((name) => name === "{detail}"), `${language}: ${tag}`).toBe(true);
    }
});

it("leaves no sentence empty", () => {
  const texts = all.flatMap(({ value }) => (typeof value === "string" ? [value] : Object.values(value)));
  texts.push(...Object.values(germanRefusals), ...Object.values(arabicRefusals));
  expect(texts.filter((text) => text.trim() === "")).toEqual([]);
});

it("has every form that a language counts in", () => {
  const faults = all.filter(({ language, value }) => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    return typeof value !== "string" && needed.some((form) => value[form] === undefined);
  });
  expect(faults).toEqual([]);
});

it("writes a sentence down in one room, and in `common` when several say it", () => {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  for (const [file, exports] of Object.entries(rooms)) {
    if (file.endsWith("/index.ts")) continue;
    for (const key of Object.keys(Object.values(exports)[0] ?? {})) {
      if (seen.has(key)) faults.push(`${key}: ${seen.get(key)} and ${file}`);
      seen.set(key, file);
    }
  }
  expect(faults).toEqual([]);
});
