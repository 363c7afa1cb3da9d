// What people call those that a report counts by id. Whoever has no name that this person may see keeps the id.
import { useQuery } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { memberNames } from "~/shared/api/member_names";
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";

export type Named = { id: string; name: string };

const MOST = 100;

export function useAgentNames() {
  return useQuery({
    queryKey: keys.agentNames,
    queryFn: async ({ signal }): Promise<Named[]> =>
      (await answered(api.GET("/api/v1/agents", { params: { query: { limit: MOST } }, signal }))).items.map(({ id, name }) => ({ id, name })),
    staleTime: 60_000,
  });
}

/** The keys by name; only admins and owners may ask. */
export function useKeyNames(mayAsk: boolean) {
  return useQuery({
    queryKey: keys.keyNames,
    queryFn: async ({ signal }): Promise<Named[]> =>
      (await answered(api.GET("/api/v1/keys", { signal }))).items.map(({ id, name, hint }) => ({ id, name: `${name} …${hint}` })),
    enabled: mayAsk,
    staleTime: 60_000,
  });
}

/** The name of a person, agent or key by its id. */
export function useNameOf(me: Me): (id: string) => string {
  const agents = useAgentNames();
  const seesAll = me.role === "owner" || me.role === "admin";
  const made = useKeyNames(seesAll);
  const people = useQuery({ ...memberNames, enabled: seesAll });
  const known = new Map([...(agents.data ?? []), ...(made.data ?? [])].map(({ id, name }) => [id, name]));
  for (const { value, label } of people.data ?? []) known.set(value, label);
  return (id) => (id === me.user.id ? t("You") : known.get(id) || id);
}
