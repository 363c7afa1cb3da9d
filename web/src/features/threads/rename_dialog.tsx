// Give a conversation another name.
import { type FormEvent, useRef, useState } from "react";

import type { Thread } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";
import { Field } from "~/shared/ui/field";

import { useChangeThread } from "./queries";

const LONGEST_TITLE = 100;

export default function RenameDialog({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const [title, setTitle] = useState(thread.title);
  const form = useRef<HTMLFormElement>(null);
  const change = useChangeThread();

  const save = (event: FormEvent) => {
    event.preventDefault();
    const next = title.trim();
    if (next === "") return;
    if (next !== thread.title) change.mutate({ thread, change: { title: next } });
    onClose();
  };

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Rename conversation")}>
      <form ref={form} onSubmit={save}>
        <Field
          label={t("Title")}
          dir="auto"
          value={title}
          maxLength={LONGEST_TITLE}
          onChange={(event) => setTitle(event.target.value)}
          onFocus={(event) => event.target.select()}
          autoComplete="off"
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button look="loud" type="submit" disabled={title.trim() === ""}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
