// A form with a file on its way to the server. XMLHttpRequest, because fetch does not tell how much was sent.
import { t } from "~/shared/language/words";

import { csrfHeaders, sessionEnded } from "./client";
import { Problem, problemFrom } from "./problems";

const HOLD_SECONDS = 5;

export type Sending = {
  /** The same name again is the same upload: a repeat after a lost line adds nothing twice. */
  name: string;
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** The server takes no more for now. */
export class Held extends Error {
  readonly seconds: number;

  constructor(seconds: number) {
    super("too many at once");
    this.seconds = seconds;
  }
}

function bodyOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText);
  } catch {
    // Whatever stands between here and the server answered in its own words.
    return null;
  }
}

function problemOf(request: XMLHttpRequest): Problem | Held {
  if (request.status === 429) return new Held(Number(request.getResponseHeader("retry-after")) || HOLD_SECONDS);
  const problem = problemFrom(request.status, bodyOf(request), request.getResponseHeader("x-request-id"));
  if (problem.status === 401 && problem.tag === "unauthorized") sessionEnded();
  return problem;
}

/**
 * Send a form.
 *
 * Returns: what the server answers.
 *
 * Throws: a `Problem`; `Held` when it is to be sent later; an `AbortError` when the signal aborts.
 */
export function sendForm(path: string, form: FormData, { name, onProgress, signal }: Sending): Promise<unknown> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [header, value] of Object.entries({ ...csrfHeaders(), "Idempotency-Key": name })) request.setRequestHeader(header, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? done(bodyOf(request)) : fail(problemOf(request))));
    request.addEventListener("error", () =>
      fail(new Problem(t("The upload broke off. Check your connection, and that the file is still there."), 0, "unreachable")),
    );
    request.addEventListener("abort", () => fail(new DOMException("the upload was cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
