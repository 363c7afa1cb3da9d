// The library before its first document: what it is for, and how to begin.
import { BookOpen, Upload } from "lucide-react";

import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";

import { useAddSamples } from "./queries";

export function EmptyLibrary({ mayChange, onPick }: { mayChange: boolean; onPick: () => void }) {
  const samples = useAddSamples();
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <BookOpen aria-hidden className="size-8 text-accent" />
      <h2 className="mt-4 text-lg font-semibold">{t("Your library is empty")}</h2>
      <p className="mt-1.5 max-w-md text-quiet">
        {t(
          "Add documents, and answers quote them and show where they stand. Text, Markdown, PDF, Word, Excel, PowerPoint, HTML, mail and code are read.",
        )}
      </p>
      {mayChange ? (
        <div className="mt-6 flex flex-wrap justify-center gap-2">
          <Button look="loud" busy={samples.isPending} onClick={() => samples.mutate(undefined)}>
            {t("Add sample documents")}
          </Button>
          <Button onClick={onPick}>
            <Upload aria-hidden className="size-4" /> {t("Upload files")}
          </Button>
        </div>
      ) : (
        <p className="mt-4 text-sm text-quiet">{t("Ask a member of the workspace to add some.")}</p>
      )}
    </div>
  );
}
