// The one way to the server: typed by its OpenAPI, with the CSRF header on whatever changes something.
import createClient, { type Middleware } from "openapi-fetch";

import { askedEarly } from "./early";
import { Problem, asProblem, problemFrom } from "./problems";
import type { paths } from "./schema";

let csrfToken: string | null = null;
let onSessionEnd: (() => void) | null = null;
let onOldToken: (() => void) | null = null;

/** Remember the token of this session; every unsafe request carries it. */
export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** The header that the server wants with the cookie on an unsafe request. */
export function csrfHeaders(): Record<string, string> {
  return csrfToken === null ? {} : { "X-CSRF-Token": csrfToken };
}

/** Say what happens when the server no longer knows this session. */
export function whenSessionEnds(listener: (() => void) | null): void {
  onSessionEnd = listener;
}

export function sessionEnded(): void {
  onSessionEnd?.();
}

/** The refusal of a request whose token is not the session's: somebody signed in anew in another tab. */
export const TOKEN_IS_OLD = "csrf_token_missing";

/** Say what happens when this page's token is of an older session. */
export function whenTokenIsOld(listener: (() => void) | null): void {
  onOldToken = listener;
}

/** Tell whom it concerns what a refusal says of the session, whichever way it came. */
export function noteRefusal({ status, tag }: Problem): void {
  if (status === 401 && tag === "unauthorized") sessionEnded();
  if (tag === TOKEN_IS_OLD) onOldToken?.();
}

const middleware: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  // Looked up at each call: whoever wraps fetch later is heard too.
  fetch: (request) => askedEarly(request) ?? globalThis.fetch(request),
});
api.use(middleware);

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of an answer, or its problem thrown. */
export async function answered<Data>(request: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch (error) {
    throw asProblem(error);
  }
  if (answer.response.ok) return answer.data as Data;
  const problem = problemFrom(answer.response.status, answer.error, answer.response.headers.get("x-request-id"));
  noteRefusal(problem);
  throw problem;
}

export { Problem };
