// A dialog with a form in it: fields, what went wrong, and the buttons.
import type { FormEvent, ReactNode } from "react";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

type FormDialogProps = {
  title: string;
  description?: string;
  /** The verb on the button: "Save". */
  verb: string;
  busy: boolean;
  complete: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
};

export function FormDialog({ title, description, verb, busy, complete, error, onSubmit, onClose, children }: FormDialogProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !busy) onSubmit();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={description}>
      <form onSubmit={submit} className="space-y-4">
        {children}
        {error ? <Notice kind="problem">{asProblem(error).message}</Notice> : null}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button look="loud" type="submit" busy={busy} disabled={!complete}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
