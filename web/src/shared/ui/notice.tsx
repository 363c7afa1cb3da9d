// A calm box that explains a state, or a failure with what to do about it.
import { CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";

import { classes } from "~/shared/lib/classes";

type NoticeProps = {
  kind?: "info" | "problem";
  /** Whether a problem is read aloud as it appears. One of many on a page waits until it is come to. */
  aloud?: boolean;
  children: ReactNode;
  action?: ReactNode;
  className?: string;
};

export function Notice({ kind = "info", aloud = true, children, action, className }: NoticeProps) {
  const Icon = kind === "problem" ? CircleAlert : Info;
  return (
    <div
      role={kind === "problem" && aloud ? "alert" : "note"}
      className={classes(
        "flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border px-3.5 py-2.5 text-sm",
        kind === "problem" ? "border-danger-line bg-danger-soft text-danger" : "border-notice-line bg-notice-soft text-ink",
        className,
      )}
    >
      <Icon aria-hidden className={classes("size-4 shrink-0", kind === "info" && "text-accent")} />
      <div className="min-w-0 flex-1 basis-40 wrap-anywhere">{children}</div>
      {action}
    </div>
  );
}
