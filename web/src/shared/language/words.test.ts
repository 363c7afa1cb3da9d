import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Language } from "./languages";

/** The words of a page that was opened in `language`. */
async function opened(language: Language) {
  vi.resetModules();
  window.localStorage.setItem("steward.language", language);
  const words = await import("./words");
  await words.loadLanguage();
  return words;
}

beforeEach(() => {
  document.documentElement.lang = "en";
  document.documentElement.dir = "ltr";
});
afterEach(() => vi.restoreAllMocks());

it("says a sentence in each language, and turns the page for Arabic", async () => {
  expect((await opened("en")).t("Try again")).toBe("Try again");
  expect((await opened("de")).t("Try again")).toBe("Erneut versuchen");
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["de", "ltr"]);
  expect((await opened("ar")).t("Try again")).toBe("حاول مرة أخرى");
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["ar", "rtl"]);
});

it("counts as each language counts", async () => {
  const said = async (language: Language) => {
    const { counted } = await opened(language);
    return [0, 1, 2, 3, 11, 1202].map((count) => counted(count, "{count} token", "{count} tokens"));
  };
  expect(await said("en")).toEqual(["0 tokens", "1 token", "2 tokens", "3 tokens", "11 tokens", "1,202 tokens"]);
  expect((await said("de")).at(-1)).toBe("1.202 Token");
  expect(await said("ar")).toEqual(["0 رمز", "رمز واحد", "رمزان", "3 رموز", "11 رمزًا", "1,202 رمز"]);
});

it("follows the browser until somebody chooses", async () => {
  const inBrowser = async (...preferred: string[]) => {
    vi.resetModules();
    vi.spyOn(navigator, "languages", "get").mockReturnValue(preferred);
    return import("./languages");
  };
  expect((await inBrowser("fr-FR", "de-AT", "en")).language).toBe("de");
  expect((await inBrowser("fr-FR")).language).toBe("en");
  expect((await inBrowser("en-GB")).locale).toBe("en-GB");
  const arabic = await inBrowser("ar-EG");
  expect([arabic.language, arabic.direction]).toEqual(["ar", "rtl"]);
  expect(new Intl.NumberFormat(arabic.locale).format(12)).toBe("12");
  window.localStorage.setItem("steward.language", "de");
  expect((await inBrowser("ar-EG")).language).toBe("de");
  window.localStorage.setItem("steward.language", "tlh");
  expect((await inBrowser("ar-EG")).language).toBe("ar");
});

it("puts elements wherever the language wants them", async () => {
  const { rich } = await opened("en");
  expect(renderToStaticMarkup(rich("with {name}", { name: createElement("bdi", null, "Ada") }))).toBe("with <bdi>Ada</bdi>");
  const german = await opened("de");
  expect(renderToStaticMarkup(german.rich("with {name}", { name: createElement("bdi", null, "Ada") }))).toContain("<bdi>Ada</bdi>");
});
