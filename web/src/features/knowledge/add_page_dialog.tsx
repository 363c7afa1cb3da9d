// Have the server fetch a page of the web as a document.
import { useState } from "react";

import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";

import { useAddPage } from "./queries";
import { tagsIn } from "./tags";

const EXAMPLE = "https://example.com/guide";

/** What was typed as an address of the web, or null. */
function addressIn(typed: string): string | null {
  const words = typed.trim();
  const address = /^[a-z][a-z0-9+.-]*:/i.test(words) ? words : `https://${words}`;
  return /^https?:\/\/[^/\s]+\.[^/\s]+/i.test(address) && URL.canParse(address) ? address : null;
}

type AddPageDialogProps = { collectionId: string | null; onClose: () => void };

export default function AddPageDialog({ collectionId, onClose }: AddPageDialogProps) {
  const [typed, setTyped] = useState("");
  const [tags, setTags] = useState("");
  const add = useAddPage();
  const url = addressIn(typed);
  const save = () => {
    if (url !== null) add.mutate({ url, tags: tagsIn(tags), collection_id: collectionId }, { onSuccess: onClose });
  };

  return (
    <FormDialog
      title={t("Add a web page")}
      description={t("Steward fetches the page once. Adding the same address again fetches it anew.")}
      verb={t("Add")}
      busy={add.isPending}
      complete={url !== null}
      error={add.error}
      onSubmit={save}
      onClose={onClose}
    >
      <Field
        label={t("Address")}
        dir="ltr"
        inputMode="url"
        placeholder={EXAMPLE}
        value={typed}
        autoComplete="off"
        onChange={(event) => setTyped(event.target.value)}
      />
      <Field label={t("Tags")} placeholder={t("guide, 2026")} value={tags} autoComplete="off" onChange={(event) => setTags(event.target.value)} />
    </FormDialog>
  );
}
