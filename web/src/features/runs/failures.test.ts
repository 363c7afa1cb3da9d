import { beforeEach, describe, expect, it, vi } from "vitest";

// A fresh copy each time: the language is read when the module loads.
async function load(language: string) {
  vi.resetModules();
  window.localStorage.setItem("steward.language", language);
  await (await import("~/shared/language/words")).loadLanguage();
  return (await import("./failures")).sentenceOf;
}

beforeEach(() => {
  document.documentElement.lang = "en";
  document.documentElement.dir = "ltr";
});

const error = { tag: "api_error", message: "The model did not answer. Try again.", is_own: false };

describe("why an answer failed", () => {
  it("is said in the reader's language by its tag [ERR-24]", async () => {
    expect((await load("en"))(error, "failed")).toBe("The model did not answer. Try again.");
    expect((await load("de"))(error, "failed")).toBe("Das Modell hat nicht geantwortet. Versuchen Sie es gleich noch einmal oder wählen Sie ein anderes Modell.");
    expect((await load("de"))({ ...error, tag: "boat" }, "failed")).toBe(error.message);
  });

  it("is said as the workspace wrote it, where it did", async () => {
    const own = { ...error, message: "Ask the people on the third floor.", is_own: true };
    expect((await load("de"))(own, "failed")).toBe("Ask the people on the third floor.");
  });

  it("is nothing but that it failed, where nobody knows more", async () => {
    const sentenceOf = await load("en");
    expect(sentenceOf(null, "failed")).toBe("This answer failed.");
    expect(sentenceOf(null, "interrupted")).toBe("This answer was interrupted before it was whole.");
    expect(sentenceOf(null, "completed")).toBeNull();
    expect(sentenceOf(undefined, undefined)).toBeNull();
  });
});
