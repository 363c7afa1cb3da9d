// The ledger of calls of models, page by page, the newest first: everybody's for admins and owners, else one's own.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { memberNames } from "~/shared/api/member_names";
import type { Me, ModelCall, ModelCallPage } from "~/shared/api/types";
import { t } from "~/shared/language/words";

const PAGE = 50;

export type CallState = ModelCall["status"];

export function useCalls(model: string | null, status: CallState | null) {
  return useInfiniteQuery({
    queryKey: keys.calls(model, status),
    queryFn: ({ pageParam, signal }) =>
      answered<ModelCallPage>(
        api.GET("/api/v1/usage/calls", {
          params: {
            query: { limit: PAGE, ...(model === null ? {} : { model }), ...(status === null ? {} : { status }), ...(pageParam === "" ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
}

/** The name of whoever asked; somebody who left keeps the id. Those who see only their own calls ask for no names. */
export function useCallerName(me: Me, seesAll: boolean): (id: string) => string {
  const { data } = useQuery({ ...memberNames, enabled: seesAll });
  return (id) => (id === me.user.id ? t("You") : data?.find(({ value }) => value === id)?.label || id);
}
