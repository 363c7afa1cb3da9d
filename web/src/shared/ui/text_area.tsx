// A labelled box for several lines.
import { type ComponentProps, useId } from "react";

type TextAreaProps = ComponentProps<"textarea"> & { label: string };

export function TextArea({ label, className, ...rest }: TextAreaProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <textarea
        {...rest}
        // A box that is empty stands as the page does: its placeholder is of the page.
        dir={rest.dir === "auto" && !rest.value ? undefined : rest.dir}
        id={id}
        className="block w-full resize-y rounded-lg border border-line-strong bg-raised px-3 py-2 text-base placeholder:text-quiet sm:text-sm"
      />
    </div>
  );
}
