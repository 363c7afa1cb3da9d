// A conversation that is only read, with what its answers made opened beside it.
import { type ReactNode, useMemo, useRef } from "react";

import type { Message } from "~/shared/api/types";
import { OpenBeside } from "~/shared/markdown/beside";
import { later } from "~/shared/ui/later";

import { useArtifacts } from "./artifact_state";
import { toChatMessages } from "./messages";

const ArtifactPanel = later(() => import("./artifact_panel"));

/** `messages` are those that `children` show, oldest first. */
export default function ReadAround({ messages, children }: { messages: readonly Message[]; children: ReactNode }) {
  const around = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => toChatMessages(messages.toReversed()), [messages]);
  const artifacts = useArtifacts(shown, false, around);
  return (
    <div className="flex min-h-0 flex-1">
      <div ref={around} tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        <OpenBeside value={artifacts.open}>{children}</OpenBeside>
      </div>
      {artifacts.shown ? <ArtifactPanel {...artifacts.shown} /> : null}
    </div>
  );
}
