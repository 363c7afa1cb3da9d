// One MCP server: where it is, how its last check went, and its tools.
import { Ellipsis, Pencil, Power, Trash2 } from "lucide-react";
import { useId, useState } from "react";

import type { McpServer, McpServerChange, McpTool } from "~/shared/api/types";
import { counted, rich, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Badge } from "~/shared/ui/badge";
import { Button, IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";
import { Notice } from "~/shared/ui/notice";

import { useChangeServer, useCheckServer } from "./queries";

/** Offer a tool, or not; all of them are offered again by null, those that come later too. */
const offered = (tools: readonly McpTool[], tool: McpTool, isOffered: boolean): string[] | null => {
  const names = tools.filter((one) => (one.remote_name === tool.remote_name ? isOffered : one.is_offered)).map(({ remote_name }) => remote_name);
  return names.length === tools.length ? null : names;
};

const unasked = (tools: readonly McpTool[], tool: McpTool, asks: boolean): Record<string, "never"> =>
  Object.fromEntries(
    tools.filter((one) => (one.remote_name === tool.remote_name ? !asks : one.approval === "never")).map(({ remote_name }) => [remote_name, "never"]),
  );

type ToggleProps = { server: McpServer; label: string; isOn: boolean; changeTo: (isOn: boolean, tools: readonly McpTool[]) => McpServerChange };

/** A box that shows what was pressed at once, and what the server holds as soon as that is told. */
function Toggle({ server, label, isOn, changeTo }: ToggleProps) {
  const [pressed, setPressed] = useState<boolean | null>(null);
  const { mutate: change } = useChangeServer(server);
  return (
    <label className="flex items-center gap-2">
      <input
        type="checkbox"
        checked={pressed ?? isOn}
        onChange={(event) => {
          const { checked } = event.target;
          setPressed(checked);
          change(({ tools }) => changeTo(checked, tools), { onSettled: () => setPressed(null) });
        }}
        className="size-4 accent-accent-fill"
      />
      {label}
    </label>
  );
}

function ToolRow({ tool, server }: { tool: McpTool; server: McpServer }) {
  const id = useId();
  return (
    <li className="py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <code id={id} dir="ltr" className="font-mono wrap-anywhere">
          {tool.name}
        </code>
        {tool.is_read_only ? <Badge>{t("says it only reads")}</Badge> : null}
      </div>
      <p dir="auto" className="mt-0.5 line-clamp-2 text-xs text-quiet wrap-anywhere">
        {tool.description}
      </p>
      <div role="group" aria-labelledby={id} className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <Toggle label={t("Offered to models")} server={server} isOn={tool.is_offered} changeTo={(isOn, tools) => ({ allowed_tools: offered(tools, tool, isOn) })} />
        <Toggle label={t("Asks a person first")} server={server} isOn={tool.approval === "always"} changeTo={(isOn, tools) => ({ approvals: unasked(tools, tool, isOn) })} />
      </div>
    </li>
  );
}

function Standing({ server: { fetched_at, tools } }: { server: McpServer }) {
  if (fetched_at === null) return t("Not checked yet");
  const moment = (
    <time dateTime={fetched_at} title={wholeMoment(fetched_at)}>
      {shortMoment(fetched_at)}
    </time>
  );
  return (
    <>
      {counted(tools.length, "{count} tool", "{count} tools")} · {rich("checked {moment}", { moment })}
    </>
  );
}

type ServerCardProps = { server: McpServer; onChange: () => void; onRemove: () => void };

export function ServerCard({ server, onChange, onRemove }: ServerCardProps) {
  const { id, name, is_enabled, tools, last_error } = server;
  const change = useChangeServer(server);
  const check = useCheckServer();
  const found = check.data;
  return (
    <li aria-label={name} className="rounded-2xl border border-line bg-raised p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-52">
          <h4 className="flex items-center gap-2 text-sm font-medium">
            <span dir="ltr">{name}</span>
            {is_enabled ? null : <Badge>{t("off")}</Badge>}
          </h4>
          <p dir="ltr" className="truncate text-xs text-quiet" title={server.url ?? server.command ?? ""}>
            {server.url ?? [server.command, ...server.arguments].join(" ")}
          </p>
          <p className="text-xs text-quiet">
            <Standing server={server} />
          </p>
        </div>
        <div className="flex items-center gap-1">
          <Button busy={check.isPending} aria-label={t("Check {name}", { name })} onClick={() => check.isPending || check.mutate(id)}>
            {check.isPending ? t("Checking…") : t("Check")}
          </Button>
          <Menu
            trigger={
              <IconButton label={t("Options for {name}", { name })}>
                <Ellipsis aria-hidden className="size-4" />
              </IconButton>
            }
            entries={[
              { kind: "item", label: t("Change"), icon: <Pencil />, onSelect: onChange },
              { kind: "item", label: is_enabled ? t("Switch off") : t("Switch on"), icon: <Power />, onSelect: () => change.mutate(() => ({ is_enabled: !is_enabled })) },
              { kind: "item", label: t("Remove"), icon: <Trash2 />, danger: true, onSelect: onRemove },
            ]}
          />
        </div>
      </div>
      {last_error === null ? null : (
        <Notice kind="problem" className="mt-3">
          {last_error}
        </Notice>
      )}
      {found?.ok && found.asked_again.length > 0 ? (
        <Notice className="mt-3">{t("These tools have changed, so a person is asked again: {names}.", { names: found.asked_again.join(", ") })}</Notice>
      ) : null}
      {found?.ok && found.left_out > 0 ? (
        <p className="mt-2 text-xs text-quiet">{counted(found.left_out, "{count} of its tools cannot be offered.", "{count} of its tools cannot be offered.")}</p>
      ) : null}
      {tools.length === 0 ? null : (
        <details className="mt-2">
          <summary className="w-fit cursor-pointer rounded-lg py-1 text-sm text-quiet hover:text-ink">{t("Tools of {name}", { name })}</summary>
          <ul className="divide-y divide-line">
            {tools.map((tool) => (
              <ToolRow key={tool.remote_name} tool={tool} server={server} />
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
