// Make a collection, or give one another name.
import { useState } from "react";

import type { Collection } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";

import { useChangeCollection, useCreateCollection } from "./queries";

type CollectionDialogProps = {
  /** The collection to rename; nothing for a new one. */
  collection: Collection | null;
  onMade: (id: string) => void;
  onClose: () => void;
};

export default function CollectionDialog({ collection, onMade, onClose }: CollectionDialogProps) {
  const [name, setName] = useState(collection?.name ?? "");
  const create = useCreateCollection();
  const change = useChangeCollection();
  const save = () => {
    const words = name.trim();
    if (collection !== null) change.mutate({ collection, name: words }, { onSuccess: onClose });
    else
      create.mutate(words, {
        onSuccess: (made) => {
          onClose();
          onMade(made.id);
        },
      });
  };

  return (
    <FormDialog
      title={collection === null ? t("New collection") : t("Rename collection")}
      {...(collection === null ? { description: t("Documents that are kept and searched together.") } : {})}
      verb={collection === null ? t("Create") : t("Save")}
      busy={create.isPending || change.isPending}
      complete={name.trim() !== ""}
      error={create.error}
      onSubmit={save}
      onClose={onClose}
    >
      <Field label={t("Name")} value={name} maxLength={256} autoComplete="off" onChange={(event) => setName(event.target.value)} />
    </FormDialog>
  );
}
