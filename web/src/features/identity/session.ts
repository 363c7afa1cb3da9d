// Who is signed in here. Nobody is `null`, not an error.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api, rememberCsrfToken } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { Problem } from "~/shared/api/problems";
import type { Me } from "~/shared/api/types";

async function readMe(signal: AbortSignal): Promise<Me | null> {
  try {
    const me = await answered<Me>(api.GET("/api/v1/me", { signal }));
    rememberCsrfToken(me.csrf_token);
    return me;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: ({ signal }) => readMe(signal), staleTime: 5 * 60_000, retry: 1 });
}

function useSignedIn() {
  const cache = useQueryClient();
  return (me: Me) => {
    rememberCsrfToken(me.csrf_token);
    // What another person's session left behind is nobody's business.
    cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
    cache.setQueryData<Me>(keys.me, me);
  };
}

export function useSignIn() {
  const signedIn = useSignedIn();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) =>
      answered<Me>(api.POST("/api/v1/auth/sign-in", { body })),
    onSuccess: signedIn,
  });
}

export function useLink() {
  const signedIn = useSignedIn();
  return useMutation({
    mutationFn: (token: string) => answered<Me>(api.POST("/api/v1/auth/link", { body: { token } })),
    onSuccess: signedIn,
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/api/v1/auth/sign-out")),
    onSettled: () => {
      rememberCsrfToken(null);
      cache.setQueryData(keys.me, null);
      cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
    },
  });
}

export function useSetPassword() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { password: string; current_password?: string }) =>
      answered(api.PUT("/api/v1/me/password", { body })),
    onSuccess: () => cache.setQueryData<Me | null>(keys.me, (me) => me && { ...me, has_password: true }),
  });
}
