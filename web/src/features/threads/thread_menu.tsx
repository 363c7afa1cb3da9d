// What can be done with one conversation.
import { Archive, ArchiveRestore, Ellipsis, Pencil, Pin, PinOff } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { Thread } from "~/shared/api/types";
import { IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";
import { toast } from "~/shared/ui/toasts";

import { useChangeThread } from "./queries";

const RenameDialog = lazy(() => import("./rename_dialog"));

type ThreadMenuProps = { thread: Thread; className?: string };

export function ThreadMenu({ thread, className }: ThreadMenuProps) {
  const [renaming, setRenaming] = useState(false);
  const { mutate } = useChangeThread();

  const archive = () => {
    mutate({ thread, change: { archived: true } });
    toast("Conversation archived.", {
      label: "Undo",
      onClick: () => mutate({ thread: { ...thread, archived: true }, change: { archived: false } }),
    });
  };

  const restore = () => mutate({ thread, change: { archived: false } });

  return (
    <>
      <Menu
        trigger={
          <IconButton small label={`Options for ${thread.title}`} className={className}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
        entries={[
          {
            kind: "item",
            label: thread.pinned ? "Unpin" : "Pin",
            icon: thread.pinned ? <PinOff /> : <Pin />,
            onSelect: () => mutate({ thread, change: { pinned: !thread.pinned } }),
          },
          { kind: "item", label: "Rename", icon: <Pencil />, onSelect: () => setRenaming(true) },
          { kind: "line", name: "before archive" },
          thread.archived
            ? { kind: "item", label: "Restore", icon: <ArchiveRestore />, onSelect: restore }
            : { kind: "item", label: "Archive", icon: <Archive />, onSelect: archive },
        ]}
      />
      {renaming ? (
        <Suspense>
          <RenameDialog thread={thread} onClose={() => setRenaming(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
