// Write a rule for calls of tools, or change one.
import { useId, useState } from "react";

import type { ToolRule } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Segments } from "~/shared/ui/segments";
import { Select } from "~/shared/ui/select";

import { ConditionFields, type WrittenCondition, isWhole } from "./condition_fields";
import { useSaveRule, useTools } from "./queries";
import { type Agreement, type Decision, agreementOf, agreements, decisions, readValue, typedValue } from "./rule_words";

const HOUR_SECONDS = 3600;
const MOST_HOURS = 8760;

const meanings = {
  run: "The call runs, and nobody is asked.",
  ask: "A person decides before the call runs.",
  deny: "The call never runs, and the model is told so.",
} as const satisfies Record<Decision, Word>;

const writtenConditions = (rule: ToolRule | null): WrittenCondition[] =>
  (rule?.conditions ?? []).map((one, place) => ({
    id: place + 1,
    argument: one.argument,
    operator: one.operator,
    typed: typedValue(one),
    isAbsent: one.operator === "exists" && one.value === false,
  }));

function secondsOf(typed: string): number | null | undefined {
  if (typed.trim() === "") return null;
  const hours = Number(typed.trim().replace(",", "."));
  return hours > 0 && hours <= MOST_HOURS ? Math.round(hours * HOUR_SECONDS) : undefined;
}

export default function RuleDialog({ rule, onClose }: { rule: ToolRule | null; onClose: () => void }) {
  const [tool, setTool] = useState(rule?.tool ?? "");
  const [decision, setDecision] = useState<Decision>(rule?.decision ?? "ask");
  const [conditions, setConditions] = useState(() => writtenConditions(rule));
  const [agreement, setAgreement] = useState<Agreement>(rule ? agreementOf(rule) : "1:member");
  const [hours, setHours] = useState(rule?.expires_seconds ? String(rule.expires_seconds / HOUR_SECONDS) : "");
  const [reason, setReason] = useState(rule?.reason ?? "");
  const { data: tools = [] } = useTools();
  const save = useSaveRule(rule?.id ?? null);
  const names = useId();
  const seconds = secondsOf(hours);
  const name = tool.trim();
  const isNameable = /^[A-Za-z0-9_.:*?-]*$/.test(name);
  const submit = () => {
    const [approvers, role] = agreement.split(":");
    save.mutate(
      {
        tool: name,
        decision,
        conditions: conditions.map((one) => ({
          argument: one.argument.trim(),
          operator: one.operator,
          value: one.isAbsent ? false : readValue(one.operator, one.typed),
        })),
        approvers: Number(approvers),
        least_role: role as ToolRule["least_role"],
        expires_seconds: seconds ?? null,
        reason: reason.trim(),
      },
      { onSuccess: onClose },
    );
  };
  return (
    <FormDialog
      title={rule === null ? t("New rule") : t("Change rule")}
      verb={rule === null ? t("Create") : t("Save")}
      busy={save.isPending}
      complete={name !== "" && isNameable && conditions.every(isWhole) && seconds !== undefined}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label={t("Tool")}
        dir="ltr"
        list={names}
        value={tool}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        hint={t("Its name; a star stands for any letters.")}
        fault={isNameable ? null : t("A tool’s name has no spaces. Choose one from the list.")}
        onChange={(event) => setTool(event.target.value)}
      />
      <datalist id={names}>
        {tools.map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
          </option>
        ))}
      </datalist>
      <div>
        <Segments
          label={t("What happens")}
          value={decision}
          choices={(["ask", "run", "deny"] as const).map((value) => ({ value, label: t(decisions[value]) }))}
          onChoose={setDecision}
        />
        <p className="mt-1.5 text-sm text-quiet">{t(meanings[decision])}</p>
      </div>
      <ConditionFields conditions={conditions} onChange={setConditions} />
      {decision === "ask" ? (
        <>
          <Select
            label={t("Who must agree")}
            value={agreement}
            onChange={(event) => setAgreement(event.target.value as Agreement)}
            choices={Object.entries(agreements).map(([value, word]) => ({ value, label: t(word) }))}
          />
          <Field
            label={t("Hours to answer")}
            inputMode="decimal"
            value={hours}
            autoComplete="off"
            hint={t("Left empty, the server’s own time holds.")}
            fault={seconds === undefined ? t("Write a number of hours, up to a year.") : null}
            onChange={(event) => setHours(event.target.value)}
          />
        </>
      ) : null}
      {decision === "run" ? null : (
        <Field
          label={t("Reason")}
          dir="auto"
          value={reason}
          maxLength={200}
          autoComplete="off"
          hint={t("Told to whoever is asked, and to the model.")}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </FormDialog>
  );
}
