// The budgets and how they stand: all of them for admins and owners, else those that apply to oneself.
import { PiggyBank, Plus } from "lucide-react";
import { useState } from "react";

import type { Budget, Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { BudgetCard } from "./budget_card";
import { budgetName } from "./budget_words";
import { useNameOf } from "./names";
import { useBudgets, useDeleteBudget } from "./queries";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const BudgetDialog = later(() => import("./budget_dialog"));

type Shown = { dialog: "new" } | { dialog: "change" | "delete"; budget: Budget } | null;

function Empty({ mayChange }: { mayChange: boolean }) {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <PiggyBank aria-hidden className="size-8 text-accent" />
      <h3 className="mt-4 text-lg font-semibold">{mayChange ? t("No budget yet") : t("No budget limits you")}</h3>
      <p className="mt-1.5 max-w-md text-quiet">
        {mayChange
          ? t("A budget stops models from costing more than you want in a day or a month.")
          : t("When an admin sets one, it shows here with what you have used of it.")}
      </p>
    </div>
  );
}

export default function BudgetsSection({ me }: { me: Me }) {
  const [shown, setShown] = useState<Shown>(null);
  const budgets = useBudgets();
  const remove = useDeleteBudget();
  const nameOf = useNameOf(me);
  const mayChange = me.role === "owner" || me.role === "admin";
  const close = () => setShown(null);

  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {mayChange ? t("How much models may be used in a day or a month.") : t("The budgets that apply to you. Admins and owners set them.")}
        </p>
        {mayChange ? (
          <Button look="loud" onClick={() => setShown({ dialog: "new" })}>
            <Plus aria-hidden className="size-4" /> {t("New budget")}
          </Button>
        ) : null}
      </div>
      <Loaded query={budgets} waiting={t("Loading the budgets…")}>
        {(items) =>
          items.length === 0 ? (
            <Empty mayChange={mayChange} />
          ) : (
            <ul className="space-y-3" aria-label={t("Budgets")}>
              {items.map((budget) => (
                <BudgetCard
                  key={budget.id}
                  budget={budget}
                  nameOf={nameOf}
                  mayChange={mayChange}
                  onChange={() => setShown({ dialog: "change", budget })}
                  onDelete={() => setShown({ dialog: "delete", budget })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {shown?.dialog === "new" ? <BudgetDialog me={me} budget={null} name="" onClose={close} /> : null}
      {shown?.dialog === "change" ? (
        <BudgetDialog me={me} budget={shown.budget} name={budgetName(shown.budget, nameOf)} onClose={close} />
      ) : null}
      {shown?.dialog === "delete" ? (
        <ConfirmDialog
          title={t("Delete the budget: {budget}?", { budget: budgetName(shown.budget, nameOf) })}
          description={t("From the next call on it limits nobody. What was used stays in the reports.")}
          verb={t("Delete")}
          onConfirm={() => remove.mutate(shown.budget.id, { onSuccess: () => toast(t("Budget deleted.")) })}
          onClose={close}
        />
      ) : null}
    </div>
  );
}
