// The drawer that slides in from the side on narrow screens.
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

type DrawerProps = { open: boolean; onOpenChange: (open: boolean) => void; title: string; children: ReactNode };

export default function Drawer({ open, onOpenChange, title, children }: DrawerProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="veil fixed inset-0 z-30 bg-veil" />
        <Base.Popup className="drawer fixed inset-y-0 start-0 z-30 flex w-[min(19rem,86vw)] flex-col border-e border-line bg-sunken shadow-float outline-none">
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
