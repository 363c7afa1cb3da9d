// What a call waits for, and the way to answer: approve it, perhaps changed, deny it, or write what a person says.
import { useEffect, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Action, Decision } from "~/shared/api/types";
import { type Word, counted, t } from "~/shared/language/words";
import { wholeMoment } from "~/shared/lib/moments";
import { Notice } from "~/shared/ui/notice";

import { useAction, useDecide, useMyId } from "./actions";
import { AnswerForm } from "./answer_form";
import { ApprovalForm } from "./approval_form";
import type { ActionKind } from "./tool_calls";
import { toolWords } from "./tool_words";
import { WrittenValue } from "./written_value";

export type Asked = {
  actionId: string;
  tool: string;
  kind: ActionKind;
  input: unknown;
  reason: string | null;
  approvers: number;
  expiresAt: string | null;
};

const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** Whether a moment is over; the page is drawn again when it comes. */
function useIsOver(iso: string | null): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const rest = iso === null ? Infinity : new Date(iso).getTime() - Date.now();
    if (rest > LONGEST_TIMER_MILLISECONDS) return undefined;
    const timer = window.setTimeout(() => setIsOver(true), Math.max(0, rest));
    return () => window.clearTimeout(timer);
  }, [iso]);
  return isOver;
}

function lead({ kind, tool }: Asked, mayDecide: boolean): string {
  if (kind === "approval") return t("Steward wants to use “{tool}”. Nothing happens until it is approved.", { tool: toolWords(tool) });
  if (kind === "person" && mayDecide) return t("Steward hands this over to a person. Your answer goes back into the conversation.");
  if (kind === "person") return t("Waiting for a person. An owner or admin of the workspace will answer.");
  return t("Waiting for the program that began this conversation to carry this out.");
}

const roles: Readonly<Record<string, Word>> = { owner: "owner|role", admin: "admin|role", member: "member|role" };

function decider(role: string | null): string {
  if (role === null) return t("Somebody else decides about this.");
  const known = roles[role];
  return t("Somebody with the role {role} decides about this.", { role: known === undefined ? role : t(known) });
}

/** Why this person cannot say anything now, or null when they can. */
function hindrance(known: Action | undefined, myId: string | null): string | null {
  if (known === undefined) return null;
  if (known.state === "approved" || known.state === "answered") return t("Decided. The answer goes on when everything it asked for is decided.");
  if (known.state !== "waiting") return t("This was decided already.");
  const approved = known.decisions.some((word) => word.decision === "approve" && word.user_id === myId);
  if (known.kind === "approval" && approved) return t("You approved this. Another person has to approve it as well.");
  if (known.may_decide) return null;
  if (known.kind === "person") return t("Leave this page if you like; the conversation goes on when the answer is there.");
  return decider(known.least_role);
}

/** What a model hands over, in its own words rather than as JSON. */
function HandedOver({ input }: { input: unknown }) {
  const { reason, urgency } = (input ?? {}) as Record<string, unknown>;
  if (typeof reason !== "string") return <WrittenValue label={t("Arguments")} value={input} />;
  return (
    <blockquote dir="auto" className="border-s-2 border-line-strong ps-3 whitespace-pre-wrap wrap-anywhere">
      {urgency === "high" ? <strong className="font-medium">{t("Urgent.")} </strong> : null}
      {reason}
    </blockquote>
  );
}

function Facts({ asked, known }: { asked: Asked; known: Action | undefined }) {
  const given = new Set(known?.decisions.filter(({ decision }) => decision === "approve").map(({ user_id }) => user_id)).size;
  const missing = Math.max(0, asked.approvers - given);
  return (
    <>
      {!asked.reason ? null : <p className="wrap-anywhere">{t("Why you are asked: {reason}", { reason: asked.reason })}</p>}
      {asked.kind === "approval" && asked.approvers > 1 ? (
        <p>
          {counted(
            missing,
            "{approvers} people have to approve this; {count} is missing.",
            "{approvers} people have to approve this; {count} are missing.",
            { approvers: asked.approvers },
          )}
        </p>
      ) : null}
      {asked.expiresAt === null ? null : <p className="text-xs text-quiet">{t("Open until {moment}.", { moment: wholeMoment(asked.expiresAt) })}</p>}
    </>
  );
}

export function DecisionCard({ asked }: { asked: Asked }) {
  const { data: known } = useAction(asked.actionId);
  const decide = useDecide(asked.actionId);
  const isOver = useIsOver(asked.expiresAt);
  const hindered = hindrance(known, useMyId());
  // Another approver may have changed what is asked.
  const input = known?.arguments ?? asked.input ?? {};
  // An approval names what somebody changed: they may change it again meanwhile.
  const changed = known?.decisions.some((word) => word.has_edited) ? known.arguments : null;
  const onSay = (word: Decision) => decide.mutate(word.decision === "approve" && changed !== null ? { arguments: changed, ...word } : word);
  const form = { busy: decide.isPending, onSay };
  const fault = decide.error === null ? null : asProblem(decide.error).message;
  const silent = isOver || hindered !== null || asked.kind === "client";

  return (
    <div className="space-y-3 border-t border-line px-3.5 py-3">
      <div className="space-y-1">
        <p>{lead(asked, known?.may_decide ?? false)}</p>
        <Facts asked={asked} known={known} />
      </div>
      {isOver ? <p className="font-medium">{t("The time to decide is over, so this is not carried out.")}</p> : null}
      {!isOver && hindered !== null ? <p className="font-medium">{hindered}</p> : null}
      {asked.kind === "person" ? <HandedOver input={input} /> : null}
      {silent && asked.kind !== "person" ? <WrittenValue label={t("Arguments")} value={input} /> : null}
      {!silent && asked.kind === "approval" ? <ApprovalForm key={JSON.stringify(input)} input={input} {...form} /> : null}
      {!silent && asked.kind === "person" && known !== undefined ? <AnswerForm {...form} /> : null}
      {fault === null ? null : <Notice kind="problem">{fault}</Notice>}
    </div>
  );
}
