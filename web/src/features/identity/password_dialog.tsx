// Set or change one's password, in a dialog over the page.
import { Dialog } from "~/shared/ui/dialog";
import { toast } from "~/shared/ui/toasts";

import { PasswordForm } from "./password_form";

export default function PasswordDialog({ first, onClose }: { first: boolean; onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={first ? "Set a password" : "Change password"}>
      <PasswordForm
        first={first}
        cancelLabel="Cancel"
        onCancel={onClose}
        onDone={() => {
          onClose();
          toast("Password saved.");
        }}
      />
    </Dialog>
  );
}
