// Write a memory down, or mend one.
import { useState } from "react";

import type { Memory } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";

import { kindName } from "./kinds";
import { type Kind, useKeepMemory } from "./queries";

const MOST_CHARACTERS = 500;

export default function MemoryDialog({ memory, onClose }: { memory: Memory | null; onClose: () => void }) {
  const [text, setText] = useState(memory?.text ?? "");
  const [kind, setKind] = useState<Kind>(memory?.kind ?? "fact");
  const keep = useKeepMemory(memory?.id ?? null);
  return (
    <FormDialog
      title={memory === null ? t("Write something down") : t("Change memory")}
      description={t("One sentence that is worth knowing in later conversations.")}
      verb={t("Save")}
      busy={keep.isPending}
      complete={text.trim() !== ""}
      error={keep.error}
      onSubmit={() => keep.mutate({ text: text.trim(), kind }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <TextArea label={t("What to remember")} dir="auto" rows={3} maxLength={MOST_CHARACTERS} value={text} onChange={(event) => setText(event.target.value)} />
      <Select
        label={t("Kind")}
        choices={Object.entries(kindName).map(([value, label]) => ({ value, label: t(label) }))}
        value={kind}
        onChange={(event) => setKind(event.target.value as Kind)}
      />
    </FormDialog>
  );
}
