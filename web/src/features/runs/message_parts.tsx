// What an answer is made of: its text, reasoning, tool calls, files, and the sources that it cites.
import { isToolUIPart } from "ai";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useMemo } from "react";

import { refused, t } from "~/shared/language/words";
import { Markdown } from "~/shared/markdown/markdown";
import { safeImage, safeLink } from "~/shared/markdown/links";
import { CitedSources, type Source } from "~/shared/markdown/sources";
import { Notice } from "~/shared/ui/notice";

import { SuggestedTool } from "./follow_up";
import { type ChatMessage, saidIn } from "./messages";
import { textsWithDoubts, sourcesOf } from "./sources";
import { SourcesList } from "./sources_list";
import { suggestedIn, waitingIn } from "./tool_calls";
import { ToolCard } from "./tool_card";

function Fold({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  return (
    <details className="group my-2 text-sm">
      <summary className="-ms-1 inline-flex max-w-full list-none items-center gap-1.5 rounded-md px-1 py-0.5 text-quiet hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-3.5 shrink-0 transition-transform duration-150 group-open:rotate-90 rtl:group-not-open:rotate-180" />
        {summary}
      </summary>
      <div className="ms-2 mt-1.5 border-s border-line ps-4">{children}</div>
    </details>
  );
}

function Reasoning({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Fold summary={<span>{streaming ? t("Reasoning…") : t("Reasoning")}</span>}>
      <div dir="auto" className="leading-6 whitespace-pre-wrap text-quiet wrap-anywhere">
        {text}
      </div>
    </Fold>
  );
}

function FilePart({ url, mediaType, filename }: { url: string; mediaType: string; filename?: string }) {
  const own = safeImage(url);
  if (own !== null && mediaType.startsWith("image/"))
    return <img src={own} alt={filename ?? t("Picture")} loading="lazy" className="my-2 max-h-96 rounded-xl" />;
  const link = safeLink(url);
  return link === null ? null : (
    <a href={link} target="_blank" rel="noopener noreferrer" className="my-2 block text-accent hover:underline">
      {filename ?? t("File")}
    </a>
  );
}

/** The sources of an answer by their numbers; the same object until another one comes, for the markers' sake. */
function useSources(message: ChatMessage): { sources: Source[]; byNumber: ReadonlyMap<number, Source> } {
  const sources = sourcesOf(message);
  const names = sources.map((source) => `${source.number} ${source.href}`).join("\n");
  // A source never changes once it is named, but useChat copies its message with every delta.
  // oxlint-disable-next-line react/exhaustive-deps
  const byNumber = useMemo(() => new Map(sources.map((source) => [source.number, source])), [names]);
  return { sources, byNumber };
}

/** An assistant message's parts, in their order; the sources come last, when all is said. */
export function MessageParts({ message, streaming, last }: { message: ChatMessage; streaming: boolean; last: boolean }) {
  const said = saidIn(message);
  const waiting = new Map(waitingIn(message).map(({ call, action }) => [call.toolCallId, action]));
  const texts = textsWithDoubts(message);
  const { sources, byNumber } = useSources(message);
  const suggested = suggestedIn(message);
  return (
    <CitedSources value={byNumber}>
      {said.map((part, place) => {
        // Parts only ever grow at the end, so their place is their name.
        const key = `${part.type} ${place}`;
        const live = streaming && place === said.length - 1;
        if (part.type === "text")
          return part.text === "" ? null : <Markdown key={key} text={texts.get(part) ?? part.text} streaming={live} />;
        if (part.type === "reasoning")
          return part.text === "" ? null : <Reasoning key={key} text={part.text} streaming={live} />;
        if (part.type === "data-notice")
          return part.data.message === "" ? null : (
            <Notice key={key} className="my-2">
              {refused(part.data.tag, part.data.message)}
            </Notice>
          );
        if (part.type === "file") return <FilePart key={key} {...part} />;
        if (isToolUIPart(part)) {
          const { toolCallId } = part;
          // What is unfolded stays so while a continued answer is told again.
          return <ToolCard key={`tool ${toolCallId}`} part={part} waiting={waiting.get(toolCallId) ?? null} last={last} live={streaming} />;
        }
        return null;
      })}
      {streaming ? null : <SourcesList sources={sources} />}
      {streaming || suggested === null ? null : <SuggestedTool suggested={suggested} last={last} />}
    </CitedSources>
  );
}
