// The list of a menu, with the keyboard walking it.
import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef } from "react";

import { classes } from "~/shared/lib/classes";

import type { MenuEntry, MenuProps } from "./menu";

const row =
  "flex w-full items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm select-none outline-none data-highlighted:bg-hover data-disabled:opacity-50";

function Icon({ children, quiet }: { children: ReactNode; quiet: boolean }) {
  return children ? (
    <span aria-hidden className={classes("[&>svg]:size-4", quiet && "text-quiet")}>
      {children}
    </span>
  ) : null;
}

function Entry({ entry, onChosen }: { entry: MenuEntry; onChosen: (action: () => void) => unknown }) {
  if (entry.kind === "line") return <Base.Separator className="mx-1 my-1 h-px bg-line" />;
  if (entry.kind === "item")
    return (
      <Base.Item onClick={() => onChosen(entry.onSelect)} className={classes(row, entry.danger && "text-danger")}>
        <Icon quiet={!entry.danger}>{entry.icon}</Icon>
        {entry.label}
      </Base.Item>
    );
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2.5 pt-1.5 pb-1 text-xs font-medium text-quiet">{entry.label}</Base.GroupLabel>
      <Base.RadioGroup value={entry.value} onValueChange={(next) => entry.onChoose(String(next))}>
        {entry.choices.map((choice) => (
          <Base.RadioItem key={choice.value} value={choice.value} closeOnClick className={row}>
            <Icon quiet>{choice.icon}</Icon>
            <span className="min-w-0 flex-1 truncate">{choice.label}</span>
            {choice.note ? <span className="text-xs text-quiet">{choice.note}</span> : null}
            <span aria-hidden className="size-4 text-accent">
              <Base.RadioItemIndicator>
                <Check className="size-4" />
              </Base.RadioItemIndicator>
            </span>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

type MenuPopupProps = Required<Omit<MenuProps, "trigger">> & {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  anchor: HTMLButtonElement | null;
};

export default function MenuPopup({ open, onOpenChange, anchor, entries, side, align }: MenuPopupProps) {
  const chosen = useRef<(() => void) | null>(null);
  // The focus goes back to the button before anything is carried out, and the list is gone: a dialog that opens then takes it
  // from there, keeps it, and gives it back there.
  const carryOut = useCallback(() => {
    const action = chosen.current;
    chosen.current = null;
    action?.();
  }, []);
  const carryOutFromButton = () => {
    if (chosen.current === null) return;
    anchor?.focus({ preventScroll: true });
    window.setTimeout(carryOut, 0);
  };
  // Nor does it get lost when the button goes before the list has faded away.
  useEffect(() => carryOut, [carryOut]);
  return (
    <Base.Root
      modal={false}
      open={open}
      onOpenChangeComplete={(isOpen) => !isOpen && carryOutFromButton()}
      onOpenChange={(next, details) => {
        // A press on the menu's own button is that button's business.
        const target = details.event.target;
        if (!next && details.reason === "outside-press" && target instanceof Node && anchor?.contains(target)) return;
        onOpenChange(next);
      }}
    >
      {/* The list belongs to the part of the page that its button is in. */}
      <Base.Portal container={anchor?.closest<HTMLElement>("aside, main, [role=dialog]")}>
        <Base.Positioner anchor={anchor} side={side} align={align} sideOffset={6} collisionPadding={8} className="z-50 outline-none">
          <Base.Popup
            finalFocus={() => (chosen.current === null ? anchor : false)}
            className="popup max-h-(--available-height) max-w-[min(22rem,calc(100vw-1rem))] min-w-[max(12rem,var(--anchor-width))] overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float outline-none"
          >
            {entries.map((entry) => (
              <Entry key={entry.kind === "line" ? entry.name : entry.label} entry={entry} onChosen={(action) => (chosen.current = action)} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
