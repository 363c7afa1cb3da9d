// The way to what waits for this person; it shows only while something does.
import { Hourglass } from "lucide-react";
import { Link } from "wouter";

import { counted, t } from "~/shared/language/words";
import { approvalsAddress } from "~/shared/lib/places";

import { useActions } from "./actions";

export function ApprovalsLink({ current, onOpen }: { current: boolean; onOpen: () => void }) {
  const { data: actions } = useActions();
  const count = actions?.filter((action) => action.may_decide).length ?? 0;
  if (count === 0 && !current) return null;
  return (
    <Link
      href={approvalsAddress}
      onClick={onOpen}
      aria-current={current ? "page" : undefined}
      className="mx-3 mb-2 flex h-9 shrink-0 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors duration-150 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
    >
      <Hourglass aria-hidden className="size-4 text-quiet" /> {t("Approvals")}
      {count === 0 ? null : (
        <span className="ms-auto rounded-full bg-accent-soft px-2 py-0.5 text-xs font-medium text-accent tabular-nums">
          <span aria-hidden>{count}</span> <span className="sr-only">{counted(count, "{count} waiting", "{count} waiting")}</span>
        </span>
      )}
    </Link>
  );
}
