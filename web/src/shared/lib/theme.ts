// Light, dark, or as the system says; the choice is kept in this browser.
import { useSyncExternalStore } from "react";

import { local } from "./storage";

export type ThemeChoice = "light" | "dark" | "system";

const KEY = "steward.theme";
const system = () => window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function themeChoice(): ThemeChoice {
  const kept = local.get(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

function paint(): void {
  const choice = themeChoice();
  const dark = choice === "dark" || (choice === "system" && system().matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function chooseTheme(choice: ThemeChoice): void {
  local.set(KEY, choice === "system" ? null : choice);
  paint();
  for (const listener of listeners) listener();
}

/** Follow the system while nothing else was chosen. */
export function followSystemTheme(): void {
  paint();
  system().addEventListener("change", paint);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, themeChoice);
}

function watchPainted(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

/** Whether the page is dark now, whoever made it so. */
export function useDark(): boolean {
  return useSyncExternalStore(watchPainted, () => document.documentElement.dataset.theme === "dark");
}
