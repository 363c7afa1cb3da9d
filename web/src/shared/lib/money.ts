// Amounts of money as people read them. Steward counts in US dollars alone, so that the bare sign says enough.
import { locale } from "~/shared/language/languages";

/** A writer of dollars in the reader's language. A decimal in text is written digit by digit, without becoming a float. */
export function dollarsWith(digits: Intl.NumberFormatOptions): (amount: number | `${number}`) => string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", ...digits });
  // Arabic knows no bare sign, and letters beside it would change places in a line from right to left.
  return (amount) => format.format(amount).replace("US$", "$");
}

/** "0.00012345" as "$0.00012", "1.2345" as "$1.23", with two digits that count; null for nothing, and where nobody knows. */
export function shortDollars(exact: string | null | undefined): string | null {
  const amount = Number(exact ?? "0");
  if (!(amount > 0)) return null;
  const places = amount >= 0.1 ? 2 : Math.min(12, 1 - Math.floor(Math.log10(amount)));
  return dollarsWith({ useGrouping: false, minimumFractionDigits: places, maximumFractionDigits: places })(amount);
}
