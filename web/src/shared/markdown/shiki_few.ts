// Stands in for shiki's full bundle: the grammars that answers use most, each loaded when first met.
import { createBundledHighlighter, type DynamicImportLanguageRegistration, type ThemeRegistrationAny } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

type Entry = { id: string; name: string; aliases?: string[]; import: DynamicImportLanguageRegistration };

export const bundledLanguagesInfo: Entry[] = [
  { id: "shellscript", name: "Shell", aliases: ["bash", "sh", "shell", "zsh", "console"], import: () => import("shiki/langs/shellscript.mjs") },
  { id: "css", name: "CSS", import: () => import("shiki/langs/css.mjs") },
  { id: "diff", name: "Diff", aliases: ["patch"], import: () => import("shiki/langs/diff.mjs") },
  { id: "go", name: "Go", aliases: ["golang"], import: () => import("shiki/langs/go.mjs") },
  { id: "html", name: "HTML", aliases: ["htm"], import: () => import("shiki/langs/html.mjs") },
  { id: "java", name: "Java", import: () => import("shiki/langs/java.mjs") },
  { id: "javascript", name: "JavaScript", aliases: ["js", "mjs", "cjs", "jsx"], import: () => import("shiki/langs/javascript.mjs") },
  { id: "json", name: "JSON", aliases: ["jsonc", "json5"], import: () => import("shiki/langs/json.mjs") },
  { id: "python", name: "Python", aliases: ["py", "python3"], import: () => import("shiki/langs/python.mjs") },
  { id: "rust", name: "Rust", aliases: ["rs"], import: () => import("shiki/langs/rust.mjs") },
  { id: "sql", name: "SQL", aliases: ["postgresql", "postgres", "mysql", "sqlite"], import: () => import("shiki/langs/sql.mjs") },
  { id: "tsx", name: "TypeScript", aliases: ["typescript", "ts", "mts"], import: () => import("shiki/langs/tsx.mjs") },
  { id: "yaml", name: "YAML", aliases: ["yml"], import: () => import("shiki/langs/yaml.mjs") },
];

export const bundledLanguages = Object.fromEntries(
  bundledLanguagesInfo.flatMap((entry) => [entry.id, ...(entry.aliases ?? [])].map((name) => [name, entry.import])),
);

/** GitHub's colours, where they are too pale for AA on our code background, made stronger. */
function stronger(theme: ThemeRegistrationAny, name: string, replacements: Record<string, string>): ThemeRegistrationAny {
  const copy = JSON.stringify(theme).replace(/#[0-9a-fA-F]{6}\b/g, (colour) => replacements[colour.toLowerCase()] ?? colour);
  return { ...(JSON.parse(copy) as ThemeRegistrationAny), name };
}

export const bundledThemes = {
  "steward-light": () =>
    import("shiki/themes/github-light-default.mjs").then(({ default: theme }) =>
      stronger(theme, "steward-light", { "#6e7781": "#59626c", "#116329": "#0f5c26", "#cf222e": "#b91c28", "#8250df": "#7440d0" }),
    ),
  "steward-dark": () =>
    import("shiki/themes/github-dark-default.mjs").then(({ default: theme }) =>
      stronger(theme, "steward-dark", { "#8b949e": "#9aa3ad" }),
    ),
};

export const createHighlighter = createBundledHighlighter({
  langs: bundledLanguages,
  themes: bundledThemes,
  engine: () => createJavaScriptRegexEngine({ forgiving: true }),
});
