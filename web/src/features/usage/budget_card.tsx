// One budget: whom it limits, how much of it is used, and what can be done with it.
import { Ellipsis, Pencil, Trash2 } from "lucide-react";

import type { Budget } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { count, shortMoment, wholeMoment } from "~/shared/lib/moments";
import { IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";
import { ProgressBar } from "~/shared/ui/progress_bar";

import { dollars, drawn } from "./amounts";
import { beginsAnew, budgetName, whoseBudget } from "./budget_words";

type Spent = Pick<Budget, "alerts"> & { spent_usd: string; held_usd: string; spent_tokens: number; held_tokens: number };

function shareWords(share: number): string {
  if (share >= 1) return t("Used up");
  return share > 0 && share < 0.01 ? t("Under 1 % used") : t("{percent} % used", { percent: Math.floor(share * 100) });
}

function Share({ name, spent, limit, held, share }: { name: string; spent: string; limit: string; held: string | null; share: number }) {
  const isUsedUp = share >= 1;
  return (
    <div>
      <div className="mb-1.5 flex flex-wrap items-baseline gap-x-2 text-sm tabular-nums">
        <span className="font-medium">{spent}</span>
        <span className="text-quiet">{t("of {limit}", { limit })}</span>
        <span className={classes("ms-auto text-xs", isUsedUp ? "font-medium text-danger" : "text-quiet")}>
          {shareWords(share)}
        </span>
      </div>
      <ProgressBar label={name} share={share} />
      {held === null ? null : <p className="mt-1 text-xs text-quiet">{t("{held} kept for answers under way", { held })}</p>}
    </div>
  );
}

function Shares({ budget, spent, whose }: { budget: Budget; spent: Spent; whose: string }) {
  const { limit_usd, limit_tokens } = budget;
  return (
    <div className="space-y-3">
      {limit_usd === null ? null : (
        <Share
          name={t("Money of {whose}", { whose })}
          spent={dollars(spent.spent_usd)}
          limit={dollars(limit_usd)}
          held={drawn(spent.held_usd) > 0 ? dollars(spent.held_usd) : null}
          share={drawn(spent.spent_usd) / drawn(limit_usd)}
        />
      )}
      {limit_tokens === null ? null : (
        <Share
          name={t("Tokens of {whose}", { whose })}
          spent={count(spent.spent_tokens)}
          limit={counted(limit_tokens, "{count} token", "{count} tokens")}
          held={spent.held_tokens > 0 ? count(spent.held_tokens) : null}
          share={spent.spent_tokens / limit_tokens}
        />
      )}
      {spent.alerts.map(({ percent, created_at }) => (
        <p key={percent} className="text-xs text-quiet" title={wholeMoment(created_at)}>
          {t("{percent} % reached: {moment}", { percent, moment: shortMoment(created_at) })}
        </p>
      ))}
    </div>
  );
}

const both = new Intl.ListFormat(locale, { type: "conjunction" });

const limitsOf = ({ limit_usd, limit_tokens }: Budget): string =>
  both.format([
    ...(limit_usd === null ? [] : [dollars(limit_usd)]),
    ...(limit_tokens === null ? [] : [counted(limit_tokens, "{count} token", "{count} tokens")]),
  ]);

type BudgetCardProps = {
  budget: Budget;
  nameOf: (id: string) => string;
  mayChange: boolean;
  onChange: () => void;
  onDelete: () => void;
};

export function BudgetCard({ budget, nameOf, mayChange, onChange, onDelete }: BudgetCardProps) {
  const whose = whoseBudget(budget, nameOf);
  const name = budgetName(budget, nameOf);
  const whole = budget.spent_usd === null ? null : (budget as Spent);
  return (
    <li aria-label={whose} className="rounded-2xl border border-line bg-raised p-4">
      <div className="mb-3 flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h3 className="text-sm font-semibold wrap-anywhere">{name}</h3>
          <p className="text-xs text-quiet">{beginsAnew(budget)}</p>
        </div>
        {mayChange ? (
          <Menu
            trigger={
              <IconButton small label={t("Options for {budget}", { budget: name })} className="-mt-1 -me-1">
                <Ellipsis aria-hidden className="size-4" />
              </IconButton>
            }
            entries={[
              { kind: "item", label: t("Change"), icon: <Pencil />, onSelect: onChange },
              { kind: "item", label: t("Delete"), icon: <Trash2 />, danger: true, onSelect: onDelete },
            ]}
          />
        ) : null}
      </div>
      {whole ? <Shares budget={budget} spent={whole} whose={whose} /> : null}
      {whole || budget.subjects.length > 0 ? null : (
        <p className="text-sm text-quiet">{t("{limits} for each. Nobody has used any of it yet.", { limits: limitsOf(budget) })}</p>
      )}
      {budget.subjects.length === 0 ? null : (
        <ul className="space-y-4">
          {budget.subjects.map((subject) => (
            <li key={subject.subject_id}>
              <p dir="auto" className="mb-1 truncate text-xs text-quiet rtl:text-right" title={subject.subject_id}>
                {nameOf(subject.subject_id)}
              </p>
              <Shares budget={budget} spent={subject} whose={nameOf(subject.subject_id)} />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
