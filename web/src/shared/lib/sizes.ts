// Sizes of files as people say them.
import { locale } from "~/shared/language/languages";

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** "812 bytes", "12 kB", "3.4 MB" in the words of the browser's language. */
export function fileSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  const unitDisplay = unit === 0 ? "long" : "short";
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[unit], unitDisplay, maximumFractionDigits: digits }).format(value);
}
