// Which collections of the library an agent looks into: all that others do, or some.
import { t } from "~/shared/language/words";
import { Loaded } from "~/shared/ui/loaded";

import { useCollections } from "./queries";

type CollectionChoiceProps = {
  /** Null: every collection that conversations look into. */
  chosen: readonly string[] | null;
  onChoose: (ids: string[] | null) => void;
};

export function CollectionChoice({ chosen, onChoose }: CollectionChoiceProps) {
  const collections = useCollections();
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1.5 text-sm font-medium">{t("Collections")}</legend>
      <label className="flex items-center gap-3 text-sm">
        <input type="checkbox" checked={chosen === null} onChange={(event) => onChoose(event.target.checked ? null : [])} className="size-4 shrink-0 accent-accent-fill" />
        {t("All that conversations look into")}
      </label>
      {chosen === null ? null : (
        <Loaded query={collections} waiting={t("Loading the collections…")}>
          {(known) => (
            <ul aria-label={t("Collections")} className="space-y-2 ps-7">
              {known.map(({ id, name }) => (
                <li key={id}>
                  <label className="flex items-center gap-3 text-sm">
                    <input
                      type="checkbox"
                      checked={chosen.includes(id)}
                      onChange={(event) => onChoose(event.target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))}
                      className="size-4 shrink-0 accent-accent-fill"
                    />
                    <span dir="auto" className="min-w-0 wrap-anywhere">
                      {name}
                    </span>
                  </label>
                </li>
              ))}
              {known.length === 0 ? <li className="text-sm text-quiet">{t("The library has no collection yet.")}</li> : null}
            </ul>
          )}
        </Loaded>
      )}
    </fieldset>
  );
}
