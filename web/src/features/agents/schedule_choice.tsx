// When an agent begins by itself: one of a few usual times, or the five fields of cron.
import { useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { Select } from "~/shared/ui/select";

const usual: readonly { value: string; label: Word }[] = [
  { value: "", label: "Only when somebody talks to it" },
  { value: "0 9 * * 1-5", label: "Monday to Friday at 9:00" },
  { value: "0 9 * * *", label: "Every day at 9:00" },
  { value: "0 9 * * 1", label: "Mondays at 9:00" },
  { value: "0 9 1 * *", label: "On the first of the month at 9:00" },
  { value: "@hourly", label: "Every hour" },
];
const OTHER = "other";

type ScheduleChoiceProps = { value: string; fault: string | undefined; isMaker: boolean; onChoose: (schedule: string) => void };

export function ScheduleChoice({ value, fault, isMaker, onChoose }: ScheduleChoiceProps) {
  const [isOther, setOther] = useState(() => !usual.some((one) => one.value === value));
  const shown = isOther || !usual.some((one) => one.value === value) ? OTHER : value;
  const choose = (next: string) => {
    setOther(next === OTHER);
    if (next !== OTHER) onChoose(next);
  };
  return (
    <div className="space-y-3">
      <Select
        label={t("Begins by itself")}
        // It acts as whoever made it, so nobody else may set it going.
        disabled={!isMaker && value === ""}
        choices={[...usual, { value: OTHER, label: "Another time" as const }]
          .filter((one) => isMaker || one.value === "" || one.value === shown)
          .map((one) => ({ value: one.value, label: t(one.label) }))}
        value={shown}
        onChange={(event) => choose(event.target.value)}
      />
      {shown === OTHER ? (
        <Field
          label={t("Time in cron’s five fields")}
          hint={t("Minute, hour, day, month, weekday: 30 7 * * 1-5 is 7:30 from Monday to Friday.")}
          dir="ltr"
          value={value}
          fault={fault}
          readOnly={!isMaker}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChoose(event.target.value)}
        />
      ) : null}
      <p className="text-sm text-quiet">
        {isMaker
          ? t("Times are in UTC. It acts as you then, within your budgets.")
          : t("Times are in UTC. It acts as whoever made it then, so only they can set a time.")}
      </p>
    </div>
  );
}
