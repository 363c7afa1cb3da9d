// The API keys of the workspace: by what name, since when, and the way to end one.
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";

import type { ApiKey, Me } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { useApiKeys, useRevokeKey } from "./key_queries";
import { roleName } from "./roles";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const KeyDialog = later(() => import("./key_dialog"));

function Empty() {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <KeyRound aria-hidden className="size-8 text-accent" />
      <h3 className="mt-4 text-lg font-semibold">{t("No API key yet")}</h3>
      <p className="mt-1.5 max-w-md text-quiet">
        {t("With a key, programs can use Steward as they use OpenAI: the same clients, another address.")}
      </p>
    </div>
  );
}

function KeyRow({ made, onRevoke }: { made: ApiKey; onRevoke: () => void }) {
  const { name, hint, role, created_at, revoked_at } = made;
  return (
    <li aria-label={name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <h3 dir="auto" className={revoked_at === null ? "truncate text-sm font-medium" : "truncate text-sm text-quiet line-through"} title={name}>
          {name}
        </h3>
        <p className="text-xs text-quiet">
          {rich("{key} · {role} · made {moment}", {
            key: (
              <span dir="ltr" className="font-mono">
                …{hint}
              </span>
            ),
            role: roleName(role),
            moment: (
              <time dateTime={created_at} title={wholeMoment(created_at)}>
                {shortMoment(created_at)}
              </time>
            ),
          })}
        </p>
      </div>
      {revoked_at === null ? (
        <Button onClick={onRevoke} aria-label={t("Revoke {name}", { name })}>
          {t("Revoke")}
        </Button>
      ) : (
        <span className="text-xs text-quiet" title={wholeMoment(revoked_at)}>
          {t("Revoked {moment}", { moment: shortMoment(revoked_at) })}
        </span>
      )}
    </li>
  );
}

/** Those that work come first; the newest first among each. */
const ordered = (made: readonly ApiKey[]): ApiKey[] => [
  ...made.filter(({ revoked_at }) => revoked_at === null),
  ...made.filter(({ revoked_at }) => revoked_at !== null),
];

export default function KeysSection({ me }: { me: Me }) {
  const mayChange = me.role === "owner" || me.role === "admin";
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const made = useApiKeys(mayChange);
  const revoke = useRevokeKey();
  if (!mayChange) return <Notice>{t("Admins and owners of the workspace make API keys. Ask one of them for a key.")}</Notice>;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {t("Programs work in this workspace with a key. Keep keys secret; revoke those that nobody uses.")}
        </p>
        <Button look="loud" onClick={() => setMaking(true)}>
          <Plus aria-hidden className="size-4" /> {t("New API key")}
        </Button>
      </div>
      <Loaded query={made} waiting={t("Loading the keys…")}>
        {(items) =>
          items.length === 0 ? (
            <Empty />
          ) : (
            <ul aria-label={t("API keys")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {ordered(items).map((one) => (
                <KeyRow key={one.id} made={one} onRevoke={() => setRevoking(one)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {making ? <KeyDialog onClose={() => setMaking(false)} /> : null}
      {revoking ? (
        <ConfirmDialog
          title={t("Revoke “{name}”?", { name: revoking.name })}
          description={t("Programs that use this key are refused at once. A revoked key cannot be brought back.")}
          verb={t("Revoke")}
          onConfirm={() => revoke.mutate(revoking.id, { onSuccess: () => toast(t("“{name}” was revoked.", { name: revoking.name })) })}
          onClose={() => setRevoking(null)}
        />
      ) : null}
    </div>
  );
}
