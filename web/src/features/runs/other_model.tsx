// The way to have another model answer the same question. Which models there are is another room's business: the app
// puts them together.
import { ChevronDown } from "lucide-react";
import { createContext, useContext } from "react";

import type { Model } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";

const Offered = createContext<readonly Model[]>([]);

/** Says which models may answer in the conversation within. */
export const OfferedModels = Offered.Provider;

export const useOfferedModels = (): readonly Model[] => useContext(Offered);

type OtherModelProps = {
  /** The model that answered. */
  answered: string | null | undefined;
  disabled: boolean;
  onChoose: (model: string) => void;
};

export function OtherModel({ answered, disabled, onChoose }: OtherModelProps) {
  const models = useContext(Offered);
  if (models.length < 2) return null;
  const providers = [...new Set(models.map((model) => model.provider))];
  return (
    <Menu
      align="start"
      trigger={
        <IconButton small label={t("Ask another model")} disabled={disabled} className="-ms-1 w-6!">
          <ChevronDown aria-hidden className="size-3.5" />
        </IconButton>
      }
      entries={providers.map((provider) => ({
        kind: "choice" as const,
        label: provider,
        value: answered ?? "",
        choices: models.filter((model) => model.provider === provider).map((model) => ({ value: model.id, label: model.name })),
        onChoose,
      }))}
    />
  );
}
