import { afterEach, expect, it, vi } from "vitest";

import { buttonName, languageOf, nameOf } from "./words";

const element = (lang = "") => Object.assign(document.createElement("div"), { lang });

afterEach(() => {
  document.documentElement.lang = "en";
  vi.restoreAllMocks();
});

it("speaks the language that it is given, that of its page, or the visitor's own", () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR", "ar-EG", "de"]);
  document.documentElement.lang = "de-CH";
  expect(languageOf(element("ar"))).toBe("ar");
  expect(languageOf(element())).toBe("de");
  expect(languageOf(element("tlh"))).toBe("de");
  document.documentElement.lang = "";
  expect(languageOf(element())).toBe("ar");
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR", "constructor"]);
  expect(languageOf(element())).toBe("en");
});

it("names its button in it", () => {
  expect(buttonName(element("en"), "open", "Help")).toBe("Open Help");
  expect(buttonName(element("de"), "close", "Hilfe")).toBe("Hilfe schließen");
  expect(nameOf(element("ar"))).toBe("الدردشة");
});
