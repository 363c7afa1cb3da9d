// The parts of the app that load later: whether one could not be had, and whether the server has a newer app by now.
import { session } from "./storage";

const KEY = "steward.reloaded-for";
const PATIENCE_MILLISECONDS = 4_000;

/** Whether an error says that a part of the app could not be loaded, in the words of any browser. */
export const isLostPart = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|importing a module script failed|unable to preload css/i.test(error.message);

/** The first script of a page; each build has a name of its own for it. */
const entryOf = (page: Document): string | null => page.querySelector("script[type=module][src]")?.getAttribute("src") ?? null;

/**
 * Load the page anew if the server has a newer app, whose parts have other names; once for each, so that a stale copy on
 * the way makes no circle. Returns: whether the page goes.
 */
export async function reloadIfNewer(reload: () => void = () => window.location.reload()): Promise<boolean> {
  try {
    const answer = await fetch(window.location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    const entry = entryOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!answer.ok || entry === null || entry === entryOf(document) || entry === session.get(KEY)) return false;
    session.set(KEY, entry);
  } catch {
    return false;
  }
  reload();
  return true;
}
