// Times as people say them, in the language of the browser.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const numbers = new Intl.NumberFormat();

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
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

export function count(value: number): string {
  return numbers.format(value);
}
