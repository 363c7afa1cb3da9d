// The MCP servers of the workspace, whose tools stand beside Steward's own.
import { Plug, Plus } from "lucide-react";
import { useState } from "react";

import type { McpServer } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { useCheckServer, useDeleteServer, useServers } from "./queries";
import { ServerCard } from "./server_card";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const ServerDialog = later(() => import("./server_dialog"));

type Shown = { dialog: "new" } | { dialog: "change" | "remove"; server: McpServer } | null;

export function ServersPart() {
  const [shown, setShown] = useState<Shown>(null);
  const servers = useServers();
  const remove = useDeleteServer();
  const check = useCheckServer();
  const close = () => setShown(null);
  return (
    <div className="space-y-3">
      <h3 className="text-sm font-semibold">{t("MCP servers")}</h3>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">{t("They bring tools of other programs. A person is asked before each call until you say otherwise.")}</p>
        <Button onClick={() => setShown({ dialog: "new" })}>
          <Plus aria-hidden className="size-4" /> {t("New MCP server")}
        </Button>
      </div>
      <Loaded query={servers} waiting={t("Loading the servers…")}>
        {(items) =>
          items.length === 0 ? (
            <EmptyBox icon={Plug} title={t("No MCP server yet")} lead={t("Connect one, and models can use what it offers, such as a ticket system or a code host.")} />
          ) : (
            <ul aria-label={t("MCP servers")} className="space-y-3">
              {items.map((server) => (
                <ServerCard key={server.id} server={server} onChange={() => setShown({ dialog: "change", server })} onRemove={() => setShown({ dialog: "remove", server })} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {shown?.dialog === "new" ? <ServerDialog server={null} onSaved={({ id }) => check.mutate(id)} onClose={close} /> : null}
      {shown?.dialog === "change" ? <ServerDialog server={shown.server} onSaved={({ id }) => check.mutate(id)} onClose={close} /> : null}
      {shown?.dialog === "remove" ? (
        <ConfirmDialog
          title={t("Remove {name}?", { name: shown.server.name })}
          description={t("Its tools are gone at once, and what opened it is forgotten.")}
          verb={t("Remove")}
          onConfirm={() => remove.mutate(shown.server.id, { onSuccess: () => toast(t("{name} was removed.", { name: shown.server.name })) })}
          onClose={close}
        />
      ) : null}
    </div>
  );
}
