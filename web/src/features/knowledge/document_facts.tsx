// What is known of a document.
import type { ReactNode } from "react";

import type { LibraryDocument } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";
import { count, wholeMoment } from "~/shared/lib/moments";
import { fileSize } from "~/shared/lib/sizes";

import { TagList } from "./tag_list";

// "und" is the code for a language that nobody could tell.
const UNKNOWN = "und";
const languages = new Intl.DisplayNames(locale, { type: "language" });

export function DocumentFacts({ document }: { document: LibraryDocument }) {
  const source = document.source;
  const facts: [string, ReactNode][] = [
    [t("File"), <bdi key="file">{document.name}</bdi>],
    [t("Kind"), <bdi key="kind">{document.media_type}</bdi>],
    [t("Size"), document.bytes > 0 ? fileSize(document.bytes) : null],
    [t("Pages"), document.pages === null ? null : count(document.pages)],
    [t("Characters"), document.chars === null ? null : count(document.chars)],
    [t("Passages"), document.chunks_total === null ? null : count(document.chunks_total)],
    [t("Language"), document.language === null || document.language === UNKNOWN ? null : (languages.of(document.language) ?? document.language)],
    [t("Added"), wholeMoment(document.created_at)],
    [t("Source"), source !== null && source !== document.name ? <bdi key="source">{source}</bdi> : null],
    [t("Tags"), document.tags.length > 0 ? <TagList key="tags" tags={document.tags} /> : null],
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
