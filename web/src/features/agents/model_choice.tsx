// Which model an agent speaks with: the workspace's choice, or one of those that the server offers.
import { Select } from "~/shared/ui/select";

import { useModels } from "./queries";

export function ModelChoice({ value, onChoose }: { value: string; onChoose: (model: string) => void }) {
  const { data } = useModels();
  const offered = data?.items ?? [];
  const isKnown = value === "" || offered.some(({ id }) => id === value);
  return (
    <Select
      label="Model"
      value={value}
      onChange={(event) => onChoose(event.target.value)}
      choices={[
        { value: "", label: "The workspace’s choice" },
        // What the server no longer offers stays until somebody chooses another one.
        ...(isKnown ? [] : [{ value, label: data === undefined ? value : `${value} (not offered any more)` }]),
        ...offered.map(({ id, name, provider }) => ({ value: id, label: `${name} · ${provider}` })),
      ]}
    />
  );
}
