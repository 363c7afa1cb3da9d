// A picture, as large as the page allows.
import { Dialog as Base } from "@base-ui/react/dialog";
import { Download, X } from "lucide-react";

import { t } from "~/shared/language/words";

import { IconButton } from "./button";

type PictureDialogProps = { url: string; name: string; onClose: () => void };

export default function PictureDialog({ url, name, onClose }: PictureDialogProps) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="veil fixed inset-0 z-40 bg-veil" />
        <Base.Viewport className="fixed inset-0 z-40 flex items-center justify-center p-4">
          <Base.Popup className="popup flex max-h-full max-w-full min-w-64 flex-col rounded-2xl border border-line bg-raised p-3 shadow-float outline-none">
            <div className="flex items-center gap-1 pb-2">
              <Base.Title dir="auto" className="min-w-0 flex-1 truncate px-1 text-sm font-medium">{name}</Base.Title>
              <a
                href={url}
                download={name}
                title={t("Save the picture")}
                aria-label={t("Save the picture")}
                className="inline-flex size-7 items-center justify-center rounded-lg text-quiet hover:bg-hover hover:text-ink"
              >
                <Download aria-hidden className="size-4" />
              </a>
              <Base.Close
                render={
                  <IconButton label={t("Close")} small>
                    <X aria-hidden className="size-4" />
                  </IconButton>
                }
              />
            </div>
            <img src={url} alt={name} className="max-h-[80vh] max-w-full min-w-0 rounded-lg object-contain" />
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
