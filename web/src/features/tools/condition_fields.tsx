// The conditions of a rule as one writes them: an argument, how it is compared, and with what.
import { Plus, X } from "lucide-react";
import { useId } from "react";

import { t } from "~/shared/language/words";
import { Button, IconButton } from "~/shared/ui/button";

import { type Operator, holdsTooLongNumber, operators } from "./rule_words";

export type WrittenCondition = { id: number; argument: string; operator: Operator; typed: string; isAbsent: boolean };

export const isWhole = ({ argument, operator, typed }: WrittenCondition): boolean =>
  argument.trim() !== "" && (operator === "exists" || (typed.trim() !== "" && !holdsTooLongNumber(operator, typed)));

const box = "h-10 w-full min-w-0 rounded-lg border border-line-strong bg-raised px-2.5 text-base placeholder:text-quiet sm:text-sm";

type ValueFieldProps = { operator: Operator; typed: string; onType: (typed: string) => void };

function ValueField({ operator, typed, onType }: ValueFieldProps) {
  const note = useId();
  const isTooLong = holdsTooLongNumber(operator, typed);
  return (
    <div className="col-span-2">
      <input
        dir="auto"
        aria-label={t("Value")}
        aria-invalid={isTooLong || undefined}
        aria-describedby={isTooLong ? note : undefined}
        placeholder={operator === "in" ? t("Values, with commas") : t("Value")}
        value={typed}
        maxLength={2000}
        spellCheck={false}
        onChange={({ target }) => onType(target.value)}
        className={box}
      />
      {isTooLong ? (
        <p id={note} className="mt-1.5 text-sm text-danger">
          {t("So long a number cannot be kept exactly. In quotes it is compared as text.")}
        </p>
      ) : null}
    </div>
  );
}

type ConditionFieldsProps = { conditions: readonly WrittenCondition[]; onChange: (conditions: WrittenCondition[]) => void };

export function ConditionFields({ conditions, onChange }: ConditionFieldsProps) {
  const change = (id: number, part: Partial<WrittenCondition>) => onChange(conditions.map((one) => (one.id === id ? { ...one, ...part } : one)));
  const next = Math.max(0, ...conditions.map(({ id }) => id)) + 1;
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1.5 text-sm font-medium">{t("When all of this holds")}</legend>
      {conditions.length === 0 ? <p className="text-sm text-quiet">{t("Every call, whatever its arguments are.")}</p> : null}
      {conditions.map(({ id, argument, operator, typed, isAbsent }) => (
        <div key={id} className="flex items-start gap-1.5">
          <div className="grid min-w-0 flex-1 grid-cols-2 gap-1.5">
            <input
              dir="ltr"
              aria-label={t("Argument")}
              placeholder={t("Argument")}
              value={argument}
              maxLength={200}
              spellCheck={false}
              onChange={({ target }) => change(id, { argument: target.value })}
              className={box}
            />
            <select
              aria-label={t("Comparison")}
              value={isAbsent ? "absent" : operator}
              onChange={({ target }) =>
                change(id, target.value === "absent" ? { operator: "exists", isAbsent: true } : { operator: target.value as Operator, isAbsent: false })
              }
              className={box}
            >
              {Object.entries(operators).map(([value, word]) => (
                <option key={value} value={value}>
                  {t(word)}
                </option>
              ))}
              <option value="absent">{t("is left out")}</option>
            </select>
            {operator === "exists" ? null : <ValueField operator={operator} typed={typed} onType={(text) => change(id, { typed: text })} />}
          </div>
          <IconButton label={t("Take this condition away")} onClick={() => onChange(conditions.filter((one) => one.id !== id))}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      <Button onClick={() => onChange([...conditions, { id: next, argument: "", operator: "eq", typed: "", isAbsent: false }])}>
        <Plus aria-hidden className="size-4" /> {t("Add a condition")}
      </Button>
    </fieldset>
  );
}
