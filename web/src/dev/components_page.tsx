// Every component in every state, on one page: to look at, to compare, and for axe. Development alone has it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";

import { type ThemeChoice, chooseTheme, useThemeChoice } from "~/shared/lib/theme";
import { Select } from "~/shared/ui/select";

import { playAnswers } from "./played_answers";
import { controls } from "./sections/controls";
import { conversation } from "./sections/conversation";
import { library } from "./sections/library";
import { Showcase } from "./specimen";

playAnswers();

const sections = [controls, conversation, library];
const themes = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export default function ComponentsPage() {
  const [cache] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: false } } }));
  const theme = useThemeChoice();
  return (
    <QueryClientProvider client={cache}>
      <main className="h-full overflow-y-auto">
        <div className="mx-auto max-w-6xl px-4 py-8 sm:px-6">
          <div className="flex flex-wrap items-end justify-between gap-4">
            <h1 className="text-xl font-semibold">Components</h1>
            <Select label="Theme" choices={themes} value={theme} onChange={(event) => chooseTheme(event.target.value as ThemeChoice)} />
          </div>
          {sections.map(({ name, specimens }) => (
            <section key={name} aria-label={name} className="mt-10">
              <h2 className="border-b border-line pb-2 text-lg font-semibold">{name}</h2>
              {specimens.map((specimen) => (
                <Showcase key={specimen.name} {...specimen} />
              ))}
            </section>
          ))}
        </div>
      </main>
    </QueryClientProvider>
  );
}
