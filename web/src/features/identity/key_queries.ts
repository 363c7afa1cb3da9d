// The API keys of the workspace. A secret is never kept: it is in the answer that makes the key.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { ApiKey, ApiKeyMade } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

export function useApiKeys(mayAsk: boolean) {
  return useQuery({
    queryKey: keys.apiKeys,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/keys", { signal }))).items as ApiKey[],
    enabled: mayAsk,
    staleTime: 10_000,
  });
}

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.apiKeys });
}

export function useCreateKey() {
  const stale = useStale();
  return useMutation({
    mutationFn: (name: string) => answered<ApiKeyMade>(api.POST("/api/v1/keys", { body: { name } })),
    // The answer holds the secret: it goes when the dialog goes.
    gcTime: 0,
    onSuccess: () => void stale(),
  });
}

export function useRevokeKey() {
  const stale = useStale();
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: id } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}
