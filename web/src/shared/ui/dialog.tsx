// Dialogs in the middle of the page.
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, type RefObject, useRef } from "react";

import { t } from "~/shared/language/words";

import { IconButton } from "./button";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children: ReactNode;
  /** Where the focus goes at first; without it, to the first field. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** A press beside it does not close it: what it shows cannot be had again. */
  stays?: boolean;
};

const FIELD = "input:not([type=hidden]):not(:disabled), textarea:not(:disabled), select:not(:disabled)";

export function Dialog({ open, onOpenChange, title, description, children, initialFocus, stays = false }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  // On a touch screen the focus of a field would bring up the keyboard over the dialog.
  const firstField = (way: string) => (way === "touch" ? null : popup.current?.querySelector<HTMLElement>(FIELD)) ?? true;
  return (
    <Base.Root open={open} onOpenChange={onOpenChange} disablePointerDismissal={stays}>
      <Base.Portal>
        <Base.Backdrop className="veil fixed inset-0 z-40 bg-veil" />
        <Base.Viewport className="fixed inset-0 z-40 flex items-start justify-center overflow-y-auto p-4 pt-[14vh]">
          <Base.Popup
            ref={popup}
            initialFocus={initialFocus ?? firstField}
            className="popup w-full max-w-md rounded-2xl border border-line bg-raised p-5 shadow-float outline-none"
          >
            <div className="mb-4 flex items-start gap-3">
              <div className="min-w-0 flex-1">
                <Base.Title className="text-base font-semibold">{title}</Base.Title>
                {description ? <Base.Description className="mt-1 text-sm text-quiet">{description}</Base.Description> : null}
              </div>
              <Base.Close
                render={
                  <IconButton label={t("Close")} small className="-mt-1 -me-1.5">
                    <X aria-hidden className="size-4" />
                  </IconButton>
                }
              />
            </div>
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
