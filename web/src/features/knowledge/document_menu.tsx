// What can be done with one document.
import { Download, Ellipsis, Tag, Trash2 } from "lucide-react";
import { useState } from "react";

import type { LibraryDocument } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";
import { Menu, type MenuEntry } from "~/shared/ui/menu";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { useDeleteDocument } from "./queries";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const DocumentDialog = later(() => import("./document_dialog"));

export const fileAddress = (document: LibraryDocument): string => `/api/v1/documents/${encodeURIComponent(document.id)}/file`;

type DocumentMenuProps = { document: LibraryDocument; mayChange: boolean; onDeleted?: () => void; className?: string };

export function DocumentMenu({ document, mayChange, onDeleted, className }: DocumentMenuProps) {
  const [shown, setShown] = useState<"nothing" | "change" | "delete">("nothing");
  const remove = useDeleteDocument();
  const close = () => setShown("nothing");
  const confirm = () =>
    remove.mutate(document, {
      onSuccess: () => {
        toast(t("“{title}” was deleted.", { title: document.title }));
        onDeleted?.();
      },
    });

  const entries: MenuEntry[] = [
    ...(document.file_id === null
      ? []
      : [{ kind: "item" as const, label: t("Download"), icon: <Download />, onSelect: () => window.location.assign(fileAddress(document)) }]),
    ...(mayChange
      ? [
          { kind: "item" as const, label: t("Title and tags"), icon: <Tag />, onSelect: () => setShown("change") },
          { kind: "line" as const, name: "before delete" },
          { kind: "item" as const, label: t("Delete"), icon: <Trash2 />, danger: true, onSelect: () => setShown("delete") },
        ]
      : []),
  ];
  if (entries.length === 0) return null;
  return (
    <>
      <Menu
        trigger={
          <IconButton small label={t("Options for {name}", { name: document.title })} className={className}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
        entries={entries}
      />
      {shown === "change" ? <DocumentDialog document={document} onClose={close} /> : null}
      {shown === "delete" ? (
        <ConfirmDialog
          title={t("Delete “{title}”?", { title: document.title })}
          description={t("Answers will no longer find it. Its file is deleted as well.")}
          verb={t("Delete")}
          onConfirm={confirm}
          onClose={close}
        />
      ) : null}
    </>
  );
}
