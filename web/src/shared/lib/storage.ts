// Small things kept in the browser. Storage may be closed or full: then they are simply not kept.

function guarded<Value>(work: () => Value, otherwise: Value): Value {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export const local = {
  get: (key: string): string | null => guarded(() => window.localStorage.getItem(key), null),
  set: (key: string, value: string | null): void =>
    guarded(() => (value === null ? window.localStorage.removeItem(key) : window.localStorage.setItem(key, value)), undefined),
};

export const session = {
  get: (key: string): string | null => guarded(() => window.sessionStorage.getItem(key), null),
  set: (key: string, value: string | null): void =>
    guarded(
      () => (value === null ? window.sessionStorage.removeItem(key) : window.sessionStorage.setItem(key, value)),
      undefined,
    ),
};
