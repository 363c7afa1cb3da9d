// Set or change one's password, in a dialog over the page.
import { t } from "~/shared/language/words";
import { Dialog } from "~/shared/ui/dialog";
import { toast } from "~/shared/ui/toasts";

import { PasswordForm } from "./password_form";

export default function PasswordDialog({ first, onClose }: { first: boolean; onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={first ? t("Set a password") : t("Change password")}>
      <PasswordForm
        first={first}
        cancelLabel={t("Cancel")}
        onCancel={onClose}
        onDone={() => {
          onClose();
          toast(t("Password saved."));
        }}
      />
    </Dialog>
  );
}
