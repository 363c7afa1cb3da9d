// A citation in an answer: its number, a card that shows the passage, and the way to the place in the document.
import { type ReactNode, useContext, useRef, useState } from "react";

import { t } from "~/shared/language/words";
import { later } from "~/shared/ui/later";

import type { Doubt } from "./citation_markers";
import { SourceLink } from "./source_link";
import { CitedSources, type Source } from "./sources";

const CitationCard = later(() => import("./citation_card"));

const OPEN_MILLISECONDS = 200;
const CLOSE_MILLISECONDS = 160;

type Card = { id: string; anchor: HTMLElement; open: boolean };

let cards = 0;

/**
 * The card of one marker, which opens and closes after a moment: a pointer that passes by opens nothing, and can walk
 * over to the card. An answer may have hundreds of markers, so one costs next to nothing until it is used.
 */
function useCard() {
  const [card, setCard] = useState<Card | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const turn = (next: (before: Card | null) => Card | null, milliseconds: number) => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setCard(next), milliseconds);
  };
  return {
    card,
    show: (anchor: HTMLElement, milliseconds: number) => {
      void CitationCard.preload();
      cards += 1;
      const id = `citation-card-${cards}`;
      turn((before) => ({ id: before?.id ?? id, anchor, open: true }), milliseconds);
    },
    hide: (milliseconds: number) => turn((before) => before && { ...before, open: false }, milliseconds),
  };
}

function nameOf({ number, title }: Source, doubt: Doubt | undefined): string {
  if (doubt === "unconfirmed") return t("Source {number}: {title}, not confirmed by the source", { number, title });
  if (doubt === "unchecked") return t("Source {number}: {title}, not checked against the source", { number, title });
  return t("Source {number}: {title}", { number, title });
}

function Chip({ source, doubt }: { source: Source; doubt: Doubt | undefined }) {
  const { card, show, hide } = useCard();
  return (
    <>
      <SourceLink
        source={source}
        data-doubt={doubt}
        aria-label={nameOf(source, doubt)}
        aria-describedby={card?.open ? card.id : undefined}
        className="citation"
        onPointerEnter={(event) => {
          // A finger that taps wants the document.
          if (event.pointerType !== "touch") show(event.currentTarget, OPEN_MILLISECONDS);
        }}
        onPointerLeave={() => hide(CLOSE_MILLISECONDS)}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(event.currentTarget, 0)}
        onBlur={() => hide(0)}
      >
        {/* The brackets are not drawn, but copied with the text. */}
        <span>[</span>
        {doubt === "unconfirmed" ? `${source.number}?` : source.number}
        <span>]</span>
      </SourceLink>
      {card === null ? null : (
        <CitationCard
          {...card}
          source={source}
          doubt={doubt}
          onOpenChange={(open) => (open ? show(card.anchor, 0) : hide(0))}
          onPointerEnter={() => show(card.anchor, 0)}
          onPointerLeave={() => hide(CLOSE_MILLISECONDS)}
        />
      )}
    </>
  );
}

type CitationProps = { number: number; doubt: Doubt | undefined; otherwise: ReactNode };

/** A marker of a source, or what stands there when there is no such source. */
export function Citation({ number, doubt, otherwise }: CitationProps) {
  const source = useContext(CitedSources).get(number);
  return source === undefined ? otherwise : <Chip source={source} doubt={doubt} />;
}

export type CitationCardProps = Card & {
  source: Source;
  doubt: Doubt | undefined;
  onOpenChange: (open: boolean) => void;
  onPointerEnter: () => void;
  onPointerLeave: () => void;
};
