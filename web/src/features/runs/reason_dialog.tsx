// Why an answer was not good, in one's own words; it may stay empty.
import { type FormEvent, useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";
import { TextArea } from "~/shared/ui/text_area";

const LONGEST_REASON = 2000;
const common: readonly Word[] = ["Not correct", "Not what I asked", "Too long", "Sources are missing"];

type ReasonDialogProps = { reason: string; onSave: (reason: string) => void; onClose: () => void };

export default function ReasonDialog({ reason, onSave, onClose }: ReasonDialogProps) {
  const [text, setText] = useState(reason);
  const save = (event: FormEvent) => {
    event.preventDefault();
    onSave(text.trim());
    onClose();
  };
  const add = (words: string) => setText((before) => (before.trim() === "" ? `${words}. ` : `${before.trimEnd()} ${words}. `).slice(0, LONGEST_REASON));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("What was wrong with this answer?")}
      description={t("Owners and administrators of your workspace can read this.")}
    >
      <form onSubmit={save}>
        <div role="group" aria-label={t("Common reasons")} className="mb-3 flex flex-wrap gap-1.5">
          {common.map((words) => (
            <button
              key={words}
              type="button"
              onClick={() => add(t(words))}
              className="h-8 rounded-full border border-line px-3 text-sm text-quiet transition-colors duration-150 hover:bg-hover hover:text-ink"
            >
              {t(words)}
            </button>
          ))}
        </div>
        <TextArea label={t("Reason (optional)")} rows={4} maxLength={LONGEST_REASON} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{t("Skip")}</Button>
          <Button look="loud" type="submit" disabled={text.trim() === ""}>
            {t("Send")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
