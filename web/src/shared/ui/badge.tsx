// A word or two on what state something is in.
import type { ReactNode } from "react";

import { classes } from "~/shared/lib/classes";

type BadgeProps = { look?: "plain" | "accent"; children: ReactNode };

export function Badge({ look = "plain", children }: BadgeProps) {
  return (
    <span
      className={classes(
        "inline-flex shrink-0 items-center rounded-full border px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        look === "accent" ? "border-transparent bg-accent-soft text-accent" : "border-line text-quiet",
      )}
    >
      {children}
    </span>
  );
}
