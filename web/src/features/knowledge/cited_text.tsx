// The text of a document at the place that the address names, and a word when it is no longer there.
import { useQuery } from "@tanstack/react-query";
import type { RefObject } from "react";
import { useSearchParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

import { keys } from "~/shared/api/keys";
import { Problem } from "~/shared/api/problems";
import type { LibraryDocument } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import type { PlaceState } from "~/shared/lib/places";
import { Notice } from "~/shared/ui/notice";

import { DocumentText } from "./document_text";
import { type Wanted, findPlace } from "./place_finder";

const whole = (value: string | null): number | null => (value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null);

/** The place that the address names, with the words that came along. */
function useWanted(): Wanted | null {
  const [parameters] = useSearchParams();
  const state = useHistoryState<Partial<PlaceState> | null>();
  const start = whole(parameters.get("start"));
  const end = whole(parameters.get("end"));
  if (start === null || end === null || end <= start) return null;
  const excerpt = typeof state?.excerpt === "string" ? state.excerpt : "";
  return { start, end, revision: whole(parameters.get("revision")), excerpt };
}

function usePlace(id: string, wanted: Wanted | null, isOn: boolean) {
  return useQuery({
    queryKey: [...keys.document(id), "place", wanted],
    queryFn: ({ signal }) => (wanted === null ? null : findPlace(id, wanted, signal)),
    enabled: isOn && wanted !== null,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

const isNotReady = (error: unknown): boolean => error instanceof Problem && error.tag === "document_not_ready";

type CitedTextProps = { document: LibraryDocument; frame: RefObject<HTMLElement | null> };

/** The text, once it is known where in it the place is. */
export function CitedText({ document, frame }: CitedTextProps) {
  const wanted = useWanted();
  const hasText = document.is_searchable;
  const place = usePlace(document.id, wanted, hasText);
  if (!hasText || isNotReady(place.error))
    return document.status === "failed" ? null : <p className="text-quiet">{t("Its text shows here as soon as it was read.")}</p>;
  if (wanted !== null && place.isPending)
    return (
      <p role="status" className="text-quiet">
        {t("Looking for the passage…")}
      </p>
    );
  const found = place.data ?? null;
  return (
    <div className="space-y-5">
      {found?.changed ? <Notice>{t("The document has changed since it was cited. The same words stand here now.")}</Notice> : null}
      {wanted !== null && found === null ? (
        <Notice>
          <p>{t("The document has changed since it was cited, and the passage is no longer in it. It shows from its beginning.")}</p>
          {wanted.excerpt === "" ? null : (
            <blockquote dir="auto" className="mt-1.5 border-s-2 border-line ps-3">
              {wanted.excerpt}
            </blockquote>
          )}
        </Notice>
      ) : null}
      <DocumentText key={`${found?.start ?? 0} ${found?.end ?? 0}`} id={document.id} place={found} frame={frame} />
    </div>
  );
}
