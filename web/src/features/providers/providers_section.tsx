// Providers and models: whose keys call them, what they cost, and which may answer in this workspace.
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { roleReaches } from "~/shared/lib/roles";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";

import { ModelList } from "./model_list";
import { ProviderList } from "./provider_list";
import { useEveryModel, useModelSettings, useProviders } from "./settings_queries";

export default function ProvidersSection({ me }: { me: Me }) {
  const mayChange = roleReaches(me.role, "admin");
  const providers = useProviders();
  const models = useEveryModel();
  const settings = useModelSettings();
  const titleOf = (name: string) => providers.data?.find((one) => one.name === name)?.title ?? name;
  return (
    <div className="space-y-8">
      <div className="space-y-3">
        <h3 className="text-sm font-semibold">{t("Providers")}</h3>
        <p className="text-sm text-quiet">
          {mayChange
            ? t("Providers are called with the server’s key, or with a key of your workspace.")
            : t("Who the models come from. Admins and owners set keys.")}
        </p>
        <Loaded query={providers} waiting={t("Loading the providers…")}>
          {(items) => <ProviderList providers={items} mayChange={mayChange} />}
        </Loaded>
      </div>
      <div className="space-y-3">
        <h3 className="text-sm font-semibold">{t("Models")}</h3>
        <Loaded query={models} waiting={t("Loading the models…")}>
          {({ items, configured }) => (
            <>
              {configured ? null : (
                <Notice>
                  {mayChange
                    ? t("No provider can be called yet, so Steward answers from your documents alone. Set a provider’s key above to get its models.")
                    : t("No provider can be called yet, so Steward answers from your documents alone. Ask an admin to set a provider’s key.")}
                </Notice>
              )}
              <Loaded query={settings} waiting={t("Loading the models…")}>
                {(settled) => <ModelList models={items} settings={settled} mayChange={mayChange} titleOf={titleOf} />}
              </Loaded>
            </>
          )}
        </Loaded>
      </div>
    </div>
  );
}
