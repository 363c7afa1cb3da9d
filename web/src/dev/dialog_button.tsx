// A button that opens one of the dialogs, for the page of components.
import { useState } from "react";

import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";
import { Field } from "~/shared/ui/field";
import { later } from "~/shared/ui/later";

import { nothing } from "./specimen";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));

export function DialogButton({ kind }: { kind: "form" | "confirm" }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{kind === "form" ? "Rename…" : "Delete…"}</Button>
      {open && kind === "form" ? (
        <Dialog open onOpenChange={setOpen} title="Rename" description="The name shows in the list.">
          <Field label="Title" />
          <div className="mt-5 flex justify-end gap-2">
            <Button onClick={close}>Cancel</Button>
            <Button look="loud" onClick={close}>
              Save
            </Button>
          </div>
        </Dialog>
      ) : null}
      {open && kind === "confirm" ? (
        <ConfirmDialog title="Delete it?" description="It is gone for good." verb="Delete" onConfirm={nothing} onClose={close} />
      ) : null}
    </>
  );
}
