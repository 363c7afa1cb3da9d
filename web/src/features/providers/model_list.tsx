// The models that can be called: what they cost, how much they read, which may answer here, and which does by default.
import { useId, useState } from "react";

import type { Model, ModelSettings } from "~/shared/api/types";
import { type Word, counted, t } from "~/shared/language/words";
import { dollarsWith } from "~/shared/lib/money";
import { Badge } from "~/shared/ui/badge";
import { Select } from "~/shared/ui/select";

import { useChangeModelSettings, useSwitchModel } from "./settings_queries";

const tierNames = { fast: "fast", balanced: "balanced", powerful: "powerful" } as const satisfies Record<Model["tiers"][number], Word>;

const dollars = dollarsWith({ maximumFractionDigits: 4 });

function price({ input_usd_per_million: read, output_usd_per_million: written }: Model): string {
  if (typeof read !== "string" || typeof written !== "string") return t("Price not known");
  if (Number(read) === 0 && Number(written) === 0) return t("Free");
  return t("{read} read, {written} written", { read: dollars(Number(read)), written: dollars(Number(written)) });
}

type ModelRowProps = { model: Model; isOnlyAllowed: boolean; mayChange: boolean };

function ModelRow({ model, isOnlyAllowed, mayChange }: ModelRowProps) {
  const id = useId();
  const { name, allowed, tiers, context_tokens } = model;
  // The box shows what was pressed at once, and what the server holds as soon as that is told.
  const [pressed, setPressed] = useState<boolean | null>(null);
  const { mutate: turn } = useSwitchModel();
  return (
    <li className="relative flex gap-3 px-4 py-2.5 has-enabled:hover:bg-hover">
      {mayChange ? (
        <input
          id={id}
          type="checkbox"
          checked={pressed ?? allowed}
          // What answers when nobody chooses must be able to answer, and so must one at least.
          disabled={allowed && (model.default || isOnlyAllowed)}
          aria-describedby={`${id}-facts`}
          onChange={(event) => {
            setPressed(event.target.checked);
            turn({ model, isOn: event.target.checked }, { onSettled: () => setPressed(null) });
          }}
          className="relative z-10 mt-0.5 size-4 shrink-0 accent-accent-fill"
        />
      ) : null}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          {/* The whole row is the box's label. */}
          <label dir="ltr" htmlFor={mayChange ? id : undefined} className="wrap-anywhere after:absolute after:inset-0">
            {name}
          </label>
          {model.default ? <Badge look="accent">{t("default")}</Badge> : null}
          {tiers.map((tier) => (
            <Badge key={tier}>{t(tierNames[tier])}</Badge>
          ))}
          {allowed ? null : <Badge>{t("off")}</Badge>}
        </div>
        <p id={`${id}-facts`} className="mt-0.5 text-xs text-quiet tabular-nums">
          {[
            price(model),
            ...(typeof context_tokens === "number" ? [counted(context_tokens, "{count} token of context", "{count} tokens of context")] : []),
          ].join(" · ")}
        </p>
      </div>
    </li>
  );
}

function DefaultModel({ models, settings, onChoose }: { models: readonly Model[]; settings: ModelSettings; onChoose: (id: string | null) => void }) {
  const settled = settings.default_model ?? "";
  const offered = models.filter(({ allowed }) => allowed).map(({ id }) => id);
  const own = settled === "" ? models.find((model) => model.default)?.id : undefined;
  return (
    <Select
      label={t("Default model")}
      value={settled}
      onChange={({ target }) => onChoose(target.value === "" ? null : target.value)}
      choices={[
        { value: "", label: own === undefined ? t("The server’s choice") : t("The server’s choice: {model}", { model: own }) },
        // An alias or a tier that somebody settled by the interface stays until somebody chooses another one.
        ...(settled === "" || offered.includes(settled) ? [] : [{ value: settled, label: settled }]),
        ...offered.map((id) => ({ value: id, label: id })),
      ]}
    />
  );
}

type ModelListProps = {
  models: readonly Model[];
  settings: ModelSettings;
  mayChange: boolean;
  titleOf: (provider: string) => string;
};

export function ModelList({ models, settings, mayChange, titleOf }: ModelListProps) {
  const change = useChangeModelSettings();
  const allowed = models.filter((model) => model.allowed);
  const shown = mayChange ? models : allowed;
  const providers = [...new Set(shown.map(({ provider }) => provider))];
  return (
    <div className="space-y-4">
      {mayChange ? <DefaultModel models={models} settings={settings} onChoose={(id) => change.mutate({ default_model: id })} /> : null}
      <p className="text-sm text-quiet">
        {mayChange
          ? t("Only models that are on can be chosen and answer. The default one stays on. Prices are for a million tokens.")
          : t("The models that may answer here. Prices are for a million tokens.")}
      </p>
      {providers.map((provider) => (
        <section key={provider} aria-label={titleOf(provider)}>
          <h4 className="mb-1.5 text-xs font-medium text-quiet">{titleOf(provider)}</h4>
          <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
            {shown
              .filter((model) => model.provider === provider)
              .map((model) => (
                <ModelRow key={model.id} model={model} isOnlyAllowed={allowed.length === 1} mayChange={mayChange && models.length > 1} />
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
