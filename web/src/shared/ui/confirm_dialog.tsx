// Asks before something is gone for good.
import { useRef } from "react";

import { t } from "~/shared/language/words";

import { Button } from "./button";
import { Dialog } from "./dialog";

type ConfirmDialogProps = {
  title: string;
  description: string;
  /** The verb on the button: "Delete". */
  verb: string;
  onConfirm: () => void;
  onClose: () => void;
};

export default function ConfirmDialog({ title, description, verb, onConfirm, onClose }: ConfirmDialogProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={description} initialFocus={cancel}>
      <div className="flex justify-end gap-2">
        <Button ref={cancel} onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button look="danger" onClick={confirm}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
