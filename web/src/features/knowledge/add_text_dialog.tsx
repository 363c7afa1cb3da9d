// Write or paste a text that becomes a document.
import { useState } from "react";

import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";

import { type NewText, useWriteDocument } from "./queries";
import { tagsIn } from "./tags";

const types = () => [
  { value: "markdown", label: "Markdown" },
  { value: "text", label: t("Plain text") },
  { value: "code", label: t("Code") },
];

type AddTextDialogProps = { collectionId: string | null; content: string; onClose: () => void };

export default function AddTextDialog({ collectionId, content, onClose }: AddTextDialogProps) {
  const [text, setText] = useState({ title: "", content, type: "markdown" as NewText["type"], tags: "" });
  const change = (part: Partial<typeof text>) => setText((before) => ({ ...before, ...part }));
  const write = useWriteDocument();
  const save = () =>
    write.mutate({ ...text, title: text.title.trim(), tags: tagsIn(text.tags), collection_id: collectionId }, { onSuccess: onClose });

  return (
    <FormDialog
      title={t("Add a text")}
      verb={t("Add")}
      busy={write.isPending}
      complete={text.title.trim() !== "" && text.content.trim() !== ""}
      error={write.error}
      onSubmit={save}
      onClose={onClose}
    >
      <Field label={t("Title")} value={text.title} maxLength={256} autoComplete="off" onChange={(event) => change({ title: event.target.value })} />
      <TextArea label={t("Text")} rows={8} value={text.content} onChange={(event) => change({ content: event.target.value })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label={t("Kind")}
          choices={types()}
          value={text.type}
          onChange={(event) => change({ type: event.target.value as NewText["type"] })}
        />
        <Field label={t("Tags")} placeholder={t("guide, 2026")} value={text.tags} autoComplete="off" onChange={(event) => change({ tags: event.target.value })} />
      </div>
    </FormDialog>
  );
}
