// Which model an agent speaks with: the workspace's choice, or one of those that the server offers.
import { t } from "~/shared/language/words";
import { Select } from "~/shared/ui/select";

import { useModels } from "./queries";

export function ModelChoice({ value, onChoose }: { value: string; onChoose: (model: string) => void }) {
  const { data } = useModels();
  const offered = data?.items ?? [];
  const isKnown = value === "" || offered.some(({ id }) => id === value);
  return (
    <Select
      label={t("Model")}
      value={value}
      onChange={(event) => onChoose(event.target.value)}
      choices={[
        { value: "", label: t("The workspace’s choice") },
        // What the server no longer offers stays until somebody chooses another one.
        ...(isKnown ? [] : [{ value, label: data === undefined ? value : t("{model} (not offered any more)", { model: value }) }]),
        ...offered.map(({ id, name, provider }) => ({ value: id, label: `${name} · ${provider}` })),
      ]}
    />
  );
}
