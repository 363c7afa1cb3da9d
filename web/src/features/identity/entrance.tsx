// The frame of the pages before the app: the mark, one heading, one card, and the languages.
import type { ReactNode } from "react";

import { Mark } from "~/shared/ui/brand";

import { LanguageChoice } from "./language_choice";

export function Entrance({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <main className="flex h-full flex-col items-center overflow-y-auto bg-sunken px-4 py-[12vh]">
      <div className="w-full max-w-sm">
        <Mark className="mx-auto mb-6 size-11" />
        <h1 className="text-center text-xl font-semibold tracking-tight">{title}</h1>
        {lead ? <p className="mt-2 text-center text-sm text-quiet">{lead}</p> : null}
        <div className="mt-7 rounded-2xl border border-line bg-raised p-6 shadow-low">{children}</div>
        <LanguageChoice className="mx-auto mt-5" />
      </div>
    </main>
  );
}
