// Tags of a conversation as people type them: trimmed, each once, within the server's limits.

export const MOST_TAGS = 10;
export const LONGEST_TAG = 40;

/** What a line adds to the tags: it may name several, with commas between. */
export function withTyped(tags: readonly string[], line: string): string[] {
  const typed = line.split(",").map((tag) => tag.trim().replaceAll(/\s+/g, " ").slice(0, LONGEST_TAG)).filter(Boolean);
  return [...new Set([...tags, ...typed])].slice(0, MOST_TAGS);
}

export const sameTags = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((tag, place) => tag === others[place]);
