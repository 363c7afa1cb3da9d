// The way to the look around, below an empty conversation, until somebody has taken it.
import { t } from "~/shared/language/words";
import { local } from "~/shared/lib/storage";

const KEY = "steward.tour";

export const noteTourTaken = (): void => local.set(KEY, "taken");

export function TourOffer({ onTour }: { onTour: () => void }) {
  if (local.get(KEY) !== null) return null;
  return (
    <p className="mt-5 text-sm text-quiet">
      <button type="button" onClick={onTour} className="rounded text-accent hover:underline">
        {t("New here? Take a look around.")}
      </button>
    </p>
  );
}
