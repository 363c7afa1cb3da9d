// One conversation in the list, drawn again only when something about it changed.
import { Pin } from "lucide-react";
import { memo } from "react";
import { Link } from "wouter";

import type { Thread } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";

import { threadAddress } from "./thread_address";
import { ThreadMenu } from "./thread_menu";

type RowProps = { thread: Thread; active: boolean; onOpen: () => void };

export const ThreadRow = memo(function ThreadRow({ thread, active, onOpen }: RowProps) {
  return (
    <li className="group relative">
      <Link
        href={threadAddress(thread)}
        onClick={onOpen}
        aria-current={active ? "page" : undefined}
        data-row
        className={classes(
          "block rounded-lg ps-2.5 pe-9 text-sm outline-offset-[-2px] transition-colors duration-150",
          active ? "bg-hover font-medium" : "hover:bg-hover",
        )}
      >
        <span className="flex h-9 items-center gap-2">
          {thread.pinned ? <Pin aria-label={t("Pinned")} className="size-3.5 shrink-0 text-quiet" /> : null}
          <span dir="auto" className="min-w-0 flex-1 truncate text-start">{thread.title || t("New conversation")}</span>
          {thread.status === "running" ? (
            <span role="img" aria-label={t("Answering")} className="thinking-dot size-2 shrink-0 rounded-full bg-accent-fill" />
          ) : null}
        </span>
        {thread.tags.length === 0 ? null : (
          <span className="-mt-1.5 block truncate pb-1.5 text-xs font-normal text-quiet">
            <span className="sr-only">{t("Tags:")} </span>
            {thread.tags.join(" · ")}
          </span>
        )}
      </Link>
      <ThreadMenu
        thread={thread}
        className="absolute end-1 top-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
      />
    </li>
  );
});
