// A look around for whoever is new: five things that Steward does, each with the way to it.
import { BookOpen, Bot, Command, type LucideIcon, PiggyBank, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import { type Word, t } from "~/shared/language/words";
import { agentsAddress, approvalsAddress, libraryAddress, settingsAddress } from "~/shared/lib/places";
import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";

type Stop = { title: Word; words: Word; icon: LucideIcon; way?: { address: string; verb: Word } };

export const stops: readonly Stop[] = [
  {
    title: "Answers that show their sources",
    words: "Add files, pages or notes to the library. Answers quote them, and each number in an answer leads to the passage that it rests on.",
    icon: BookOpen,
    way: { address: libraryAddress, verb: "Open the library" },
  },
  {
    title: "Agents for what comes again",
    words: "An agent has instructions, tools and documents of its own. Make one from a template, and choose it below the message box.",
    icon: Bot,
    way: { address: agentsAddress, verb: "See the agents" },
  },
  {
    title: "Nothing is changed behind your back",
    words: "A call that would change something waits until somebody approves it, in the conversation or under Approvals.",
    icon: ShieldCheck,
    way: { address: approvalsAddress, verb: "See what waits" },
  },
  {
    title: "Every cent is counted",
    words: "Each answer says what it cost. Usage shows where money goes, and budgets end spending before it hurts.",
    icon: PiggyBank,
    way: { address: `${settingsAddress}/usage`, verb: "See the usage" },
  },
  {
    title: "Quick by keyboard",
    words: "Ctrl or Command with K finds conversations, pages and actions. A question mark, outside of a text field, shows all shortcuts.",
    icon: Command,
  },
];

export default function Tour({ onClose }: { onClose: () => void }) {
  const [place, setPlace] = useState(0);
  const stop = stops[place];
  if (stop === undefined) return null;
  const { title, words, icon: Icon, way } = stop;
  const isLast = place === stops.length - 1;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("A look around")}>
      {/* One height for all stops, so that the buttons stay where they are. */}
      <div aria-live="polite" className="min-h-44">
        <p className="flex items-center justify-between text-xs text-quiet">
          <Icon aria-hidden className="size-6 text-accent" />
          {t("{place} of {all}", { place: place + 1, all: stops.length })}
        </p>
        <h3 className="mt-3 text-sm font-medium">{t(title)}</h3>
        <p className="mt-1 text-sm leading-6 text-quiet">{t(words)}</p>
        {way === undefined ? null : (
          <Link href={way.address} onClick={onClose} className="mt-2 inline-block rounded text-sm text-accent hover:underline">
            {t(way.verb)}
          </Link>
        )}
      </div>
      <div className="mt-4 flex justify-end gap-2">
        {place === 0 ? null : <Button onClick={() => setPlace(place - 1)}>{t("Back|one step")}</Button>}
        <Button look="loud" onClick={() => (isLast ? onClose() : setPlace(place + 1))}>
          {isLast ? t("Begin") : t("Next")}
        </Button>
      </div>
    </Dialog>
  );
}
