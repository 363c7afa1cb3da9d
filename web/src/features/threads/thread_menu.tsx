// What can be done with one conversation.
import { Archive, ArchiveRestore, Ellipsis, Pencil, Pin, PinOff, Share2, Tag } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Thread } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";
import { Menu, type MenuEntry } from "~/shared/ui/menu";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { exportEntries } from "./export_entries";
import { useChangeThread } from "./queries";

const RenameDialog = later(() => import("./rename_dialog"));
const ShareDialog = later(() => import("./share_dialog"));
const TagsDialog = later(() => import("./tags_dialog"));

const item = (label: string, icon: ReactNode, onSelect: () => void): MenuEntry => ({ kind: "item", label, icon, onSelect });

type Shown = "nothing" | "rename" | "share" | "tags";
type ThreadMenuProps = { thread: Thread; className?: string };

export function ThreadMenu({ thread, className }: ThreadMenuProps) {
  const [shown, setShown] = useState<Shown>("nothing");
  const { mutate, mutateAsync } = useChangeThread();
  const close = () => setShown("nothing");

  // The row, and this menu with it, is gone from the list before the server has answered. A failure has its own toast.
  const change = (archived: boolean, tell: () => void) => void mutateAsync({ thread, change: { archived } }).then(tell, () => undefined);
  const archive = () =>
    change(true, () =>
      toast(t("Conversation archived."), {
        label: t("Undo"),
        onClick: () => mutate({ thread: { ...thread, archived: true }, change: { archived: false } }),
      }),
    );
  const restore = () => change(false, () => toast(t("Conversation restored.")));

  return (
    <>
      <Menu
        trigger={
          <IconButton small label={thread.title ? t("Options for {name}", { name: thread.title }) : t("Options for this conversation")} className={className}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
        entries={[
          item(thread.pinned ? t("Unpin") : t("Pin"), thread.pinned ? <PinOff /> : <Pin />, () =>
            mutate({ thread, change: { pinned: !thread.pinned } }),
          ),
          item(t("Rename"), <Pencil />, () => setShown("rename")),
          item(t("Tags…"), <Tag />, () => setShown("tags")),
          // Nobody can open what is archived by its link.
          ...(thread.archived ? [] : [item(t("Share…"), <Share2 />, () => setShown("share"))]),
          { kind: "line", name: "before export" },
          ...exportEntries((format) => void import("./exporting").then(({ exportThread }) => exportThread(thread.id, format))),
          { kind: "line", name: "before archive" },
          thread.archived ? item(t("Restore"), <ArchiveRestore />, restore) : item(t("Archive"), <Archive />, archive),
        ]}
      />
      {shown === "rename" ? <RenameDialog thread={thread} onClose={close} /> : null}
      {shown === "share" ? <ShareDialog thread={thread} onClose={close} /> : null}
      {shown === "tags" ? <TagsDialog thread={thread} onClose={close} /> : null}
    </>
  );
}
