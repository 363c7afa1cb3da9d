// Give the workspace a key of its own for a provider, or another one. It goes to the server and is never shown again.
import { useState } from "react";

import type { Provider } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { FormDialog } from "~/shared/ui/form_dialog";
import { SecretField } from "~/shared/ui/secret_field";
import { toast } from "~/shared/ui/toasts";

import { useStoreKey } from "./settings_queries";

const SHORTEST = 8;

export default function ProviderKeyDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const [key, setKey] = useState("");
  const store = useStoreKey(provider.name);
  const given = key.trim();
  const isStrange = given !== "" && !/^[\x21-\x7e]+$/.test(given);
  const name = provider.title;
  const save = () =>
    store.mutate(given, {
      onSuccess: () => {
        toast(t("The key for {name} is stored.", { name }));
        onClose();
      },
    });
  return (
    <FormDialog
      title={provider.key_from === "workspace" ? t("Replace the key for {name}", { name }) : t("Set a key for {name}", { name })}
      description={t("It is kept sealed and never shown again. The next answer uses it.")}
      verb={t("Save")}
      busy={store.isPending}
      complete={given.length >= SHORTEST && !isStrange}
      error={store.error}
      onSubmit={save}
      onClose={onClose}
    >
      <SecretField
        label={t("Provider’s key")}
        value={key}
        maxLength={2000}
        hint={t("As the provider gave it to you.")}
        fault={isStrange ? t("A key has only letters, digits and signs, without spaces. Copy it again.") : null}
        onChange={(event) => setKey(event.target.value)}
      />
    </FormDialog>
  );
}
