// What an agent was after each change, and the way back.
import { Suspense, lazy, useState } from "react";

import type { Agent, AgentVersion } from "~/shared/api/types";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Badge } from "~/shared/ui/badge";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { toast } from "~/shared/ui/toasts";

import { useRestoreVersion, useVersions } from "./queries";
import { fieldNames, fullModel } from "./words";

const ConfirmDialog = lazy(() => import("~/shared/ui/confirm_dialog"));

/** Which fields a version changed, by name; nothing for the first one. */
function changed(version: AgentVersion, before: AgentVersion | undefined): string[] {
  if (before === undefined) return [];
  const one = { ...version.properties, name: version.name } as Record<string, unknown>;
  const other = { ...before.properties, name: before.name } as Record<string, unknown>;
  return Object.keys(one).filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
}

type EntryProps = { version: AgentVersion; before: AgentVersion | undefined; isNow: boolean; onRestore: (() => void) | null };

function Entry({ version, before, isNow, onRestore }: EntryProps) {
  const { version: number, name, properties, created_at } = version;
  const fields = changed(version, before);
  const what = number === 1 ? "The first version" : fields.length === 0 ? "" : `Changed: ${fields.map((field) => fieldNames[field] ?? field).join(", ")}`;
  return (
    <li aria-label={`Version ${number}`} className="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-52">
          <h2 className="flex items-center gap-2 text-sm font-medium">
            Version {number} {isNow ? <Badge look="accent">Now</Badge> : null}
          </h2>
          <p className="text-xs text-quiet">
            <time dateTime={created_at} title={wholeMoment(created_at)}>
              {shortMoment(created_at)}
            </time>
            {what === "" ? null : ` · ${what}`}
          </p>
        </div>
        {onRestore === null || isNow ? null : (
          <Button onClick={onRestore} aria-label={`Restore version ${number}`}>
            Restore
          </Button>
        )}
      </div>
      <details className="mt-1 text-sm">
        <summary className="w-fit cursor-pointer rounded text-quiet hover:text-ink">Show what it was</summary>
        <dl className="mt-2 space-y-2">
          <div>
            <dt className="text-xs text-quiet">Name and model</dt>
            <dd className="wrap-anywhere">
              {name}, {fullModel(properties) ?? "the workspace’s model"}
            </dd>
          </div>
          <div>
            <dt className="text-xs text-quiet">Instructions</dt>
            <dd className="rounded-lg bg-sunken p-3 whitespace-pre-wrap wrap-anywhere">
              {properties.instructions || "None."}
            </dd>
          </div>
          <div>
            <dt className="text-xs text-quiet">Tools</dt>
            <dd className="wrap-anywhere">{properties.tools.includes("*") ? "All tools" : properties.tools.join(", ") || "None"}</dd>
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
      <p className="text-sm text-quiet">Every change makes a new version. What is restored becomes the newest one; nothing is lost.</p>
      <Loaded query={query} waiting="Loading the versions…">
        {({ pages }) => {
          const versions = pages.flatMap(({ items }) => items);
          return (
            <ol aria-label="Versions" className="divide-y divide-line rounded-2xl border border-line bg-raised">
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
      {query.hasNextPage ? (
        <div className="flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
      {asked === null ? null : (
        <Suspense>
          <ConfirmDialog
            title={`Restore version ${asked}?`}
            description="The agent answers as it did then, from its next answer on."
            verb="Restore"
            onConfirm={() => restore.mutate(asked, { onSuccess: ({ version }) => toast(`Restored. This is version ${version} now.`) })}
            onClose={() => setAsked(null)}
          />
        </Suspense>
      )}
    </div>
  );
}
