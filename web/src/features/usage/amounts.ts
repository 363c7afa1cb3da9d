// Money as exact decimal strings: added and written without ever becoming a float.

import { dollarsWith } from "~/shared/lib/money";

const DIGITS = 18;
const UNIT = 10n ** BigInt(DIGITS);

const units = (exact: string): bigint => {
  const [whole = "0", part = ""] = exact.split(".");
  return BigInt(whole) * UNIT + BigInt(part.slice(0, DIGITS).padEnd(DIGITS, "0"));
};

const written = (amount: bigint): string => {
  const part = (amount % UNIT).toString().padStart(DIGITS, "0").replace(/0+$/, "");
  return `${amount / UNIT}${part === "" ? "" : `.${part}`}`;
};

/** Two amounts of money together, exactly. */
export const plus = (one: string, other: string): string => written(units(one) + units(other));

const every = dollarsWith({ minimumFractionDigits: 2, maximumFractionDigits: 20 });

/** "1234.5" as "$1,234.50", or as the reader's language writes it: every digit that was given, and at least cents. */
export const dollars = (exact: string): string => every(exact as `${number}`);

/** An amount beside a plot, with three digits that count. */
export const roughDollars: (amount: number) => string = dollarsWith({ maximumSignificantDigits: 3 });

/** How large an amount is, for drawing alone. */
export const drawn = (exact: string | null): number => (exact === null ? 0 : Number(exact));

/** What a person typed as money, as the server takes it; null when it is not money. */
export function givenDollars(typed: string): string | null {
  const bare = typed.trim().replace(/^\$\s*|\s*\$$/g, "").replace(/[\s_'’]/g, "");
  // "1.000,50", as most of Europe writes it.
  const plain = /^\d{1,3}(\.\d{3})+,\d{1,9}$/.test(bare) ? bare.replaceAll(".", "").replace(",", ".") : bare;
  const text = plain.replace(/^(0,\d{1,9}|\d+,\d{1,2})$/, (amount) => amount.replace(",", ".")).replace(/,(?=\d{3}(\D|$))/g, "");
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) && units(text) > 0n ? text : null;
}

/** What a person typed as a number of tokens; null when it is none. */
export function givenTokens(typed: string): number | null {
  const text = typed.replace(/[\s_'’.,]/g, "");
  return /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
