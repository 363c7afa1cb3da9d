// What colleagues share with the workspace, as a list.
import { Link, useRoute } from "wouter";

import { t } from "~/shared/language/words";
import { sharedAddress } from "~/shared/lib/places";
import { shortMoment } from "~/shared/lib/moments";

import { ListPages } from "./list_pages";
import { useSharedPages } from "./sharing";

export function SharedPages({ onOpen }: { onOpen: () => void }) {
  const [, shown] = useRoute("/shared/:id");
  return (
    <ListPages query={useSharedPages()} empty={t("Nobody shares a conversation with you yet.")}>
      {(items) => (
        <ul aria-label={t("Shared with you")} className="space-y-px">
          {items.map((item) => (
            <li key={item.id}>
              <Link
                href={sharedAddress(item.id)}
                onClick={onOpen}
                aria-current={shown?.id === item.id ? "page" : undefined}
                data-row
                className="block rounded-lg px-2.5 py-2 text-sm outline-offset-[-2px] hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
              >
                <span dir="auto" className="block truncate text-start">{item.title || t("Conversation")}</span>
                <span className="flex gap-1 text-xs font-normal text-quiet">
                  <span dir="auto" className="truncate">{item.shared_by}</span>
                  <span aria-hidden>·</span>
                  <span className="whitespace-nowrap">{shortMoment(item.updated_at)}</span>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </ListPages>
  );
}
