// Amounts of money as people read them beside something else: two digits that count.

/** "0.00012345" as "$0.00012", "1.2345" as "$1.23"; null for nothing, and where nobody knows. */
export function shortDollars(exact: string | null | undefined): string | null {
  const amount = Number(exact ?? "0");
  if (!(amount > 0)) return null;
  const places = amount >= 0.1 ? 2 : Math.min(12, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(places)}`;
}
