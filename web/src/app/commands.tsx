// The commands of the whole page: its shortcuts, and the windows that they bring up, loaded when first asked for.
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";

import type { Me } from "~/shared/api/types";
import { later } from "~/shared/ui/later";

import { type Command, commandOf } from "./shortcuts";
import { noteTourTaken } from "./tour_offer";

const CommandPalette = later(() => import("./command_palette"));
const ShortcutSheet = later(() => import("./shortcut_sheet"));
const Tour = later(() => import("./tour"));

type Shown = "nothing" | "palette" | "shortcuts" | "tour";

/** What is left to the page itself. */
export type PageActions = { onNewChat: () => void; onSearch: () => void };

/** Listen for shortcuts. Returns: what to draw, and the ways to bring up the list of shortcuts and the look around. */
export function useCommands(
  me: Me,
  { onNewChat, onSearch }: PageActions,
): { windows: ReactNode; showShortcuts: () => void; showTour: () => void } {
  const [shown, setShown] = useState<Shown>("nothing");

  const carryOut = useEffectEvent((event: KeyboardEvent) => {
    const command: Command | null = commandOf(event);
    if (command === null) return;
    // Whatever else is open over the page comes first.
    if (shown === "nothing" && document.querySelector("[role=dialog],[role=alertdialog]") !== null) return;
    event.preventDefault();
    if (command === "new") {
      setShown("nothing");
      onNewChat();
    } else setShown(shown === command ? "nothing" : command);
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => carryOut(event);
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);

  const close = () => setShown("nothing");
  const showShortcuts = () => setShown("shortcuts");
  const showTour = () => {
    noteTourTaken();
    setShown("tour");
  };
  const windows = (
    <>
      {shown === "palette" ? (
        <CommandPalette me={me} onNewChat={onNewChat} onSearch={onSearch} onShortcuts={showShortcuts} onTour={showTour} onClose={close} />
      ) : null}
      {shown === "shortcuts" ? <ShortcutSheet onClose={close} /> : null}
      {shown === "tour" ? <Tour onClose={close} /> : null}
    </>
  );
  return { windows, showShortcuts, showTour };
}
