// Money as exact decimal strings: added and written without ever becoming a float.

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

const grouped = new Intl.NumberFormat("en-US");

/** "1234.5" as "$1,234.50": every digit that was given, and at least cents. */
export function dollars(exact: string): string {
  const [whole = "0", part = ""] = exact.split(".");
  return `$${grouped.format(BigInt(whole))}.${part.padEnd(2, "0")}`;
}

/** How large an amount is, for drawing alone. */
export const drawn = (exact: string | null): number => (exact === null ? 0 : Number(exact));

/** What a person typed as money, as the server takes it; null when it is not money. */
export function givenDollars(typed: string): string | null {
  const text = typed.trim().replace(/^\$\s*/, "").replace(/[\s_'’]/g, "").replace(/^(\d+),(\d{1,2})$/, "$1.$2").replace(/,(?=\d{3}(\D|$))/g, "");
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) && units(text) > 0n ? text : null;
}

/** What a person typed as a number of tokens; null when it is none. */
export function givenTokens(typed: string): number | null {
  const text = typed.replace(/[\s_'’.,]/g, "");
  return /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
