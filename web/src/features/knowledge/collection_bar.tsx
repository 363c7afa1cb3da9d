// The collections to choose from, and what can be done with the chosen one.
import { Ellipsis, MessageSquare, MessageSquareOff, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import type { Collection } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";
import { IconButton } from "~/shared/ui/button";
import { Menu, type MenuEntry } from "~/shared/ui/menu";
import { later } from "~/shared/ui/later";

import { useChangeCollection, useDeleteCollection } from "./queries";

const CollectionDialog = later(() => import("./collection_dialog"));
const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));

type CollectionBarProps = {
  collections: readonly Collection[];
  chosen: Collection | null;
  onChoose: (id: string | null) => void;
  mayChange: boolean;
};

const pill =
  "inline-flex h-8 max-w-56 shrink-0 items-center gap-1.5 rounded-full border border-line px-3 text-sm text-quiet transition-colors duration-150 hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent";

export function CollectionBar({ collections, chosen, onChoose, mayChange }: CollectionBarProps) {
  const [shown, setShown] = useState<"nothing" | "new" | "rename" | "delete">("nothing");
  const { mutate: change } = useChangeCollection();
  const remove = useDeleteCollection();
  const total = collections.reduce((sum, { documents }) => sum + documents.total, 0);
  const close = () => setShown("nothing");

  const entriesOf = (collection: Collection): MenuEntry[] => [
    { kind: "item", label: t("Rename"), icon: <Pencil />, onSelect: () => setShown("rename") },
    {
      kind: "item",
      label: collection.in_chat ? t("Leave out of chats") : t("Use in chats"),
      icon: collection.in_chat ? <MessageSquareOff /> : <MessageSquare />,
      onSelect: () => change({ collection, in_chat: !collection.in_chat }),
    },
    ...(collection.is_default
      ? []
      : [
          { kind: "line" as const, name: "before delete" },
          { kind: "item" as const, label: t("Delete"), icon: <Trash2 />, danger: true, onSelect: () => setShown("delete") },
        ]),
  ];

  return (
    <div className="flex items-center gap-1.5">
      <div role="group" aria-label={t("Collections")} className="flex min-w-0 flex-wrap gap-1.5">
        {collections.length > 1 ? (
          <button type="button" aria-pressed={chosen === null} onClick={() => onChoose(null)} className={pill}>
            {t("All")} <span className="text-xs">{count(total)}</span>
          </button>
        ) : null}
        {collections.map((collection) => (
          <button
            key={collection.id}
            type="button"
            aria-pressed={collection.id === chosen?.id}
            onClick={() => onChoose(collection.id)}
            className={pill}
          >
            <span dir="auto" className="truncate">
              {collection.name}
            </span>
            <span className="text-xs">{count(collection.documents.total)}</span>
            {collection.in_chat ? null : <MessageSquareOff role="img" aria-label={t("not used in chats")} className="size-3.5" />}
          </button>
        ))}
        {mayChange ? (
          <IconButton small label={t("New collection")} onClick={() => setShown("new")} className="size-8">
            <Plus aria-hidden className="size-4" />
          </IconButton>
        ) : null}
        {mayChange && chosen !== null ? (
          <Menu
            trigger={
              <IconButton small label={t("Options for the collection {name}", { name: chosen.name })} className="size-8">
                <Ellipsis aria-hidden className="size-4" />
              </IconButton>
            }
            entries={entriesOf(chosen)}
          />
        ) : null}
      </div>
      {shown === "new" || shown === "rename" ? (
        <CollectionDialog collection={shown === "rename" ? chosen : null} onMade={onChoose} onClose={close} />
      ) : null}
      {shown === "delete" && chosen !== null ? (
        <ConfirmDialog
          title={t("Delete the collection “{name}”?", { name: chosen.name })}
          description={counted(
            chosen.documents.total,
            "Its document goes with it, and answers will no longer find it.",
            "Its {count} documents go with it, and answers will no longer find them.",
          )}
          verb={t("Delete")}
          onConfirm={() => remove.mutate(chosen, { onSuccess: () => onChoose(null) })}
          onClose={close}
        />
      ) : null}
    </div>
  );
}
