// Buttons: one loud, one quiet, one that is only a picture with a name.
import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

import { classes } from "~/shared/lib/classes";

type ButtonProps = ComponentProps<"button"> & { look?: "loud" | "plain" | "danger"; busy?: boolean };

const looks = {
  loud: "bg-accent-fill text-on-accent hover:bg-accent-fill-hover border-transparent",
  plain: "bg-raised text-ink hover:bg-hover border-line",
  danger: "bg-danger-soft text-danger hover:border-danger border-danger-line",
};

export function Button({ look = "plain", busy = false, className, children, disabled, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      // oxlint-disable-next-line react/button-has-type
      type={type}
      disabled={disabled}
      aria-busy={busy || undefined}
      className={classes(
        "inline-flex h-9 items-center justify-center gap-2 rounded-lg border px-3.5 text-sm font-medium whitespace-nowrap transition-colors duration-150 disabled:opacity-55",
        looks[look],
        className,
      )}
    >
      {busy ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : null}
      {children}
    </button>
  );
}

type IconButtonProps = ComponentProps<"button"> & { label: string; children: ReactNode; small?: boolean };

/** A button that shows a picture only; its label is read aloud and shown on hover. */
export function IconButton({ label, small = false, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={classes(
        "inline-flex shrink-0 items-center justify-center rounded-lg text-quiet transition-colors duration-150 hover:bg-hover hover:text-ink disabled:opacity-40 disabled:hover:bg-transparent",
        small ? "size-7" : "size-9",
        className,
      )}
    >
      {children}
    </button>
  );
}
