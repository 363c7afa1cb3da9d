// One call of a tool: its name, how it stands, what went in and what came out, and what it waits for.
import { getToolName } from "ai";
import { Ban, Check, ChevronRight, CircleX, Hourglass, LoaderCircle, Minus } from "lucide-react";
import { type ReactNode, useId, useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { later } from "~/shared/ui/later";

import type { ActionData, ActionKind, ToolPart } from "./tool_calls";
import { useProgress } from "./tool_progress";
import { toolWords, workingWords } from "./tool_words";
import { WrittenValue } from "./written_value";

const DecisionCard = later(() => import("./decision_card").then(({ DecisionCard: card }) => ({ default: card })));

type ToolCardProps = {
  part: ToolPart;
  /** What the call waits for, while it does. */
  waiting: ActionData | null;
  /** Whether the answer may still go on from here: it is the last of its conversation. */
  last: boolean;
  /** Whether the answer is being written just now. */
  live: boolean;
};

type Standing = "working" | "waiting" | "done" | "failed" | "denied" | "left";

function standingOf({ part, waiting, last, live }: ToolCardProps): Standing {
  if (part.state === "output-available") return "done";
  if (part.state === "output-error") return "failed";
  if (part.state === "output-denied") return "denied";
  if (waiting !== null) return last || live ? "waiting" : "left";
  return live ? "working" : "left";
}

const icons: Record<Standing, ReactNode> = {
  working: <LoaderCircle aria-hidden className="size-4 shrink-0 animate-spin text-quiet" />,
  waiting: <Hourglass aria-hidden className="size-4 shrink-0 text-accent" />,
  done: <Check aria-hidden className="size-4 shrink-0 text-accent" />,
  failed: <CircleX aria-hidden className="size-4 shrink-0 text-danger" />,
  denied: <Ban aria-hidden className="size-4 shrink-0 text-quiet" />,
  left: <Minus aria-hidden className="size-4 shrink-0 text-quiet" />,
};

const waitingWords: Record<ActionKind, Word> = { approval: "Waiting for approval", person: "Waiting for a person", client: "Waiting for another program" };

const settledWords: Record<Exclude<Standing, "working" | "waiting">, Word> = {
  done: "Done",
  failed: "Failed",
  denied: "Denied",
  left: "Not carried out",
};

function stateWords(standing: Standing, { part, waiting }: ToolCardProps, progress: string | null): string {
  if (standing === "working") return progress ?? workingWords(getToolName(part));
  return t(standing === "waiting" ? waitingWords[waiting?.kind ?? "approval"] : settledWords[standing]);
}

/** A sentence that shows without unfolding: why nothing came of the call. */
function Trouble({ part }: { part: ToolPart }) {
  if (part.state === "output-error")
    return (
      <p dir="auto" className="px-3.5 pb-2.5 text-danger wrap-anywhere">
        {part.errorText}
      </p>
    );
  if (part.state !== "output-denied") return null;
  const reason = part.approval?.reason;
  return <p className="px-3.5 pb-2.5 text-quiet wrap-anywhere">{reason ?? t("This call was denied and not carried out.")}</p>;
}

function Unfolded({ id, part }: { id: string; part: ToolPart }) {
  return (
    <div id={id} className="space-y-2.5 border-t border-line px-3.5 py-3">
      {part.input === undefined ? null : <WrittenValue label={t("Input")} value={part.input} />}
      {part.state === "output-available" ? <WrittenValue label={t("Result")} value={part.output} /> : null}
      {part.input === undefined && part.state !== "output-available" ? <p className="text-quiet">{t("Nothing to show yet.")}</p> : null}
    </div>
  );
}

export function ToolCard(props: ToolCardProps) {
  const { part, waiting, last, live } = props;
  const [open, setOpen] = useState(false);
  const id = useId();
  const progress = useProgress(part.toolCallId);
  const name = getToolName(part);
  const standing = standingOf(props);
  const asks = waiting !== null && standing === "waiting" && last && !live;
  return (
    <div
      role="group"
      aria-label={t("Tool: {name}", { name: toolWords(name) })}
      data-standing={standing}
      className="my-2.5 overflow-hidden rounded-xl border border-line bg-raised text-sm"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2.5 px-3.5 py-2.5 text-start outline-offset-[-2px] transition-colors duration-150 hover:bg-hover"
      >
        {icons[standing]}
        <span className="flex min-w-0 flex-1 flex-wrap gap-x-2.5">
          <span className="font-medium wrap-anywhere">{toolWords(name)}</span>
          <span className="min-w-0 text-quiet wrap-anywhere">{stateWords(standing, props, progress)}</span>
        </span>
        <ChevronRight aria-hidden className={classes("size-4 shrink-0 text-quiet transition-transform duration-150", open ? "rotate-90" : "rtl:rotate-180")} />
      </button>
      <Trouble part={part} />
      {open ? <Unfolded id={id} part={part} /> : null}
      {asks ? (
        <DecisionCard
          asked={{
            actionId: waiting.actionId,
            tool: name,
            kind: waiting.kind ?? "approval",
            input: part.input,
            reason: waiting.reason ?? null,
            approvers: waiting.approvers ?? 1,
            expiresAt: waiting.expiresAt ?? null,
          }}
        />
      ) : null}
    </div>
  );
}
