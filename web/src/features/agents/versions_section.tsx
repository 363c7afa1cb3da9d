// What an agent was after each change, and the way back.
import { useState } from "react";

import type { Agent, AgentVersion } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Badge } from "~/shared/ui/badge";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";
import { ShowMore } from "~/shared/ui/show_more";
import { toast } from "~/shared/ui/toasts";

import { useRestoreVersion, useVersions } from "./queries";
import { fieldNames, fullModel, listed } from "./words";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));

/** Which fields a version changed, by name; nothing for the first one. */
function changed(version: AgentVersion, before: AgentVersion | undefined): string[] {
  if (before === undefined) return [];
  const one = { ...version.properties, name: version.name } as Record<string, unknown>;
  const other = { ...before.properties, name: before.name } as Record<string, unknown>;
  return Object.keys(one).filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
}

const fieldName = (field: string): string => {
  const known = fieldNames[field];
  return known === undefined ? field : t(known);
};

type EntryProps = { version: AgentVersion; before: AgentVersion | undefined; isNow: boolean; onRestore: (() => void) | null };

function Entry({ version, before, isNow, onRestore }: EntryProps) {
  const { version: number, name, properties, created_at } = version;
  const fields = changed(version, before);
  const what = number === 1 ? t("The first version") : fields.length === 0 ? "" : t("Changed: {fields}", { fields: listed(fields.map(fieldName)) });
  const title = t("Version {number}", { number });
  const model = fullModel(properties);
  return (
    <li aria-label={title} className="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-52">
          <h2 className="flex items-center gap-2 text-sm font-medium">
            {title} {isNow ? <Badge look="accent">{t("Now")}</Badge> : null}
          </h2>
          <p className="text-xs text-quiet">
            <time dateTime={created_at} title={wholeMoment(created_at)}>
              {shortMoment(created_at)}
            </time>
            {what === "" ? null : ` · ${what}`}
          </p>
        </div>
        {onRestore === null || isNow ? null : (
          <Button onClick={onRestore} aria-label={t("Restore version {number}", { number })}>
            {t("Restore")}
          </Button>
        )}
      </div>
      <details className="mt-1 text-sm">
        <summary className="w-fit cursor-pointer rounded text-quiet hover:text-ink">{t("Show what it was")}</summary>
        <dl className="mt-2 space-y-2">
          <div>
            <dt className="text-xs text-quiet">{t("Name and model")}</dt>
            <dd className="wrap-anywhere">
              {model === null ? t("{name}, the workspace’s model", { name }) : listed([name, model])}
            </dd>
          </div>
          <div>
            <dt className="text-xs text-quiet">{t("Instructions")}</dt>
            <dd dir="auto" className="rounded-lg bg-sunken p-3 whitespace-pre-wrap wrap-anywhere">
              {properties.instructions || t("None.")}
            </dd>
          </div>
          <div>
            <dt className="text-xs text-quiet">{t("Tools")}</dt>
            <dd className="wrap-anywhere">{properties.tools.includes("*") ? t("All tools") : listed(properties.tools) || t("None|tools")}</dd>
          </div>
        </dl>
      </details>
    </li>
  );
}

export default function VersionsSection({ agent, isEditable }: { agent: Agent; isEditable: boolean }) {
  const query = useVersions(agent.id);
  const [asked, setAsked] = useState<number | null>(null);
  const restore = useRestoreVersion(agent.id);
  return (
    <div className="space-y-4">
      <p className="text-sm text-quiet">{t("Every change makes a new version. What is restored becomes the newest one; nothing is lost.")}</p>
      <Loaded query={query} waiting={t("Loading the versions…")}>
        {({ pages }) => {
          const versions = pages.flatMap(({ items }) => items);
          return (
            <ol aria-label={t("Versions")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {versions.map((version, at) => (
                <Entry
                  key={version.version}
                  version={version}
                  before={versions[at + 1]}
                  isNow={version.version === agent.version}
                  onRestore={isEditable ? () => setAsked(version.version) : null}
                />
              ))}
            </ol>
          );
        }}
      </Loaded>
      <ShowMore query={query} />
      {asked === null ? null : (
        <ConfirmDialog
          title={t("Restore version {number}?", { number: asked })}
          description={t("The agent answers as it did then, from its next answer on.")}
          verb={t("Restore")}
          onConfirm={() => restore.mutate(asked, { onSuccess: ({ version }) => toast(t("Restored. This is version {version} now.", { version })) })}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
