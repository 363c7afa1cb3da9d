// What the people of a workspace are called, for lists that hold their ids.
import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import { keys } from "./keys";

const MOST = 100;

/** The people of the workspace: their ids with their names. */
export const memberNames = queryOptions({
  queryKey: keys.memberNames,
  queryFn: async ({ signal }) =>
    (await answered(api.GET("/api/v1/members", { params: { query: { limit: MOST } }, signal }))).items.map(({ user_id, name }) => ({
      value: user_id,
      label: name,
    })),
  staleTime: 60_000,
});
