// The tags of a document.

export function TagList({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label="Tags" className="flex min-w-0 flex-wrap gap-1">
      {tags.map((tag) => (
        <li key={tag} className="max-w-40 truncate rounded-md bg-hover px-1.5 py-px text-xs text-quiet">
          {tag}
        </li>
      ))}
    </ul>
  );
}
