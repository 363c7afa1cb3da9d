// The rules in the order in which they are looked at.
import { ChevronDown, ChevronUp, Ellipsis, Pencil, Trash2 } from "lucide-react";

import type { ToolRule } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { Badge } from "~/shared/ui/badge";
import { IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";

import { agreementOf, agreements, decisions, operatorInWords, typedValue } from "./rule_words";

const HOUR_SECONDS = 3600;
const code = "rounded bg-hover px-1 py-0.5 font-mono text-[0.92em] wrap-anywhere";

function Conditions({ rule }: { rule: ToolRule }) {
  if (rule.conditions.length === 0) return null;
  return (
    <ul className="mt-1.5 space-y-1 text-sm">
      {rule.conditions.map((one, place) => (
        // oxlint-disable-next-line react/no-array-index-key -- a rule may say the same twice
        <li key={place} className="flex flex-wrap items-baseline gap-x-1.5">
          <code dir="ltr" className={code}>
            {one.argument}
          </code>
          <span className="text-quiet">{operatorInWords(one)}</span>
          {one.operator === "exists" ? null : (
            <code dir="auto" className={code}>
              {typedValue(one)}
            </code>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Who must agree, until when, and why. */
function facts(rule: ToolRule): string[] {
  const asks = rule.decision === "ask";
  const hours = Math.round(((rule.expires_seconds ?? 0) / HOUR_SECONDS) * 100) / 100;
  return [...(asks ? [t(agreements[agreementOf(rule)])] : []), ...(asks && hours > 0 ? [counted(hours, "{count} hour to answer", "{count} hours to answer")] : [])];
}

type RuleRowProps = {
  rule: ToolRule;
  isFirst: boolean;
  isLast: boolean;
  mayChange: boolean;
  onMove: (position: number) => void;
  onChange: () => void;
  onDelete: () => void;
};

function RuleRow({ rule, isFirst, isLast, mayChange, onMove, onChange, onDelete }: RuleRowProps) {
  const { tool, decision, position, reason } = rule;
  const all = facts(rule);
  return (
    <li aria-label={t("Rule {number}: {tool}", { number: position, tool })} className="flex items-start gap-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <h4 className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="text-quiet tabular-nums">{position}</span>
          <code dir="ltr" className="font-mono wrap-anywhere">
            {tool}
          </code>
          <Badge look={decision === "run" ? "plain" : "accent"}>{t(decisions[decision])}</Badge>
        </h4>
        <Conditions rule={rule} />
        {all.length === 0 ? null : <p className="mt-1.5 text-xs text-quiet">{all.join(" · ")}</p>}
        {reason === "" ? null : (
          <p dir="auto" className="mt-1 text-sm text-quiet wrap-anywhere">
            {reason}
          </p>
        )}
      </div>
      {mayChange ? (
        <div className="-me-1.5 flex shrink-0">
          <IconButton small label={t("Move rule {number} up", { number: position })} disabled={isFirst} onClick={() => onMove(position - 1)}>
            <ChevronUp aria-hidden className="size-4" />
          </IconButton>
          <IconButton small label={t("Move rule {number} down", { number: position })} disabled={isLast} onClick={() => onMove(position + 1)}>
            <ChevronDown aria-hidden className="size-4" />
          </IconButton>
          <Menu
            trigger={
              <IconButton small label={t("Options for rule {number}", { number: position })}>
                <Ellipsis aria-hidden className="size-4" />
              </IconButton>
            }
            entries={[
              { kind: "item", label: t("Change"), icon: <Pencil />, onSelect: onChange },
              { kind: "item", label: t("Delete"), icon: <Trash2 />, danger: true, onSelect: onDelete },
            ]}
          />
        </div>
      ) : null}
    </li>
  );
}

type RuleListProps = {
  rules: readonly ToolRule[];
  mayChange: boolean;
  onMove: (rule: ToolRule, position: number) => void;
  onChange: (rule: ToolRule) => void;
  onDelete: (rule: ToolRule) => void;
};

export function RuleList({ rules, mayChange, onMove, onChange, onDelete }: RuleListProps) {
  return (
    <ol aria-label={t("Rules")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
      {rules.map((rule, place) => (
        <RuleRow
          key={rule.id}
          rule={rule}
          isFirst={place === 0}
          isLast={place === rules.length - 1}
          mayChange={mayChange}
          onMove={(position) => onMove(rule, position)}
          onChange={() => onChange(rule)}
          onDelete={() => onDelete(rule)}
        />
      ))}
    </ol>
  );
}
