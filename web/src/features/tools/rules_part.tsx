// The rules for calls of tools: which there are, how to change them, and what they would say about a call.
import { Plus, ShieldCheck } from "lucide-react";
import { useState } from "react";

import type { ToolRule } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { useDeleteRule, useMoveRule, useToolRules, useTools } from "./queries";
import { RuleList } from "./rule_list";
import { RuleTrial } from "./rule_trial";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const RuleDialog = later(() => import("./rule_dialog"));

type Shown = { dialog: "new" } | { dialog: "change" | "delete"; rule: ToolRule } | null;

export function RulesPart({ mayChange }: { mayChange: boolean }) {
  const [shown, setShown] = useState<Shown>(null);
  const rules = useToolRules();
  const tools = useTools();
  const move = useMoveRule();
  const remove = useDeleteRule();
  const close = () => setShown(null);
  return (
    <div className="space-y-3">
      <h3 className="text-sm font-semibold">{t("Rules")}</h3>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {mayChange
            ? t("Which calls run, ask a person, or are refused. The first rule that fits decides.")
            : t("Which calls run, ask a person, or are refused. Admins and owners settle it; the first rule that fits decides.")}
        </p>
        {mayChange ? (
          <Button look="loud" onClick={() => setShown({ dialog: "new" })}>
            <Plus aria-hidden className="size-4" /> {t("New rule")}
          </Button>
        ) : null}
      </div>
      <Loaded query={rules} waiting={t("Loading the rules…")}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <EmptyBox icon={ShieldCheck} title={t("No rule yet")} lead={t("Each tool goes its own way: what changes something asks a person first, what only reads runs.")} />
            ) : (
              <RuleList
                rules={items}
                mayChange={mayChange}
                onMove={({ id }, position) => move.mutate({ id, position })}
                onChange={(rule) => setShown({ dialog: "change", rule })}
                onDelete={(rule) => setShown({ dialog: "delete", rule })}
              />
            )}
            {mayChange ? (
              <details>
                <summary className="w-fit cursor-pointer rounded-lg px-1 py-1.5 text-sm text-quiet hover:text-ink">{t("What would happen with a call?")}</summary>
                <div className="mt-2">
                  <Loaded query={tools} waiting={t("Loading the tools…")}>
                    {(known) => <RuleTrial tools={known} rules={items} />}
                  </Loaded>
                </div>
              </details>
            ) : null}
          </>
        )}
      </Loaded>
      {shown?.dialog === "new" ? <RuleDialog rule={null} onClose={close} /> : null}
      {shown?.dialog === "change" ? <RuleDialog rule={shown.rule} onClose={close} /> : null}
      {shown?.dialog === "delete" ? (
        <ConfirmDialog
          title={t("Delete the rule for {tool}?", { tool: shown.rule.tool })}
          description={t("From now on the rules after it decide, or the tool’s own way.")}
          verb={t("Delete")}
          onConfirm={() => remove.mutate(shown.rule.id, { onSuccess: () => toast(t("Rule deleted.")) })}
          onClose={close}
        />
      ) : null}
    </div>
  );
}
