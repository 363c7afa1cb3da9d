// Add somebody to the workspace: an address and a role first, then the link to hand over, which is shown this once.
import { useState } from "react";

import type { Me, MemberAdded } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
import { type Role, roleReaches, rolesByRank } from "~/shared/lib/roles";
import { Button } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";
import { Dialog } from "~/shared/ui/dialog";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Notice } from "~/shared/ui/notice";
import { Select } from "~/shared/ui/select";

import { useAddMember } from "./member_queries";
import { roleMay, roleName } from "./roles";

function Added({ added, onClose }: { added: MemberAdded; onClose: () => void }) {
  const link = added.link === null ? null : new URL(added.link, window.location.origin).href;
  return (
    <Dialog open stays={link !== null} onOpenChange={(open) => !open && onClose()} title={t("{name} is a member now", { name: added.name })}>
      <div className="space-y-4">
        {link === null ? (
          <Notice>
            {t("They have been here before, so they sign in as they did then. Without a password they ask the operator for a link.")}
          </Notice>
        ) : (
          <>
            <Notice>
              {added.email === null
                ? t("Hand this link to them and to nobody else. It signs in once, within a day, and is shown this once.")
                : rich("Hand this link to {email} and to nobody else. It signs in once, within a day, and is shown this once.", {
                    email: <bdi>{added.email}</bdi>,
                  })}
            </Notice>
            <div className="flex items-center gap-1 rounded-lg border border-line bg-code py-1 ps-3 pe-1">
              <code dir="ltr" className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{link}</code>
              <CopyButton label={t("Copy link")} text={() => link} />
            </div>
            <p className="text-sm text-quiet">{t("If it runs out unused, add the same address again for a new link.")}</p>
          </>
        )}
        <div className="flex justify-end pt-1">
          <Button look="loud" onClick={onClose}>
            {t("Done")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

export default function MemberDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const add = useAddMember();
  if (add.data !== undefined) return <Added added={add.data} onClose={onClose} />;
  return (
    <FormDialog
      title={t("Add member")}
      description={t("You get a link that signs them in; nothing is sent.")}
      verb={t("Add")}
      busy={add.isPending}
      complete={/^[^@\s]+@[^@\s]+$/.test(email.trim())}
      error={add.error}
      onSubmit={() => add.mutate({ email: email.trim(), role })}
      onClose={onClose}
    >
      <Field label={t("E-mail")} type="email" value={email} maxLength={320} autoComplete="off" onChange={(event) => setEmail(event.target.value)} />
      <div>
        <Select
          label={t("Role")}
          choices={rolesByRank.filter((one) => roleReaches(me.role, one)).map((value) => ({ value, label: roleName(value) }))}
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
        />
        <p className="mt-1.5 text-sm text-quiet">{roleMay(role)}</p>
      </div>
    </FormDialog>
  );
}
