// A labelled line of input with a place for what is wrong with it.
import { type ComponentProps, useId } from "react";

import { classes } from "~/shared/lib/classes";

type FieldProps = ComponentProps<"input"> & { label: string; hint?: string; fault?: string | null };

export function Field({ label, hint, fault, className, ...rest }: FieldProps) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <input
        {...rest}
        // A box that is empty stands as the page does: its placeholder is of the page.
        dir={rest.dir === "auto" && !rest.value ? undefined : rest.dir}
        id={id}
        aria-invalid={fault ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={classes(
          "h-10 w-full rounded-lg border bg-raised px-3 text-base transition-colors duration-150 placeholder:text-quiet disabled:bg-sunken disabled:text-quiet sm:text-sm",
          fault ? "border-danger" : "border-line-strong",
        )}
      />
      {note ? (
        <p id={`${id}-note`} className={classes("mt-1.5 text-sm", fault ? "text-danger" : "text-quiet")}>
          {note}
        </p>
      ) : null}
    </div>
  );
}
