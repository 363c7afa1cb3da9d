// The one way to the server: typed by its OpenAPI, with the CSRF header on whatever changes something.
import createClient, { type Middleware } from "openapi-fetch";

import { Problem, asProblem, problemFrom } from "./problems";
import type { paths } from "./schema";

let csrfToken: string | null = null;
let onSessionEnd: (() => void) | null = null;

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
  fetch: (request) => globalThis.fetch(request),
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
  if (problem.status === 401 && problem.tag === "unauthorized") sessionEnded();
  throw problem;
}

export { Problem };
