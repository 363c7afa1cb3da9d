// Rules for calls of tools in words, and what people type as the value of a condition.
import type { ToolCondition, ToolRule } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";

export type Decision = ToolRule["decision"];
export type Operator = ToolCondition["operator"];

export const decisions = { run: "Run", ask: "Ask first", deny: "Refuse" } as const satisfies Record<Decision, Word>;

/** "Two admins or owners must agree", by how many and of which role. */
export const agreements = {
  "1:member": "A member, admin or owner must agree",
  "1:admin": "An admin or owner must agree",
  "1:owner": "An owner must agree",
  "2:member": "Two members, admins or owners must agree",
  "2:admin": "Two admins or owners must agree",
  "2:owner": "Two owners must agree",
} as const satisfies Record<string, Word>;

export type Agreement = keyof typeof agreements;

export function agreementOf({ approvers, least_role }: Pick<ToolRule, "approvers" | "least_role">): Agreement {
  return `${approvers === 2 ? 2 : 1}:${least_role}`;
}

export const operators = {
  eq: "is|compared",
  ne: "is not|compared",
  lt: "is less than",
  le: "is at most",
  gt: "is more than",
  ge: "is at least",
  contains: "contains",
  matches: "matches the pattern",
  in: "is one of",
  exists: "is given",
} as const satisfies Record<Operator, Word>;

export function operatorInWords({ operator, value }: ToolCondition): string {
  return operator === "exists" && value === false ? t("is left out") : t(operators[operator]);
}

function readOne(typed: string): unknown {
  const text = typed.trim();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Each value of a list with the comma after it; what stands in quotes may hold commas.
const LISTED = /\s*("(?:[^"\\]|\\.)*"(?=\s*,)|[^,]*)\s*,/g;

function readList(typed: string): unknown[] {
  const whole = readOne(`[${typed}]`);
  return Array.isArray(whole) ? whole : [...`${typed},`.matchAll(LISTED)].map(([, one = ""]) => readOne(one));
}

// A box of one line drops line breaks, and an empty one counts as not filled in.
const isPlain = (text: string): boolean => /^.+$/.test(text) && readOne(text) === text;

const typedOne = (value: unknown): string => (typeof value === "string" && isPlain(value) ? value : JSON.stringify(value ?? null));

function typedList(values: readonly unknown[]): string {
  const typed = values.map(typedOne).join(", ");
  const isRead = JSON.stringify(readList(typed)) === JSON.stringify(values);
  return isRead ? typed : values.map((one) => JSON.stringify(one)).join(", ");
}

/** A value as one types it: text stands for itself unless it would be read as something else; then it is in quotes. */
export function typedValue({ operator, value }: ToolCondition): string {
  if (operator === "exists") return "";
  if (operator === "in" && Array.isArray(value)) return typedList(value);
  return operator === "matches" && typeof value === "string" ? value : typedOne(value);
}

/** What was typed as the server compares it. */
export function readValue(operator: Operator, typed: string): unknown {
  if (operator === "exists") return true;
  if (operator === "matches") return typed;
  return operator === "in" ? readList(typed) : readOne(typed);
}

const isTooLong = (value: unknown): boolean =>
  typeof value === "number" ? Math.abs(value) > Number.MAX_SAFE_INTEGER : typeof value === "object" && value !== null && Object.values(value).some(isTooLong);

/** Whether what was typed holds a number so long that another one would be kept for it. */
export const holdsTooLongNumber = (operator: Operator, typed: string): boolean => isTooLong(readValue(operator, typed));

/** What was typed as the arguments of a call; null when it is no JSON object. */
export function readArguments(typed: string): Record<string, unknown> | null {
  if (typed.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(typed);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
