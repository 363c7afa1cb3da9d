// A message that waits to be sent, in its place at the end: why it waits, and the way to take it back.
import { Clock, Undo2, WifiOff } from "lucide-react";

import { type Word, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";

import { AttachmentView } from "./attachment_view";
import { wordsOf } from "./messages";
import type { Unsent } from "./outbox";
import type { Hold } from "./sending";

export type UnsentActions = { takeBack: (item: Unsent) => void; sendNow: () => void };

const reasons: Record<Hold, Word> = {
  line: "Waiting for the network",
  answer: "Sent when this answer is done",
  decision: "Sent when you have decided",
  failure: "Waiting, because the last answer failed",
  nothing: "Sending…",
};

/** Whether a press can bring it on its way. */
const canHurry = (hold: Hold): boolean => hold === "line" || hold === "failure";

type UnsentRowProps = { item: Unsent; hold: Hold; first: boolean; actions: UnsentActions };

export function UnsentRow({ item, hold, first, actions }: UnsentRowProps) {
  const Icon = hold === "line" ? WifiOff : Clock;
  const words = wordsOf({ ...item, role: "user" });
  return (
    <article aria-label={t("Waiting message")} className="mx-auto flex w-full max-w-3xl flex-col items-end px-4 pt-5 last:pb-5 sm:px-6">
      <AttachmentView message={item} />
      {words === "" ? null : (
        <div dir="auto" className="max-w-[85%] rounded-2xl rounded-ee-md border border-dashed border-line-strong px-4 py-2.5 leading-6 whitespace-pre-wrap wrap-anywhere">
          {words}
        </div>
      )}
      <div className="mt-1 flex min-h-7 flex-wrap items-center justify-end gap-x-1.5 gap-y-1 text-xs text-quiet">
        <span className="flex items-center gap-1.5 py-1">
          <Icon aria-hidden className="size-3.5" />
          {t(reasons[hold])}
        </span>
        {first && canHurry(hold) ? (
          <Button className="h-7! px-2! text-xs!" onClick={actions.sendNow}>
            {hold === "line" ? t("Try now") : t("Send now")}
          </Button>
        ) : null}
        <Button className="h-7! px-2! text-xs!" onClick={() => actions.takeBack(item)}>
          <Undo2 aria-hidden className="size-3.5" />
          {t("Take back")}
        </Button>
      </div>
    </article>
  );
}
