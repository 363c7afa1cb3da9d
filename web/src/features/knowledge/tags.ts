// Tags as people type them: with commas between.

const MOST = 32;
const LONGEST = 64;

/** The tags in a line, each once. */
export const tagsIn = (line: string): string[] => [
  ...new Set(
    line
      .split(",")
      .map((tag) => tag.trim().slice(0, LONGEST))
      .filter(Boolean),
  ),
].slice(0, MOST);

export const tagLine = (tags: readonly string[]): string => tags.join(", ");
