// What shows in the place of a part that broke, or whose code could not be loaded.
import { type ReactNode, useEffect, useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { reloadIfNewer } from "~/shared/lib/parts";

import { Button } from "./button";
import { Notice } from "./notice";

type Said = { title: Word; lead: Word };

const lost: Said = {
  title: "This part could not be loaded",
  lead: "The network may be down, or Steward was updated meanwhile. What you wrote is kept.",
};
const broken: Said = {
  title: "This part of the page broke",
  lead: "Try again. If it breaks once more, tell whoever runs this server.",
};

const reload = () => window.location.reload();

/** What there is to say; nothing while it is found out whether a newer app only has to be loaded. */
function useWords(isLost: boolean): Said | null {
  const [isAsking, setAsking] = useState(isLost);
  useEffect(() => {
    if (isLost) void reloadIfNewer().then((goes) => setAsking(goes));
  }, [isLost]);
  if (isAsking) return null;
  return isLost ? lost : broken;
}

type ProblemPageProps = {
  isLost: boolean;
  /** What stands at the title's start while the list is hidden: the way to other pages. */
  beside?: ReactNode;
};

export function ProblemPage({ isLost, beside }: ProblemPageProps) {
  const words = useWords(isLost);
  return (
    <main aria-busy={words === null} className="flex h-full min-w-0 flex-1 flex-col">
      {beside ? <header className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">{beside}</header> : null}
      <div className="flex flex-1 flex-col items-center justify-center px-6 text-center">
        {words === null ? null : (
          <div role="alert" className="flex flex-col items-center gap-2">
            <h1 className="text-lg font-semibold">{t(words.title)}</h1>
            <p className="max-w-sm text-quiet">{t(words.lead)}</p>
            <Button look="loud" className="mt-3" onClick={reload}>
              {t("Try again")}
            </Button>
          </div>
        )}
      </div>
    </main>
  );
}

/** The same beside a page that is whole. */
export function ProblemNote({ isLost, className }: { isLost: boolean; className?: string }) {
  const words = useWords(isLost);
  if (words === null) return null;
  return (
    <Notice
      kind="problem"
      className={className}
      action={
        <Button look="danger" onClick={reload}>
          {t("Try again")}
        </Button>
      }
    >
      {t(words.title)}
    </Notice>
  );
}

/** The same over the page, where something should have come up. */
export function FloatingProblem({ isLost }: { isLost: boolean }) {
  return (
    <div className="fixed inset-x-3 bottom-4 z-50 mx-auto max-w-md">
      <ProblemNote isLost={isLost} className="shadow-float" />
    </div>
  );
}
