import type { QueryClient } from "@tanstack/react-query";

import { keys } from "~/shared/api/keys";

/** Read what the page shows of the library again, because something came into it. */
export async function readAgain(cache: QueryClient): Promise<void> {
  // A first reading is not begun anew, and may have begun before that something was there.
  const isFirst = cache.isFetching({ queryKey: keys.knowledge, predicate: ({ state }) => state.data === undefined }) > 0;
  await cache.invalidateQueries({ queryKey: keys.knowledge });
  if (isFirst) await cache.invalidateQueries({ queryKey: keys.knowledge });
}
