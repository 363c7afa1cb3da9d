// What the page's first script (app/early.js) asked the server while the app was on its way. Each answer is taken once.

type Early = Record<string, Promise<Response>>;

declare global {
  interface Window {
    stewardEarly?: Early;
  }
}

// Counted from the page's beginning. Later something may have changed.
const FRESH_MILLISECONDS = 10_000;

/** The answer to a request that was asked early; null when there is none, or none that may still be true. */
export function askedEarly(request: Request): Promise<Response> | null {
  const early = window.stewardEarly;
  if (early === undefined) return null;
  if (request.method !== "GET" || performance.now() > FRESH_MILLISECONDS) {
    delete window.stewardEarly;
    return null;
  }
  const { pathname, search } = new URL(request.url);
  const answer = early[pathname + search];
  if (answer === undefined) return null;
  delete early[pathname + search];
  // A refusal may be out of date: who signs in meanwhile is let in.
  return answer.then((response) => (response.ok ? response : globalThis.fetch(request)));
}
