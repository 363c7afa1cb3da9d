// Give a document another title or other tags.
import { useState } from "react";

import type { LibraryDocument } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";

import { useChangeDocument } from "./queries";
import { tagLine, tagsIn } from "./tags";

export default function DocumentDialog({ document, onClose }: { document: LibraryDocument; onClose: () => void }) {
  const [title, setTitle] = useState(document.title);
  const [tags, setTags] = useState(() => tagLine(document.tags));
  const change = useChangeDocument();
  const save = () => change.mutate({ document, title: title.trim(), tags: tagsIn(tags) }, { onSuccess: onClose });

  return (
    <FormDialog
      title={t("Title and tags")}
      verb={t("Save")}
      busy={change.isPending}
      complete={title.trim() !== ""}
      error={change.error}
      onSubmit={save}
      onClose={onClose}
    >
      <Field label={t("Title")} value={title} maxLength={256} autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
      <Field label={t("Tags")} hint={t("With commas between them.")} value={tags} autoComplete="off" onChange={(event) => setTags(event.target.value)} />
    </FormDialog>
  );
}
