// Spans of days that a report can be asked for, in the time zone of the browser.
import { locale } from "~/shared/language/languages";

export type SpanName = "month" | "last-month" | "week" | "thirty" | "year";
export type Step = "day" | "month";
/** From a day on, up to and without another. */
export type Span = { from: string; to: string; step: Step };

export const spanChoices: readonly { value: SpanName; label: "This month" | "Last month" | "Last 7 days" | "Last 30 days" | "Last 12 months" }[] = [
  { value: "month", label: "This month" },
  { value: "last-month", label: "Last month" },
  { value: "week", label: "Last 7 days" },
  { value: "thirty", label: "Last 30 days" },
  { value: "year", label: "Last 12 months" },
];

export const isSpanName = (name: string | null): name is SpanName => spanChoices.some(({ value }) => value === name);

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A day of the calendar as "2026-11-21"; months and days may run over. */
const dayOf = (year: number, month: number, day: number): string => new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);

export function spanOf(name: SpanName, now = new Date()): Span {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const to = dayOf(year, month, day + 1);
  switch (name) {
    case "month":
      return { from: dayOf(year, month, 1), to: dayOf(year, month + 1, 1), step: "day" };
    case "last-month":
      return { from: dayOf(year, month - 1, 1), to: dayOf(year, month, 1), step: "day" };
    case "week":
      return { from: dayOf(year, month, day - 6), to, step: "day" };
    case "thirty":
      return { from: dayOf(year, month, day - 29), to, step: "day" };
    case "year":
      return { from: dayOf(year, month - 11, 1), to: dayOf(year, month + 1, 1), step: "month" };
  }
}

/** Every day or month of a span, those without a call too: "2026-11-21" or "2026-11". */
export function stepsOf({ from, to, step }: Span): string[] {
  const found: string[] = [];
  const [year = 0, month = 1, day = 1] = from.split("-").map(Number);
  for (let place = 0; place < 400; place += 1) {
    const next = step === "day" ? dayOf(year, month - 1, day + place) : dayOf(year, month - 1 + place, 1);
    if (next >= to) break;
    found.push(step === "day" ? next : next.slice(0, 7));
  }
  return found;
}

const dayWords = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
const monthWords = new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", timeZone: "UTC" });

/** "21 Nov" or "Nov 2026" in the words of the browser's language. */
export const stepWords = (step: string): string =>
  step.length === 7 ? monthWords.format(new Date(`${step}-01T00:00:00Z`)) : dayWords.format(new Date(`${step}T00:00:00Z`));
