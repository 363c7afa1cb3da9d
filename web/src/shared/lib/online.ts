// Whether there is a line to the network, as far as the browser knows.
import { useSyncExternalStore } from "react";

function listen(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** False while the browser knows that it is cut off. A server on the same machine may be reached all the same. */
export const useOnline = (): boolean => useSyncExternalStore(listen, () => navigator.onLine);

/** Wait so long, or until the line comes back. */
export function pauseForLine(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      window.clearTimeout(timer);
      window.removeEventListener("online", finish);
      done();
    };
    const timer = window.setTimeout(finish, milliseconds);
    window.addEventListener("online", finish);
  });
}
