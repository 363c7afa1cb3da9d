// Menus: a button and a short list of verbs or choices. The list's machinery is loaded when a pointer or the keyboard
// comes near, so that a page full of menus costs no more than its buttons.
import { type KeyboardEvent, type ReactElement, type ReactNode, cloneElement, useState } from "react";

import { Boundary } from "./boundary";
import { later } from "./later";
import { FloatingProblem } from "./problem";

export type MenuEntry =
  | { kind: "item"; label: string; icon?: ReactNode; danger?: boolean; onSelect: () => void }
  | { kind: "line"; name: string }
  | {
      kind: "choice";
      label: string;
      value: string;
      choices: { value: string; label: string; note?: string; icon?: ReactNode }[];
      onChoose: (value: string) => void;
    };

const MenuPopup = later(() => import("./menu_popup"));
const warm = () => void MenuPopup.preload();

type TriggerProps = {
  ref: (element: HTMLButtonElement | null) => void;
  onClick: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onPointerEnter: () => void;
  onFocus: () => void;
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
};

export type MenuProps = {
  trigger: ReactElement<Partial<TriggerProps>>;
  entries: MenuEntry[];
  side?: "top" | "bottom";
  align?: "start" | "center" | "end";
};

export function Menu({ trigger, entries, side = "bottom", align = "end" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const [used, setUsed] = useState(false);
  const [anchor, setAnchor] = useState<HTMLButtonElement | null>(null);

  const show = () => {
    setUsed(true);
    setOpen(true);
  };
  const props: TriggerProps = {
    ref: setAnchor,
    onClick: () => (open ? setOpen(false) : show()),
    onKeyDown: (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      show();
    },
    onPointerEnter: warm,
    onFocus: warm,
    "aria-haspopup": "menu",
    "aria-expanded": open,
  };
  return (
    <>
      {cloneElement(trigger, props)}
      {used ? (
        <Boundary renderProblem={(isLost) => <FloatingProblem isLost={isLost} />}>
          <MenuPopup open={open} onOpenChange={setOpen} anchor={anchor} entries={entries} side={side} align={align} />
        </Boundary>
      ) : null}
    </>
  );
}
