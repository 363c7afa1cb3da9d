// The providers of models: whose key calls each, and the way to set, replace or remove the workspace's own.
import { useState } from "react";

import type { Provider } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { count, shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";
import { later } from "~/shared/ui/later";
import { SearchField } from "~/shared/ui/search_field";
import { toast } from "~/shared/ui/toasts";

import { useDeleteKey } from "./settings_queries";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const ProviderKeyDialog = later(() => import("./provider_key_dialog"));

const MANY = 8;

function KeyState({ provider: { key_from, last_four, key_changed_at, configured, takes_key } }: { provider: Provider }) {
  if (key_from === "workspace")
    return rich("Key of this workspace, {ending}, set {moment}", {
      ending: (
        <span dir="ltr" className="font-mono">
          …{last_four}
        </span>
      ),
      moment: (
        <time dateTime={key_changed_at ?? ""} title={wholeMoment(key_changed_at ?? "")}>
          {shortMoment(key_changed_at ?? "")}
        </time>
      ),
    });
  if (key_from === "server") return t("Key set by the operator of the server");
  if (configured) return t("Ready without a key");
  return takes_key ? t("No key yet") : t("Not set up on this server");
}

type ProviderRowProps = { provider: Provider; mayChange: boolean; onSet: () => void; onRemove: () => void };

function ProviderRow({ provider, mayChange, onSet, onRemove }: ProviderRowProps) {
  const { title, key_from, configured, takes_key } = provider;
  const verb = { workspace: t("Replace"), server: t("Use your own"), none: t("Set key") }[key_from ?? "none"];
  return (
    <li aria-label={title} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-36">
        <h4 className="flex items-center gap-2 text-sm font-medium">
          <span aria-hidden className={classes("size-2 shrink-0 rounded-full", configured ? "bg-accent-fill" : "border border-line-strong")} />
          {title}
        </h4>
        <p className="text-xs text-quiet">
          <KeyState provider={provider} />
        </p>
      </div>
      {mayChange && takes_key ? (
        <div className="flex gap-2">
          <Button onClick={onSet} aria-label={`${verb}: ${title}`}>
            {verb}
          </Button>
          {key_from === "workspace" ? (
            <Button onClick={onRemove} aria-label={t("Remove the key for {name}", { name: title })}>
              {t("Remove")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}

export function ProviderList({ providers, mayChange }: { providers: readonly Provider[]; mayChange: boolean }) {
  const [setting, setSetting] = useState<Provider | null>(null);
  const [removing, setRemoving] = useState<Provider | null>(null);
  const [typed, setTyped] = useState("");
  const remove = useDeleteKey();
  const ready = providers.filter(({ configured }) => configured);
  const others = providers.filter(({ configured }) => !configured);
  const words = typed.trim().toLowerCase();
  const fitting = others.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(words));
  const rows = (some: readonly Provider[], label: string) => (
    <ul aria-label={label} className="divide-y divide-line rounded-2xl border border-line bg-raised">
      {some.map((one) => (
        <ProviderRow key={one.name} provider={one} mayChange={mayChange} onSet={() => setSetting(one)} onRemove={() => setRemoving(one)} />
      ))}
    </ul>
  );
  return (
    <>
      {ready.length === 0 ? null : rows(ready, t("Providers in use"))}
      {others.length === 0 ? null : (
        // Without any provider the list of them is what one came for.
        <details className="group" open={ready.length === 0}>
          <summary className="w-fit cursor-pointer rounded-lg px-1 py-1.5 text-sm text-quiet hover:text-ink">
            {t("Other providers ({count})", { count: count(others.length) })}
          </summary>
          <div className="mt-2 space-y-3">
            {others.length > MANY ? <SearchField label={t("Search providers")} value={typed} onChange={setTyped} /> : null}
            {fitting.length === 0 ? (
              <p className="px-1 text-sm text-quiet">{t("No provider fits these words.")}</p>
            ) : (
              rows(fitting, t("Other providers"))
            )}
          </div>
        </details>
      )}
      {setting ? <ProviderKeyDialog provider={setting} onClose={() => setSetting(null)} /> : null}
      {removing ? (
        <ConfirmDialog
          title={t("Remove the key for {name}?", { name: removing.title })}
          description={t("The next answer does without it. If the operator of the server has set a key, that one is used again.")}
          verb={t("Remove")}
          onConfirm={() =>
            remove.mutate(removing.name, { onSuccess: () => toast(t("The key for {name} was removed.", { name: removing.title })) })
          }
          onClose={() => setRemoving(null)}
        />
      ) : null}
    </>
  );
}
