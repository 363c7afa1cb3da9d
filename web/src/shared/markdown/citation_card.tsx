// The card of a citation: what the passage says and where it stands, while the pointer or the keyboard is there.
import { PreviewCard } from "@base-ui/react/preview-card";
import { TriangleAlert } from "lucide-react";

import { t } from "~/shared/language/words";

import type { CitationCardProps } from "./citation";
import { percent, whereabouts } from "./sources";

export default function CitationCard({ id, source, doubt, open, anchor, onOpenChange, ...pointer }: CitationCardProps) {
  const where = whereabouts(source);
  return (
    <PreviewCard.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      {/* The card belongs to the part of the page that its marker is in. */}
      <PreviewCard.Portal container={anchor.closest<HTMLElement>("main") ?? document.body}>
        <PreviewCard.Positioner anchor={anchor} side="top" sideOffset={6} collisionPadding={8} className="z-30">
          <PreviewCard.Popup
            {...pointer}
            id={id}
            role="tooltip"
            className="popup w-80 max-w-[calc(100vw-1rem)] rounded-xl border border-line bg-raised p-3.5 text-start text-sm leading-5 shadow-float"
          >
            <p dir="auto" className="font-medium wrap-anywhere">{source.title}</p>
            {where === "" ? null : <p dir="auto" className="mt-0.5 text-xs text-quiet wrap-anywhere">{where}</p>}
            <p dir="auto" className="mt-2 line-clamp-6 text-quiet wrap-anywhere">{source.excerpt}</p>
            {doubt === "unchecked" ? (
              <p className="mt-2 text-quiet">{t("Not checked against the source, which is in another language.")}</p>
            ) : null}
            {doubt === "unconfirmed" ? (
              <p className="mt-2 flex gap-1.5 text-danger">
                <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
                {t("Not confirmed by the source. Read the passage before you rely on this sentence.")}
              </p>
            ) : null}
            {source.score === null ? null : (
              <p className="mt-2 text-xs text-quiet">{t("Relevance {share}", { share: percent(source.score) })}</p>
            )}
          </PreviewCard.Popup>
        </PreviewCard.Positioner>
      </PreviewCard.Portal>
    </PreviewCard.Root>
  );
}
