// The line to the element around this page: what it wishes, and the tokens that it brings.
import { useEffect, useState, useSyncExternalStore } from "react";

import { type FromPage, type Wishes, fromElement } from "../protocol";
import { TokenKeeper, fetchWith } from "./token_keeper";

export type LineState = {
  wishes: Wishes | null;
  /** The first token, or the one after it was lost; later ones change nothing that is seen. */
  token: string | null;
  /** No token could be had. */
  lost: boolean;
};

type OnShown = () => void;

export class Line {
  private state: LineState = { wishes: null, token: null, lost: false };
  private readonly listeners = new Set<() => void>();
  private origin: string | null = null;
  private onShown: OnShown = () => {};
  readonly keeper = new TokenKeeper((refused) => this.say({ steward: "token-wanted", refused }));

  /** Begin: say that the page is there, and let every request carry the token. */
  start(): void {
    window.addEventListener("message", this.hear);
    window.fetch = fetchWith(this.keeper, window.fetch.bind(window), () => this.change({ lost: true }));
    this.say({ steward: "ready" });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  read = (): LineState => this.state;

  whenShown(listener: OnShown): void {
    this.onShown = listener;
  }

  close(): void {
    this.say({ steward: "close" });
  }

  /** Ask for a token, the first one or after it was lost. */
  renew = async (): Promise<void> => {
    this.change({ lost: false });
    try {
      this.change({ token: await this.keeper.next(this.keeper.current) });
    } catch {
      this.change({ lost: true });
    }
  };

  private readonly hear = (event: MessageEvent): void => {
    const said = fromElement(event);
    // Who framed this page is who began; the browser lets nobody do so whom the server does not name.
    if (said === null || (this.origin !== null && event.origin !== this.origin)) return;
    this.origin = event.origin;
    if (said.steward === "begin") {
      this.change({ wishes: said.wishes });
      void this.renew();
    } else if (said.steward === "token") this.keeper.take(said.token);
    else if (said.steward === "no-token") this.keeper.fail(said.reason);
    else if (said.steward === "shown") this.onShown();
  };

  private say(message: FromPage): void {
    window.parent.postMessage(message, this.origin ?? "*");
  }

  private change(next: Partial<LineState>): void {
    this.state = { ...this.state, ...next };
    for (const listener of this.listeners) listener();
  }
}

export function useLine(line: Line): LineState {
  return useSyncExternalStore(line.subscribe, line.read);
}

/** Whether a wait has lasted so long that something is wrong. */
export function useTooLong(isWaiting: boolean, milliseconds: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = window.setTimeout(() => setLate(true), milliseconds);
    return () => window.clearTimeout(timer);
  }, [isWaiting, milliseconds]);
  return late && isWaiting;
}
