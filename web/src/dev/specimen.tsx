// How the page of components shows one: its name, and each of its states in a frame.
import type { ReactNode } from "react";

export type State = { name: string; shown: ReactNode };
export type Specimen = { name: string; states: readonly State[] };
export type Section = { name: string; specimens: readonly Specimen[] };

/** What a component asks for that this page has no use for. */
export const nothing = (): void => undefined;

export function Showcase({ name, states }: Specimen) {
  return (
    <div className="mt-8" data-specimen={name}>
      <h3 className="text-sm font-semibold">{name}</h3>
      <div className="mt-3 grid gap-4 lg:grid-cols-2">
        {states.map((state) => (
          <figure key={state.name} className="min-w-0 rounded-xl border border-line p-4" data-state={state.name}>
            <figcaption className="mb-3 text-xs text-quiet">{state.name}</figcaption>
            {state.shown}
          </figure>
        ))}
      </div>
    </div>
  );
}
