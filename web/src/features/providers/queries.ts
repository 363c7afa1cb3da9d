// The models that this server offers, and which of them was chosen last.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Models } from "~/shared/api/types";
import { local } from "~/shared/lib/storage";

const KEY = "steward.model";

export function useModels() {
  return useQuery({
    queryKey: keys.models,
    queryFn: ({ signal }) => answered<Models>(api.GET("/api/v1/models", { signal })),
    staleTime: 60_000,
  });
}

/** The model to ask: the last choice while it is still offered, else nothing, and the server decides. */
export function useModelChoice() {
  const { data: models } = useModels();
  const [kept, setKept] = useState(() => local.get(KEY));
  const offered = models?.items ?? [];
  const chosen = offered.find((model) => model.id === kept) ?? null;
  return {
    models,
    chosen: chosen?.id,
    shown: chosen ?? offered.find((model) => model.default) ?? offered[0] ?? null,
    choose: (id: string) => {
      local.set(KEY, id);
      setKept(id);
    },
  };
}
