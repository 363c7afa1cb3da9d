// What a workspace settles about models: its keys for providers, which models may answer, and which one by default.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Model, ModelSettings, Models, Provider } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

import { switched } from "./allowed_models";

export function useProviders() {
  return useQuery({
    queryKey: keys.providers,
    queryFn: async ({ signal }): Promise<Provider[]> => (await answered(api.GET("/api/v1/providers", { signal }))).items,
    staleTime: 10_000,
  });
}

const everyModel = (signal?: AbortSignal) => answered<Models>(api.GET("/api/v1/models", { params: { query: { every: true } }, signal }));
const modelSettings = (signal?: AbortSignal) => answered<ModelSettings>(api.GET("/api/v1/model-settings", { signal }));

/** The models of the configured providers, those too that may not answer here. */
export function useEveryModel() {
  return useQuery({
    queryKey: keys.everyModel,
    queryFn: ({ signal }) => everyModel(signal),
    staleTime: 10_000,
  });
}

export function useModelSettings() {
  return useQuery({
    queryKey: keys.modelSettings,
    queryFn: ({ signal }) => modelSettings(signal),
    staleTime: 10_000,
  });
}

/** A key decides which models there are, so all that is known of models is asked again. */
function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.models });
}

export function useStoreKey(provider: string) {
  const stale = useStale();
  return useMutation({
    mutationFn: (key: string) =>
      answered(api.PUT("/api/v1/providers/{provider}/key", { params: { path: { provider } }, body: { key } })),
    // What was typed goes when the dialog goes.
    gcTime: 0,
    onSuccess: stale,
  });
}

export function useDeleteKey() {
  const stale = useStale();
  return useMutation({
    mutationFn: (provider: string) => answered(api.DELETE("/api/v1/providers/{provider}/key", { params: { path: { provider } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}

/** Change some of the settings; what is not named stays. */
export function useChangeModelSettings() {
  const stale = useStale();
  return useMutation({
    mutationFn: (changes: Partial<ModelSettings>) =>
      // The server takes any part of them; its description only knows the whole.
      answered(api.PATCH("/api/v1/model-settings", { body: changes as ModelSettings })),
    onError: toastProblem,
    onSettled: stale,
  });
}

/** Let a model answer, or not. It shows at once; several in a row are sent one after another, each upon what the last left. */
export function useSwitchModel() {
  const cache = useQueryClient();
  const stale = useStale();
  return useMutation({
    scope: { id: "allowed-models" },
    onMutate: async ({ model, isOn }: { model: Model; isOn: boolean }) => {
      await cache.cancelQueries({ queryKey: keys.everyModel });
      cache.setQueryData<Models>(keys.everyModel, (page) =>
        page && { ...page, items: page.items.map((one) => (one.id === model.id ? { ...one, allowed: isOn } : one)) },
      );
    },
    mutationFn: async ({ model, isOn }: { model: Model; isOn: boolean }) => {
      // The whole list is sent, so it is asked for anew: somebody else may have changed it.
      const [{ allowed_models }, { items }] = await Promise.all([modelSettings(), everyModel()]);
      return answered(api.PATCH("/api/v1/model-settings", { body: { allowed_models: switched(allowed_models, items, model, isOn) } as ModelSettings }));
    },
    onError: toastProblem,
    onSettled: stale,
  });
}
