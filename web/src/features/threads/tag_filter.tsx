// The tags in use as buttons: one of them at a time narrows the list.
import { useState } from "react";

import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";

import { useTags } from "./queries";

const AT_FIRST = 6;

const chip =
  "inline-flex h-6 max-w-full items-center gap-1 rounded-full border px-2 text-xs transition-colors duration-150 pointer-coarse:h-8 pointer-coarse:px-3";

type TagFilterProps = { chosen: string | null; onChoose: (tag: string | null) => void };

export function TagFilter({ chosen, onChoose }: TagFilterProps) {
  const { data: tags = [] } = useTags();
  const [whole, setWhole] = useState(false);
  // A tag that the last conversation lost is still what the list is narrowed to.
  const known = chosen === null || tags.some(({ tag }) => tag === chosen) ? tags : [{ tag: chosen, conversations: 0 }, ...tags];
  if (known.length === 0) return null;
  const shown = known.filter(({ tag }, place) => whole || place < AT_FIRST || tag === chosen);
  return (
    <div role="group" aria-label={t("Tags")} className="mx-3 mb-2 flex max-h-40 shrink-0 flex-wrap gap-1 overflow-y-auto p-0.5">
      {shown.map(({ tag, conversations }) => (
        <button
          key={tag}
          type="button"
          aria-pressed={tag === chosen}
          title={counted(conversations, "{tag}: {count} conversation", "{tag}: {count} conversations", { tag })}
          onClick={() => onChoose(tag === chosen ? null : tag)}
          className={classes(
            chip,
            tag === chosen ? "border-transparent bg-accent-soft font-medium text-accent" : "border-line bg-raised text-quiet hover:bg-hover hover:text-ink",
          )}
        >
          <span dir="auto" className="truncate">{tag}</span>
        </button>
      ))}
      {known.length > AT_FIRST ? (
        <button type="button" aria-expanded={whole} onClick={() => setWhole(!whole)} className={classes(chip, "border-transparent text-quiet hover:bg-hover hover:text-ink")}>
          {whole ? t("Fewer") : counted(known.length - shown.length, "{count} more", "{count} more")}
        </button>
      ) : null}
    </div>
  );
}
