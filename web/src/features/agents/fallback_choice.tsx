// Which models answer when an agent's own cannot: the workspace's choice, or a list with an order.
import { X } from "lucide-react";

import type { Models } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";
import { Select } from "~/shared/ui/select";

import { useModels } from "./queries";

/** As many as the server takes. */
const MOST = 10;

type FallbackChoiceProps = {
  /** Null: those that the workspace chose. */
  chosen: readonly string[] | null;
  isEditable: boolean;
  onChoose: (models: string[] | null) => void;
};

const titleOf = ({ name, provider }: Models["items"][number]): string => `${name} · ${provider}`;

export function FallbackChoice({ chosen, isEditable, onChoose }: FallbackChoiceProps) {
  const offered = useModels().data?.items ?? [];
  const addable = offered.filter(({ id }) => !chosen?.includes(id));
  return (
    <fieldset className="space-y-3">
      <legend className="mb-1.5 text-sm font-medium">{t("When its model cannot answer")}</legend>
      <label className="flex items-center gap-3 text-sm">
        <input type="checkbox" checked={chosen === null} onChange={(event) => onChoose(event.target.checked ? null : [])} className="size-4 shrink-0 accent-accent-fill" />
        {t("Those that the workspace chose")}
      </label>
      {chosen === null ? null : (
        <div className="space-y-3 ps-7">
          {chosen.length === 0 ? <p className="text-sm text-quiet">{t("Then no other model answers.")}</p> : null}
          <ol aria-label={t("Models instead, in their order")} className="list-inside list-decimal space-y-1 text-sm empty:hidden">
            {chosen.map((id) => {
              const known = offered.find((one) => one.id === id);
              const title = known === undefined ? id : titleOf(known);
              return (
                <li key={id}>
                  <bdi className="wrap-anywhere">{title}</bdi>
                  {isEditable ? (
                    <IconButton small label={t("Remove {model}", { model: title })} className="ms-1 align-middle" onClick={() => onChoose(chosen.filter((other) => other !== id))}>
                      <X aria-hidden className="size-4" />
                    </IconButton>
                  ) : null}
                </li>
              );
            })}
          </ol>
          {isEditable && chosen.length < MOST && addable.length > 0 ? (
            <Select
              label={t("Add a model")}
              value=""
              choices={[{ value: "", label: t("Choose one…") }, ...addable.map((model) => ({ value: model.id, label: titleOf(model) }))]}
              onChange={(event) => onChoose([...chosen, event.target.value])}
            />
          ) : null}
        </div>
      )}
    </fieldset>
  );
}
