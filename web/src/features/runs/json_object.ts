// JSON objects as people type them.

export type Read = { object: Record<string, unknown>; fault: null } | { object: null; fault: string };

/** Read a typed object. Returns: the object, or one sentence that says what is wrong with it. */
export function readObject(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { object: null, fault: `This is not valid JSON: ${error instanceof Error ? error.message : "it cannot be read"}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { object: null, fault: "Arguments are a JSON object: names and values in curly brackets." };
  return { object: value as Record<string, unknown>, fault: null };
}
