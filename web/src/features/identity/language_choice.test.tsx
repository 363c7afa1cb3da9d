import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { chooseLanguage } from "~/shared/language/languages";

import { LanguageChoice } from "./language_choice";

// jsdom cannot open a page anew.
vi.mock("~/shared/language/languages", async (original) => ({ ...(await original<object>()), chooseLanguage: vi.fn() }));

it("offers each language in its own words, and says which one is on", async () => {
  render(<LanguageChoice />);
  const buttons = screen.getAllByRole("button");
  expect(buttons.map((button) => [button.textContent, button.lang, button.getAttribute("aria-pressed")])).toEqual([
    ["English", "en", "true"],
    ["Deutsch", "de", "false"],
    ["العربية", "ar", "false"],
  ]);
  await userEvent.click(screen.getByRole("button", { name: "English" }));
  expect(chooseLanguage).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Deutsch" }));
  expect(chooseLanguage).toHaveBeenCalledExactlyOnceWith("de");
});
