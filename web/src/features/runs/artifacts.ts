// The artifacts of a conversation: blocks of its answers that are a thing of their own, found in what was written.
import { type Block, type Kind, kindOf } from "~/shared/markdown/beside";

import { type ChatMessage, serverId, wordsOf } from "./messages";

export type Artifact = Block & {
  key: string;
  kind: Kind;
  /** As the thing calls itself; null when it has no name. */
  title: string | null;
  /** Whether all of it is written. */
  isComplete: boolean;
};

type Fenced = Block & { isClosed: boolean };

const OPENS = /^([ \t]*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]*)/;

/** The fenced blocks of a text in Markdown, in their order; the last one may not be closed yet. */
export function fencedIn(text: string): Fenced[] {
  const found: Fenced[] = [];
  let fence: { indent: number; mark: string; language: string; lines: string[] } | null = null;
  const end = (isClosed: boolean) => {
    while (fence?.lines.at(-1) === "") fence.lines.pop();
    if (fence) found.push({ language: fence.language, code: fence.lines.join("\n"), isClosed });
    fence = null;
  };
  for (const line of text.split(/\r?\n/)) {
    if (fence === null) {
      const [, indent = "", mark = "", language = ""] = OPENS.exec(line) ?? [];
      if (mark !== "") fence = { indent: indent.length, mark, language, lines: [] };
      continue;
    }
    const bare = line.trim();
    if (bare.length >= fence.mark.length && bare === fence.mark.charAt(0).repeat(bare.length)) end(true);
    else fence.lines.push(line.slice(Math.min(fence.indent, line.length - line.trimStart().length)));
  }
  end(false);
  return found;
}

const named: Record<Kind, RegExp | null> = {
  html: /<title[^<>]*>([^<]+)<\/title>/i,
  svg: /<title[^<>]*>([^<]+)<\/title>/i,
  document: /^#{1,3}[ \t]+(.+)$/m,
  chart: /"title"\s*:\s*"((?:[^"\\]|\\.)+)"/,
  // A file that names itself in its first line.
  code: /^(?:#|\/\/|--|\/\*|<!--)[ \t]*([\w./-]+\.\w{1,8})\b/,
};

const LONGEST_TITLE = 80;

export function titleOf(kind: Kind, code: string): string | null {
  const title = named[kind]?.exec(code)?.[1]?.trim() ?? "";
  return title === "" ? null : title.slice(0, LONGEST_TITLE);
}

/** A block as an artifact; null when it is a mere piece of code. */
export function asArtifact(block: Block, key: string, isComplete: boolean): Artifact | null {
  const kind = kindOf(block);
  return kind === null ? null : { ...block, key, kind, title: titleOf(kind, block.code), isComplete };
}

const known = new WeakMap<ChatMessage, { isWritten: boolean; found: Artifact[] }>();

function artifactsOf(message: ChatMessage, isWritten: boolean): Artifact[] {
  const before = known.get(message);
  if (before?.isWritten === isWritten) return before.found;
  const found = fencedIn(wordsOf(message)).flatMap(
    ({ isClosed, ...block }, place) => asArtifact(block, `${serverId(message)} ${place}`, isClosed || isWritten) ?? [],
  );
  known.set(message, { isWritten, found });
  return found;
}

/** Every artifact of a conversation, oldest first. */
export function artifactsIn(messages: readonly ChatMessage[], busy: boolean): Artifact[] {
  return messages.flatMap((message, place) =>
    message.role === "assistant" ? artifactsOf(message, !busy || place < messages.length - 1) : [],
  );
}

/** The artifacts that are one thing at different times: of the same kind and name. */
export function versionsOf(artifact: Artifact, all: readonly Artifact[]): Artifact[] {
  if (artifact.title === null) return [artifact];
  const same = all.filter(({ kind, title }) => kind === artifact.kind && title === artifact.title);
  return same.some(({ key }) => key === artifact.key) ? same : [artifact];
}
