// What can be done with one conversation.
import { Archive, ArchiveRestore, Ellipsis, Pencil, Pin, PinOff, Share2, Tag } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";

import type { Thread } from "~/shared/api/types";
import { IconButton } from "~/shared/ui/button";
import { Menu, type MenuEntry } from "~/shared/ui/menu";
import { toast } from "~/shared/ui/toasts";

import { exportEntries } from "./export_entries";
import { useChangeThread } from "./queries";

const RenameDialog = lazy(() => import("./rename_dialog"));
const ShareDialog = lazy(() => import("./share_dialog"));
const TagsDialog = lazy(() => import("./tags_dialog"));

const item = (label: string, icon: ReactNode, onSelect: () => void): MenuEntry => ({ kind: "item", label, icon, onSelect });

type Shown = "nothing" | "rename" | "share" | "tags";
type ThreadMenuProps = { thread: Thread; className?: string };

export function ThreadMenu({ thread, className }: ThreadMenuProps) {
  const [shown, setShown] = useState<Shown>("nothing");
  const { mutate } = useChangeThread();
  const close = () => setShown("nothing");

  const archive = () => {
    mutate({ thread, change: { archived: true } });
    toast("Conversation archived.", {
      label: "Undo",
      onClick: () => mutate({ thread: { ...thread, archived: true }, change: { archived: false } }),
    });
  };
  const restore = () => {
    mutate({ thread, change: { archived: false } });
    toast("Conversation restored.");
  };

  return (
    <>
      <Menu
        trigger={
          <IconButton small label={`Options for ${thread.title || "this conversation"}`} className={className}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
        entries={[
          item(thread.pinned ? "Unpin" : "Pin", thread.pinned ? <PinOff /> : <Pin />, () =>
            mutate({ thread, change: { pinned: !thread.pinned } }),
          ),
          item("Rename", <Pencil />, () => setShown("rename")),
          item("Tags…", <Tag />, () => setShown("tags")),
          // Nobody can open what is archived by its link.
          ...(thread.archived ? [] : [item("Share…", <Share2 />, () => setShown("share"))]),
          { kind: "line", name: "before export" },
          ...exportEntries((format) => void import("./exporting").then(({ exportThread }) => exportThread(thread.id, format))),
          { kind: "line", name: "before archive" },
          thread.archived ? item("Restore", <ArchiveRestore />, restore) : item("Archive", <Archive />, archive),
        ]}
      />
      <Suspense>
        {shown === "rename" ? <RenameDialog thread={thread} onClose={close} /> : null}
        {shown === "share" ? <ShareDialog thread={thread} onClose={close} /> : null}
        {shown === "tags" ? <TagsDialog thread={thread} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
