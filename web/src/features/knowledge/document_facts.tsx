// What is known of a document.
import type { ReactNode } from "react";

import type { LibraryDocument } from "~/shared/api/types";
import { count, wholeMoment } from "~/shared/lib/moments";
import { fileSize } from "~/shared/lib/sizes";

import { TagList } from "./tag_list";

// "und" is the code for a language that nobody could tell.
const UNKNOWN = "und";
const languages = new Intl.DisplayNames(undefined, { type: "language" });

export function DocumentFacts({ document }: { document: LibraryDocument }) {
  const source = document.source;
  const facts: [string, ReactNode][] = [
    ["File", document.name],
    ["Kind", document.media_type],
    ["Size", document.bytes > 0 ? fileSize(document.bytes) : null],
    ["Pages", document.pages === null ? null : count(document.pages)],
    ["Characters", document.chars === null ? null : count(document.chars)],
    ["Passages", document.chunks_total === null ? null : count(document.chunks_total)],
    ["Language", document.language === null || document.language === UNKNOWN ? null : (languages.of(document.language) ?? document.language)],
    ["Added", wholeMoment(document.created_at)],
    ["Source", source !== null && source !== document.name ? source : null],
    ["Tags", document.tags.length > 0 ? <TagList key="tags" tags={document.tags} /> : null],
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm sm:grid-cols-[auto_1fr_auto_1fr]">
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
