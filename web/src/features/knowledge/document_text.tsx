// What a document says, as plain text, around the place that was asked for; more comes before and behind on demand.
import { useInfiniteQuery } from "@tanstack/react-query";
import { memo, useEffect, useLayoutEffect, useRef } from "react";

import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { DocumentText as TextPage } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { unitsOf } from "~/shared/lib/code_points";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { readText } from "./place_finder";

const PAGE_CHARS = 20_000;
const BEFORE_CHARS = 2_000;

type Range = { start: number; end: number };

function useText(id: string, from: number) {
  return useInfiniteQuery({
    queryKey: [...keys.document(id), "text", from],
    queryFn: ({ pageParam, signal }) => readText(id, pageParam.start, pageParam.end, signal),
    initialPageParam: { start: Math.max(0, from - BEFORE_CHARS), end: undefined } as { start: number; end: number | undefined },
    getNextPageParam: (page) => (page.end < page.chars ? { start: page.end, end: undefined } : undefined),
    getPreviousPageParam: (page) => (page.start > 0 ? { start: Math.max(0, page.start - PAGE_CHARS), end: page.start } : undefined),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

type SegmentProps = { page: TextPage; marked: Range | null; markRef: React.RefObject<HTMLElement | null> };

/** One page of the text. Pages are cut anywhere, so they flow into each other. */
const Segment = memo(function Segment({ page, marked, markRef }: SegmentProps) {
  const from = marked === null ? 0 : unitsOf(page.text, marked.start - page.start);
  const to = marked === null ? 0 : unitsOf(page.text, marked.end - page.start);
  if (to <= from) return <span>{page.text}</span>;
  return (
    <span>
      {page.text.slice(0, from)}
      <mark ref={markRef} tabIndex={-1} className="scroll-my-24 rounded-sm bg-mark text-ink">
        {page.text.slice(from, to)}
      </mark>
      {page.text.slice(to)}
    </span>
  );
});

/** Keep what one reads in its place while text is put in front. */
function useSteady(frame: React.RefObject<HTMLElement | null>, start: number | undefined): void {
  const before = useRef<{ start: number; height: number } | null>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null || start === undefined) return;
    const known = before.current;
    if (known !== null && start < known.start) element.scrollBy({ top: element.scrollHeight - known.height, behavior: "instant" });
    before.current = { start, height: element.scrollHeight };
  });
}

type DocumentTextProps = {
  id: string;
  /** The passage to show; without one the text shows from its beginning. */
  place: Range | null;
  /** What scrolls. */
  frame: React.RefObject<HTMLElement | null>;
};

export function DocumentText({ id, place, frame }: DocumentTextProps) {
  const text = useText(id, place?.start ?? 0);
  const { data, refetch } = text;
  const mark = useRef<HTMLElement>(null);
  const pages = data?.pages ?? [];
  const isMixed = pages.some(({ revision }) => revision !== pages[0]?.revision);
  useSteady(frame, pages[0]?.start);

  const isThere = pages.length > 0 && place !== null;
  useEffect(() => {
    if (!isThere) return;
    const element = mark.current;
    if (element === null) return;
    // Of a passage taller than the page its beginning is shown.
    const isTall = element.getBoundingClientRect().height > (frame.current?.clientHeight ?? 0) * 0.7;
    element.scrollIntoView({ block: isTall ? "start" : "center" });
    element.focus({ preventScroll: true });
  }, [isThere, frame]);
  useEffect(() => {
    // The document was replaced while it was read: pages of two texts do not go together.
    if (isMixed) void refetch();
  }, [isMixed, refetch]);

  if (data === undefined && text.error)
    return (
      <Notice
        kind="problem"
        action={
          <Button look="danger" busy={text.isFetching} onClick={() => void refetch()}>
            {t("Try again")}
          </Button>
        }
      >
        {asProblem(text.error).message}
      </Notice>
    );
  if (data === undefined)
    return (
      <p role="status" className="text-quiet">
        {t("Loading the text…")}
      </p>
    );
  return (
    <section aria-label={t("Text")}>
      {text.hasPreviousPage ? (
        <Button className="mb-4" busy={text.isFetchingPreviousPage} onClick={() => void text.fetchPreviousPage()}>
          {t("Show the text before")}
        </Button>
      ) : null}
      <div dir="auto" className="leading-7 whitespace-pre-wrap wrap-anywhere">
        {pages.map((page) => (
          <Segment key={page.start} page={page} marked={place} markRef={mark} />
        ))}
      </div>
      {text.hasNextPage ? (
        <Button className="mt-4" busy={text.isFetchingNextPage} onClick={() => void text.fetchNextPage()}>
          {t("Show the text after")}
        </Button>
      ) : null}
    </section>
  );
}
