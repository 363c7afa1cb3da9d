// Who is signed in here. Nobody is `null`, not an error.
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { answered, api, rememberCsrfToken, whenTokenIsOld } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { Problem, asProblem } from "~/shared/api/problems";
import type { Me } from "~/shared/api/types";
import { local } from "~/shared/lib/storage";
import { toastProblem } from "~/shared/ui/toasts";

// A sign in this browser that somebody is signed in. With it a page begins to fetch before the app is there, and without
// it the sign-in page does not ask. It may be wrong, and then costs a request or a look at that page: the server decides.
const SIGN = "steward.signed-in";

/** Another value for each sign-in: other tabs hear of a change alone. */
const noteSignIn = () => local.set(SIGN, String(Date.now()));
const noteNobody = () => local.set(SIGN, null);

function whenNoted(listener: () => void): () => void {
  // From other tabs.
  window.addEventListener("storage", listener);
  return () => window.removeEventListener("storage", listener);
}

/** Whether somebody seems to be signed in, as far as this browser can tell without asking. */
export const useSeemsSignedIn = (): boolean => useSyncExternalStore(whenNoted, () => local.get(SIGN) !== null);

/** What another person's session left behind is nobody's business. */
function forgetOthers(cache: QueryClient): void {
  cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
}

/** Who works where: a page of one is no page of another. */
export const placeOf = ({ user, workspace }: Me): string => `${user.id} ${workspace.id}`;

async function readMe(cache: QueryClient, signal: AbortSignal): Promise<Me | null> {
  try {
    const me = await answered<Me>(api.GET("/api/v1/me", { signal }));
    rememberCsrfToken(me.csrf_token);
    if (local.get(SIGN) === null) noteSignIn();
    // Somebody else may have signed in, in another tab.
    const before = cache.getQueryData<Me | null>(keys.me);
    if (before && placeOf(before) !== placeOf(me)) forgetOthers(cache);
    return me;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      noteNobody();
      return null;
    }
    throw error;
  }
}

/** Ask anew who is here when somebody signed in or out in another tab, or when this tab's token is of an older session. */
export function useSessionFollowed(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const askAnew = () => void cache.invalidateQueries({ queryKey: keys.me });
    const onStorage = ({ key }: StorageEvent) => {
      if (key === SIGN) askAnew();
    };
    window.addEventListener("storage", onStorage);
    whenTokenIsOld(askAnew);
    return () => {
      window.removeEventListener("storage", onStorage);
      whenTokenIsOld(null);
    };
  }, [cache]);
}

/** @param isAsked whether the server is asked; what it said before counts in any case. */
export function useMe(isAsked = true) {
  return useQuery({ queryKey: keys.me, queryFn: ({ client, signal }) => readMe(client, signal), enabled: isAsked, staleTime: 5 * 60_000, retry: 1 });
}

function useSignedIn() {
  const cache = useQueryClient();
  return (me: Me) => {
    rememberCsrfToken(me.csrf_token);
    noteSignIn();
    forgetOthers(cache);
    // An answer under way was about whoever was here before.
    void cache.cancelQueries({ queryKey: keys.me });
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
  const signedOut = () => {
    rememberCsrfToken(null);
    noteNobody();
    void cache.cancelQueries({ queryKey: keys.me });
    cache.setQueryData(keys.me, null);
    forgetOthers(cache);
  };
  return useMutation({
    mutationFn: () => answered(api.POST("/api/v1/auth/sign-out")),
    onSuccess: signedOut,
    // Whoever is still signed in must not think otherwise.
    onError: (error) => (asProblem(error).status === 401 ? signedOut() : toastProblem(error)),
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
