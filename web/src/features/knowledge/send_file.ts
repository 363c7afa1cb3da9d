// One file on its way to the server. XMLHttpRequest, because fetch does not tell how much was sent.
import { csrfHeaders, sessionEnded } from "~/shared/api/client";
import { Problem, problemFrom } from "~/shared/api/problems";

const HOLD_SECONDS = 5;

export type FileFacts = { collection_id: string | null; tags: string[] };
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

function formOf(file: File, { collection_id, tags }: FileFacts): FormData {
  const form = new FormData();
  if (collection_id !== null) form.set("collection_id", collection_id);
  if (tags.length > 0) form.set("tags", tags.join(","));
  form.set("file", file);
  return form;
}

function problemOf(request: XMLHttpRequest): Problem | Held {
  if (request.status === 429) return new Held(Number(request.getResponseHeader("retry-after")) || HOLD_SECONDS);
  let body: unknown = null;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    // Whatever stands between here and the server answered in its own words.
  }
  const problem = problemFrom(request.status, body, request.getResponseHeader("x-request-id"));
  if (problem.status === 401 && problem.tag === "unauthorized") sessionEnded();
  return problem;
}

/**
 * Send a file to the library.
 *
 * Throws: a `Problem`; `Held` when it is to be sent later; an `AbortError` when the signal aborts.
 */
export function sendFile(file: File, facts: FileFacts, { name, onProgress, signal }: Sending): Promise<void> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/documents");
    for (const [header, value] of Object.entries({ ...csrfHeaders(), "Idempotency-Key": name })) request.setRequestHeader(header, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? done() : fail(problemOf(request))));
    request.addEventListener("error", () =>
      fail(new Problem("The upload broke off. Check your connection, and that the file is still there.", 0, "unreachable")),
    );
    request.addEventListener("abort", () => fail(new DOMException("the upload was cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(formOf(file, facts));
  });
}
