// The keyboard in the list: arrows walk its rows, Home and End go to its ends.

export const rowsIn = (list: HTMLElement | null): HTMLElement[] => [...(list?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];

/** The row that a key leads to from the one that has the focus; "out" is above the first; null is no step at all. */
export function stepTo(rows: HTMLElement[], from: EventTarget | null, key: string): HTMLElement | "out" | null {
  const place = rows.findIndex((row) => row === from);
  if (place < 0) return null;
  if (key === "ArrowDown") return rows[place + 1] ?? null;
  if (key === "ArrowUp") return rows[place - 1] ?? "out";
  if (key === "Home") return rows[0] ?? null;
  if (key === "End") return rows.at(-1) ?? null;
  return null;
}
