// Make an API key: a name first, then its secret, which is shown this once.
import { useState } from "react";

import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";
import { Dialog } from "~/shared/ui/dialog";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Notice } from "~/shared/ui/notice";

import { useCreateKey } from "./key_queries";

function Copied({ label, copyLabel, text }: { label: string; copyLabel: string; text: string }) {
  return (
    <div>
      <p className="mb-1.5 text-sm font-medium">{label}</p>
      <div className="flex items-center gap-1 rounded-lg border border-line bg-code py-1 ps-3 pe-1">
        <code dir="ltr" className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{text}</code>
        <CopyButton label={copyLabel} text={() => text} />
      </div>
    </div>
  );
}

export default function KeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const create = useCreateKey();
  const made = create.data;
  if (made !== undefined)
    return (
      <Dialog open stays onOpenChange={(open) => !open && onClose()} title={t("API key “{name}”", { name: made.name })}>
        <div className="space-y-4">
          <Notice>{t("Copy the key now. It is shown this once and can never be read again.")}</Notice>
          <Copied label={t("Key")} copyLabel={t("Copy key")} text={made.key} />
          <Copied
            label={t("Base URL for OpenAI clients")}
            copyLabel={t("Copy base URL for OpenAI clients")}
            text={`${window.location.origin}/v1`}
          />
          <div className="flex justify-end pt-1">
            <Button look="loud" onClick={onClose}>
              {t("Done")}
            </Button>
          </div>
        </div>
      </Dialog>
    );
  return (
    <FormDialog
      title={t("New API key")}
      description={t("Programs use it to work in this workspace as a member.")}
      verb={t("Create")}
      busy={create.isPending}
      complete={name.trim() !== ""}
      error={create.error}
      onSubmit={() => create.mutate(name.trim())}
      onClose={onClose}
    >
      <Field
        label={t("Name")}
        hint={t("Where it will be used, such as the name of the program.")}
        value={name}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  );
}
