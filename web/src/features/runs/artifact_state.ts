// Which artifact shows beside a conversation, and how it goes on while the answer writes it.
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { Block } from "~/shared/markdown/beside";

import { type Artifact, artifactsIn, asArtifact, versionsOf } from "./artifacts";
import type { ChatMessage } from "./messages";

type Opened = {
  artifact: Artifact;
  /** Whether a version that is written later takes its place. */
  isNewest: boolean;
};

export type Shown = {
  artifact: Artifact;
  versions: readonly Artifact[];
  choose: (version: Artifact) => void;
  close: () => void;
};

type Artifacts = { open: (block: Block, opener: HTMLElement) => void; shown: Shown | null };

/**
 * @param messages - of the conversation, as they are shown.
 * @param busy - whether its last message is still being written.
 * @param box - where the focus goes when the button that opened it is gone.
 */
export function useArtifacts(messages: readonly ChatMessage[], busy: boolean, box: RefObject<HTMLElement | null>): Artifacts {
  const [opened, setOpened] = useState<Opened | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const newest = useRef({ messages, busy });
  useLayoutEffect(() => {
    newest.current = { messages, busy };
  });

  const open = useCallback((block: Block, from: HTMLElement) => {
    opener.current = from;
    const all = artifactsIn(newest.current.messages, newest.current.busy);
    const found = all.findLast(({ language, code }) => language === block.language && code.startsWith(block.code));
    const artifact = found ?? asArtifact(block, "", true);
    if (artifact === null) return;
    setOpened({ artifact, isNewest: versionsOf(artifact, all).at(-1)?.key === artifact.key });
  }, []);
  const close = useCallback(() => {
    setOpened(null);
    // What had the focus goes away first.
    window.setTimeout(() => (opener.current?.isConnected ? opener.current : box.current)?.focus({ preventScroll: true }), 0);
  }, [box]);

  const shown = useMemo<Shown | null>(() => {
    if (opened === null) return null;
    const all = artifactsIn(messages, busy);
    // An answer that was asked for anew is gone; what one was looking at stays.
    const same = all.find(({ key }) => key === opened.artifact.key) ?? { ...opened.artifact, isComplete: true };
    const versions = versionsOf(same, all);
    const artifact = opened.isNewest ? (versions.at(-1) ?? same) : same;
    const choose = (version: Artifact) => setOpened({ artifact: version, isNewest: version.key === versions.at(-1)?.key });
    return { artifact, versions, choose, close };
  }, [opened, messages, busy, close]);

  return { open, shown };
}
