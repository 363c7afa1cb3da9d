// Small things kept in the browser. Storage may be closed, as in a frame on another site, or full: then they are kept
// for as long as the page is.

type Kept = { get: (key: string) => string | null; set: (key: string, value: string | null) => void };

function keptIn(find: () => Storage): Kept {
  const otherwise = new Map<string, string>();
  return {
    get: (key) => {
      try {
        return otherwise.get(key) ?? find().getItem(key);
      } catch {
        return otherwise.get(key) ?? null;
      }
    },
    set: (key, value) => {
      otherwise.delete(key);
      try {
        if (value === null) find().removeItem(key);
        else find().setItem(key, value);
      } catch {
        if (value !== null) otherwise.set(key, value);
      }
    },
  };
}

export const local = keptIn(() => window.localStorage);
export const session = keptIn(() => window.sessionStorage);
