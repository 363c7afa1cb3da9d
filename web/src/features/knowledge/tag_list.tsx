// The tags of a document.
import { t } from "~/shared/language/words";

export function TagList({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label={t("Tags")} className="flex min-w-0 flex-wrap gap-1">
      {tags.map((tag) => (
        <li key={tag} dir="auto" className="max-w-40 truncate rounded-md bg-hover px-1.5 py-px text-xs text-quiet">
          {tag}
        </li>
      ))}
    </ul>
  );
}
