// Choose the model for the next answer; with a single model there is nothing to choose.
import { ChevronDown } from "lucide-react";

import type { Model } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Menu } from "~/shared/ui/menu";

type ModelPickerProps = { models: Model[]; shown: Model | null; onChoose: (id: string) => void };

export function ModelPicker({ models, shown, onChoose }: ModelPickerProps) {
  if (models.length < 2 || shown === null) return null;
  const providers = [...new Set(models.map((model) => model.provider))];
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          aria-label={t("Model: {name}", { name: shown.name })}
          className="inline-flex h-8 max-w-52 min-w-0 items-center gap-1.5 rounded-lg px-2 text-sm text-quiet transition-colors duration-150 hover:bg-hover hover:text-ink"
        >
          <span dir="ltr" className="truncate">{shown.name}</span>
          <ChevronDown aria-hidden className="size-3.5 shrink-0" />
        </button>
      }
      entries={providers.map((provider) => ({
        kind: "choice" as const,
        label: provider,
        value: shown.id,
        choices: models
          .filter((model) => model.provider === provider)
          .map((model) => ({ value: model.id, label: model.name, ...(model.default ? { note: t("default") } : {}) })),
        onChoose,
      }))}
    />
  );
}
