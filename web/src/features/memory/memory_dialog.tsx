// Write a memory down, or mend one.
import { useState } from "react";

import type { Memory } from "~/shared/api/types";
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
      title={memory === null ? "Write something down" : "Change memory"}
      description="One sentence that is worth knowing in later conversations."
      verb="Save"
      busy={keep.isPending}
      complete={text.trim() !== ""}
      error={keep.error}
      onSubmit={() => keep.mutate({ text: text.trim(), kind }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <TextArea label="What to remember" rows={3} maxLength={MOST_CHARACTERS} value={text} onChange={(event) => setText(event.target.value)} />
      <Select
        label="Kind"
        choices={Object.entries(kindName).map(([value, label]) => ({ value, label }))}
        value={kind}
        onChange={(event) => setKind(event.target.value as Kind)}
      />
    </FormDialog>
  );
}
