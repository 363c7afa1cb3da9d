// The people of the workspace. A sign-in link is never kept: it is in the answer that adds somebody.
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Member, MemberAdded } from "~/shared/api/types";
import type { Role } from "~/shared/lib/roles";
import { toastProblem } from "~/shared/ui/toasts";

const PAGE = 100;

export function useMembers(mayAsk: boolean) {
  return useInfiniteQuery({
    queryKey: keys.members,
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET("/api/v1/members", { params: { query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    enabled: mayAsk,
    staleTime: 10_000,
  });
}

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.members });
}

export function useAddMember() {
  const stale = useStale();
  return useMutation({
    mutationFn: (body: { email: string; role: Role }) => answered<MemberAdded>(api.POST("/api/v1/members", { body })),
    // The answer holds the link: it goes when the dialog goes.
    gcTime: 0,
    onSuccess: () => void stale(),
  });
}

export function useChangeMember() {
  const cache = useQueryClient();
  const stale = useStale();
  return useMutation({
    mutationFn: ({ member, role }: { member: Member; role: Role }) =>
      answered<Member>(api.PATCH("/api/v1/members/{user_id}", { params: { path: { user_id: member.user_id } }, body: { role } })),
    onError: toastProblem,
    onSettled: () => {
      // It may be one's own role, which the whole page goes by.
      void cache.invalidateQueries({ queryKey: keys.me });
      return stale();
    },
  });
}

export function useRemoveMember() {
  const stale = useStale();
  return useMutation({
    mutationFn: (member: Member) => answered(api.DELETE("/api/v1/members/{user_id}", { params: { path: { user_id: member.user_id } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}
