// Times as people say them, in the language of the browser.

import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const numbers = new Intl.NumberFormat(locale);
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const startOfDay = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** "14:05" today, "Nov 3" before. */
export function shortMoment(iso: string, now = new Date()): string {
  const date = new Date(iso);
  return startOfDay(date) === startOfDay(now) ? clock.format(date) : day.format(date);
}

export function wholeMoment(iso: string): string {
  return whole.format(new Date(iso));
}

export type Age = "Today" | "Yesterday" | "Last 7 days" | "Last 30 days" | "Earlier";

/** Which heading of the list a moment belongs under. */
export function age(iso: string, now = new Date()): Age {
  const days = Math.round((startOfDay(now) - startOfDay(new Date(iso))) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Last 7 days";
  if (days <= 30) return "Last 30 days";
  return "Earlier";
}

export function seconds(milliseconds: number): string {
  const value = Math.max(0.1, milliseconds / 1000);
  return t("{seconds} s", { seconds: value < 10 ? tenths.format(value) : String(Math.round(value)) });
}

export function count(value: number): string {
  return numbers.format(value);
}
