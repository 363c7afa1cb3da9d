// What the page in the frame and the element around it say to each other.

export type Kind = "basic" | "assistant";

/** How the element wants the chat to look and begin. */
export type Wishes = {
  /** Which chats are offered, in their order. */
  kinds: Kind[];
  /** The one that shows first. */
  kind: Kind;
  theme: "auto" | "light" | "dark";
  /** The heading. */
  label: string;
  /** Whether it can be closed. */
  closable: boolean;
  /** Whether somebody opened it just now, and wants to write. */
  focus: boolean;
};

/** From the page in the frame. None holds a secret: the page does not know yet who frames it. */
export type FromPage =
  | { steward: "ready" }
  /** The page needs a token that is good; `refused` is the one that is not any more. */
  | { steward: "token-wanted"; refused: string | null }
  | { steward: "close" };

/** From the element around it. */
export type FromElement =
  | { steward: "begin"; wishes: Wishes }
  | { steward: "token"; token: string }
  | { steward: "no-token"; reason: string }
  /** It is in sight now, and may take the focus. */
  | { steward: "shown" };

const isMessage = (data: unknown): data is { steward: string } =>
  typeof data === "object" && data !== null && "steward" in data && typeof data.steward === "string";

/** What the page says, if it is the page that says it; null for anything else that reaches this window. */
export function fromPage(event: MessageEvent, frame: Window | null, origin: string): FromPage | null {
  return event.source !== null && event.source === frame && event.origin === origin && isMessage(event.data) ? (event.data as FromPage) : null;
}

/** What the element says, if it is the window around this one that says it; null for anything else. */
export function fromElement(event: MessageEvent): FromElement | null {
  return event.source !== null && event.source === window.parent && isMessage(event.data) ? (event.data as FromElement) : null;
}
