// How much an agent's model thinks before it answers.
import { type Word, t } from "~/shared/language/words";
import { Select } from "~/shared/ui/select";

const usual: readonly { value: string; label: Word }[] = [
  { value: "", label: "As much as its model does by itself" },
  { value: "minimal", label: "As little as possible" },
  { value: "low", label: "A little" },
  { value: "medium", label: "Moderately" },
  { value: "high", label: "A lot" },
];

export function EffortChoice({ value, onChoose }: { value: string; onChoose: (effort: string) => void }) {
  const isKnown = usual.some((one) => one.value === value);
  return (
    <Select
      label={t("Thinking")}
      value={value}
      onChange={(event) => onChoose(event.target.value)}
      // What a program set, such as "xhigh", stays until somebody chooses another one.
      choices={[...usual.map((one) => ({ value: one.value, label: t(one.label) })), ...(isKnown ? [] : [{ value, label: value }])]}
    />
  );
}
