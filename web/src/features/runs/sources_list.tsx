// The sources under an answer: the first few, and the rest on demand.
import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";

import { counted, t } from "~/shared/language/words";
import { SourceLink } from "~/shared/markdown/source_link";
import { type Source, whereabouts } from "~/shared/markdown/sources";

const AT_FIRST = 3;

function Entry({ source }: { source: Source }) {
  const where = whereabouts(source);
  return (
    <li className="flex gap-2">
      <span className="shrink-0 text-quiet">[{source.number}]</span>
      <div className="min-w-0 flex-1">
        <p className="flex min-w-0 flex-wrap gap-x-2">
          <SourceLink source={source} dir="auto" className="max-w-full truncate font-medium text-accent hover:underline">
            {source.title}
          </SourceLink>
          {where === "" ? null : <span className="max-w-full truncate text-quiet">{where}</span>}
        </p>
        {source.excerpt === "" ? null : (
          <p dir="auto" className="line-clamp-2 text-quiet wrap-anywhere">
            {source.excerpt}
          </p>
        )}
      </div>
    </li>
  );
}

export function SourcesList({ sources }: { sources: readonly Source[] }) {
  const [whole, setWhole] = useState(false);
  const id = useId();
  if (sources.length === 0) return null;
  const rest = sources.length - AT_FIRST;
  return (
    <section aria-label={t("Sources")} className="mt-4">
      <h2 className="text-xs font-medium text-quiet">{t("Sources")}</h2>
      <ol id={id} className="mt-1.5 space-y-2 text-sm leading-5">
        {sources.slice(0, whole ? sources.length : AT_FIRST).map((source) => (
          <Entry key={source.number} source={source} />
        ))}
      </ol>
      {rest > 0 ? (
        <button
          type="button"
          aria-expanded={whole}
          aria-controls={id}
          onClick={() => setWhole(!whole)}
          className="-ms-1.5 mt-1.5 inline-flex items-center gap-1 rounded-md px-1.5 py-1 text-sm text-quiet hover:bg-hover hover:text-ink"
        >
          <ChevronDown aria-hidden className={whole ? "size-4 rotate-180" : "size-4"} />
          {whole ? t("Show fewer") : counted(rest, "Show {count} more", "Show {count} more")}
        </button>
      ) : null}
    </section>
  );
}
