// What went wrong, as one sentence fit to show. The server's problems carry one; everything else gets one here.

import { type Word, refused, t } from "~/shared/language/words";

export class Problem extends Error {
  readonly status: number;
  readonly tag: string;
  readonly requestId: string | null;

  constructor(sentence: string, status: number, tag: string, requestId: string | null = null) {
    super(sentence);
    this.name = "Problem";
    this.status = status;
    this.tag = tag;
    this.requestId = requestId;
  }
}

const byStatus: Record<number, Word> = {
  401: "Your session has ended. Sign in again.",
  403: "You may not do this. Ask an owner of the workspace.",
  404: "This does not exist, or no longer. Go back and choose another.",
  413: "This is too large. Send less at once.",
  429: "Too many requests at once. Wait a moment and try again.",
};

function plainSentence(status: number): string {
  if (status >= 500) return t("The server could not answer. Try again in a moment.");
  return t(byStatus[status] ?? "The server refused this. Check what you sent and try again.");
}

const text = (value: unknown): string | null => (typeof value === "string" && value.trim() !== "" ? value : null);

/** Read a problem out of an answer's body: JSON problem, JSON error, or nothing that may be shown. */
export function problemFrom(status: number, body: unknown, requestId: string | null = null): Problem {
  if (typeof body === "object" && body !== null) {
    const fields = body as Record<string, unknown>;
    const tag = text(fields.tag) ?? "unknown";
    // A bare "Unauthorized" says nothing to a person.
    const detail = tag === "unauthorized" ? null : text(fields.detail);
    return new Problem(detail === null ? plainSentence(status) : refused(tag, detail), status, tag, text(fields.request_id) ?? requestId);
  }
  return new Problem(plainSentence(status), status, status === 401 ? "unauthorized" : "unknown", requestId);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** Any thrown thing as a problem: ours, a failed fetch, or the chat transport's error with the body as its message. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Error) {
    const { statusCode, responseBody } = error as Error & { statusCode?: number; responseBody?: string };
    if (typeof statusCode === "number") return problemFrom(statusCode, parsed(responseBody ?? ""));
    if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message))
      return new Problem(t("The server cannot be reached. Check your connection and try again."), 0, "unreachable");
    // Errors inside a stream are sentences already.
    return new Problem(error.message || plainSentence(500), 0, "stream");
  }
  return new Problem(plainSentence(500), 0, "unknown");
}
