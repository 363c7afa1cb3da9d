// JSON objects as people type them.
import { t } from "~/shared/language/words";

export type Read = { object: Record<string, unknown>; fault: null } | { object: null; fault: string };

/** Read a typed object. Returns: the object, or one sentence that says what is wrong with it. */
export function readObject(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // It throws nothing but a `SyntaxError`.
    return { object: null, fault: t("This is not valid JSON: {fault}", { fault: (error as SyntaxError).message }) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { object: null, fault: t("Arguments are a JSON object: names and values in curly brackets.") };
  return { object: value as Record<string, unknown>, fault: null };
}
