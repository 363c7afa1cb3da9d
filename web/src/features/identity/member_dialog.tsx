// Add somebody to the workspace: an address and a role first, then the link to hand over, which is shown this once.
import { useState } from "react";

import type { Me, MemberAdded } from "~/shared/api/types";
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
    <Dialog open stays={link !== null} onOpenChange={(open) => !open && onClose()} title={`${added.name} is a member now`}>
      <div className="space-y-4">
        {link === null ? (
          <Notice>They have been here before, so they sign in as they did then. Without a password they ask the operator for a link.</Notice>
        ) : (
          <>
            <Notice>Hand this link to {added.email ?? "them"} and to nobody else. It signs in once, within a day, and is shown this once.</Notice>
            <div className="flex items-center gap-1 rounded-lg border border-line bg-code py-1 ps-3 pe-1">
              <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{link}</code>
              <CopyButton label="Copy link" text={() => link} />
            </div>
            <p className="text-sm text-quiet">If it runs out unused, add the same address again for a new link.</p>
          </>
        )}
        <div className="flex justify-end pt-1">
          <Button look="loud" onClick={onClose}>
            Done
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
      title="Add member"
      description="You get a link that signs them in; nothing is sent."
      verb="Add"
      busy={add.isPending}
      complete={/^[^@\s]+@[^@\s]+$/.test(email.trim())}
      error={add.error}
      onSubmit={() => add.mutate({ email: email.trim(), role })}
      onClose={onClose}
    >
      <Field label="E-mail" type="email" value={email} maxLength={320} autoComplete="off" onChange={(event) => setEmail(event.target.value)} />
      <div>
        <Select
          label="Role"
          choices={rolesByRank.filter((one) => roleReaches(me.role, one)).map((value) => ({ value, label: roleName(value) }))}
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
        />
        <p className="mt-1.5 text-sm text-quiet">{roleMay(role)}</p>
      </div>
    </FormDialog>
  );
}
