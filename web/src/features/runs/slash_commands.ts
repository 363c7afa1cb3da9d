// Commands behind a slash, as they are typed: "/tool words" calls a tool of the house without a model.
import type { Tool } from "~/shared/api/types";

/** Who carries commands out; no provider's model has a part in it. */
export const COMMAND_MODEL = "steward/librarian";
const MOST_SHOWN = 8;

/** The part of a command's name that stands in the box alone; null while anything else is written. */
export const typedName = (draft: string): string | null => /^\/([\w-]*)$/.exec(draft)?.[1] ?? null;

const alike = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, "");

/** The tools that a person can call, best first: those whose name begins so, then those that have it in their midst. */
export function fittingTools(tools: readonly Tool[], typed: string): Tool[] {
  const wanted = alike(typed);
  const fits = tools.filter((tool) => tool.place === "server" && alike(tool.name).includes(wanted));
  const begins = (tool: Tool) => alike(tool.name).startsWith(wanted);
  return [...fits.filter(begins), ...fits.filter((tool) => !begins(tool))].slice(0, MOST_SHOWN);
}

/** The tool that a whole message commands, or null. Capital letters matter only where two names differ in nothing else. */
export function commandedTool(tools: readonly Tool[], message: string): Tool | null {
  const name = /^\s*\/([A-Za-z_][\w-]*)(?:\s|$)/.exec(message)?.[1];
  if (name === undefined) return null;
  const same = tools.filter((tool) => tool.place === "server" && tool.name.toLowerCase() === name.toLowerCase());
  return same.find((tool) => tool.name === name) ?? (same.length === 1 ? (same[0] ?? null) : null);
}

type Schema = { properties?: Record<string, { type?: string; anyOf?: { type?: string }[] }>; required?: string[] };

const isText = (property: { type?: string; anyOf?: { type?: string }[] } | undefined): boolean =>
  property !== undefined && (property.type ?? property.anyOf?.find(({ type }) => type !== "null")?.type ?? "string") === "string";

/** How a tool is called: "/createTask <title> [due=…]". Free words go to its first text. */
export function usageOf(tool: Tool): string {
  const { properties = {}, required = [] } = tool.parameters as Schema;
  const names = [...required, ...Object.keys(properties).filter((name) => !required.includes(name))];
  const text = names.find((name) => isText(properties[name]));
  const rest = names.filter((name) => name !== text).map((name) => (required.includes(name) ? `${name}=…` : `[${name}=…]`));
  return [`/${tool.name}`, ...(text === undefined ? [] : [`<${text}>`]), ...rest].join(" ");
}

/** The first sentence of what a tool says of itself. */
export const firstSentence = (tool: Tool): string => /^.*?[.!?](?=\s|$)/s.exec(tool.description)?.[0] ?? tool.description;
