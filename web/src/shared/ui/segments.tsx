// One of a few, side by side: radio buttons that look like one bar.
import { useId } from "react";

type SegmentsProps<Value extends string> = {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string }[];
  onChoose: (value: Value) => void;
};

export function Segments<Value extends string>({ label, value, choices, onChoose }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset className="flex max-w-full min-w-0 flex-wrap gap-0.5 rounded-lg bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className="relative flex h-8 items-center rounded-md px-2 text-sm text-quiet transition-colors duration-150 hover:text-ink has-checked:bg-raised sm:px-3 has-checked:font-medium has-checked:text-ink has-checked:shadow-low has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
            className="absolute inset-0 cursor-pointer appearance-none rounded-md outline-none"
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
