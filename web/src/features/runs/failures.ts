// Why an answer failed, in the language of the reader.
import type { Message } from "~/shared/api/types";
import { type Word, refused, t } from "~/shared/language/words";

type Failed = NonNullable<Message["error"]>;

const withoutReason: Partial<Record<string, Word>> = {
  failed: "This answer failed.",
  interrupted: "This answer was interrupted before it was whole.",
};

/** A sentence about an answer that is not whole; null for any other. What a workspace wrote itself is said as it is. */
export function sentenceOf(error: Failed | null | undefined, status: Message["status"] | undefined): string | null {
  if (error) return error.is_own ? error.message : refused(error.tag, error.message);
  const word = withoutReason[status ?? ""];
  return word === undefined ? null : t(word);
}
