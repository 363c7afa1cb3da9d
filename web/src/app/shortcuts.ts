// The keys that work anywhere on the page, in one list: what listens and what explains read the same.
import type { Word } from "~/shared/language/words";

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
const command = isApple ? "⌘" : "Ctrl";
const shift = isApple ? "⇧" : "Shift";

type Section = { title: Word; keys: readonly { pressed: readonly string[]; words: Word }[] };

export const shortcuts: readonly Section[] = [
  {
    title: "Anywhere",
    keys: [
      { pressed: [command, "K"], words: "Find a conversation, a page or an action" },
      { pressed: [command, shift, "O"], words: "New conversation" },
      { pressed: ["/"], words: "Go to the message box" },
      { pressed: ["?"], words: "Show these shortcuts" },
      { pressed: ["F6"], words: "Go to what was just said at the page’s edge" },
    ],
  },
  {
    title: "In a conversation",
    keys: [
      { pressed: ["Enter"], words: "Send the message" },
      { pressed: [shift, "Enter"], words: "Begin a new line" },
      { pressed: ["Esc"], words: "Stop the answer, or leave an edit" },
    ],
  },
  {
    title: "In lists and menus",
    keys: [
      { pressed: ["↑", "↓"], words: "Go through the entries" },
      { pressed: ["Enter"], words: "Choose" },
      { pressed: ["Esc"], words: "Close" },
    ],
  },
];

export type Command = "palette" | "shortcuts" | "new";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Which command a press of keys is, if any. */
export function commandOf(event: KeyboardEvent): Command | null {
  const key = event.key.toLowerCase();
  if (event.altKey || event.defaultPrevented) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "k" && !event.shiftKey) return "palette";
    return key === "o" && event.shiftKey ? "new" : null;
  }
  return key === "?" && !isTyping(event.target) ? "shortcuts" : null;
}
