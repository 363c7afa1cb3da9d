// A labelled choice from a short list; the system's own.
import { type ComponentProps, useId } from "react";

type SelectProps = ComponentProps<"select"> & { label: string; choices: readonly { value: string; label: string }[] };

export function Select({ label, choices, className, ...rest }: SelectProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <select {...rest} id={id} className="h-10 w-full rounded-lg border border-line-strong bg-raised px-2.5 text-base sm:text-sm">
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
