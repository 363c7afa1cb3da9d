// Facts that stand beside each other in one line, such as a model, a number and a price.
import { direction } from "./languages";

/** "gpt-4o · 7 tokens · $0.01". From right to left each is set apart, as Latin neighbours would swap their places there. */
export const inLine = (facts: readonly string[]): string =>
  facts.map((fact) => (direction === "rtl" ? `\u2068${fact}\u2069` : fact)).join(" · ");
