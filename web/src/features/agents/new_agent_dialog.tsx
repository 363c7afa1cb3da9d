// Make an agent: a name, and what it starts with. Everything else is written on its page.
import { useState } from "react";
import { useLocation } from "wouter";

import type { Agent, AgentTemplate } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Loaded } from "~/shared/ui/loaded";

import { agentAddress } from "./addresses";
import { useCreateAgent, useTemplates } from "./queries";

type TemplatesProps = { templates: readonly AgentTemplate[]; chosen: Agent["type"]; onChoose: (type: Agent["type"]) => void };

function Templates({ templates, chosen, onChoose }: TemplatesProps) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{t("Start with")}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {templates.map(({ type, title, description }) => (
          <label
            key={type}
            className="relative flex flex-col rounded-lg border border-line-strong px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="template"
              value={type}
              aria-label={title}
              aria-describedby={`template-${type}`}
              checked={type === chosen}
              onChange={() => onChoose(type)}
              className="absolute inset-0 cursor-pointer appearance-none rounded-lg outline-none"
            />
            <span dir="auto" className="text-sm font-medium">
              {title}
            </span>
            <span id={`template-${type}`} dir="auto" className="text-xs text-quiet">
              {description}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export default function NewAgentDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState<Agent["type"]>("custom");
  const [, navigate] = useLocation();
  const templates = useTemplates();
  const create = useCreateAgent();
  const chosen = templates.data?.find((one) => one.type === type);
  const make = () => {
    const start = chosen === undefined ? {} : { description: chosen.description, instructions: chosen.instructions, tools: chosen.tools };
    create.mutate(
      { name: name.trim(), type, ...start },
      {
        onSuccess: ({ id }) => {
          onClose();
          navigate(agentAddress(id));
        },
      },
    );
  };
  return (
    <FormDialog
      title={t("New agent")}
      description={t("It starts as a draft that only you and admins see.")}
      verb={t("Create draft")}
      busy={create.isPending}
      complete={name.trim() !== "" && !templates.isPending}
      error={create.error}
      onSubmit={make}
      onClose={onClose}
    >
      <Field label={t("Name")} value={name} dir="auto" maxLength={256} autoComplete="off" onChange={(event) => setName(event.target.value)} />
      <Loaded query={templates} waiting={t("Loading what agents start with…")}>
        {(found) => <Templates templates={found} chosen={type} onChoose={setType} />}
      </Loaded>
    </FormDialog>
  );
}
