// The setup of an agent: everything that can be said of it, saved as one new version.
import { type FormEvent, type ReactNode, useEffect, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Agent, Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { Notice } from "~/shared/ui/notice";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";
import { toast } from "~/shared/ui/toasts";

import { type Draft, type Faults, changesOf, draftOf, faultsOf } from "./agent_draft";
import { CollectionChoice } from "./collection_choice";
import { EffortChoice } from "./effort_choice";
import { FallbackChoice } from "./fallback_choice";
import { ModelChoice } from "./model_choice";
import { useChangeAgent } from "./queries";
import { ScheduleChoice } from "./schedule_choice";
import { ToolChoice } from "./tool_choice";
import { accessNames, typeNames } from "./words";

const choicesOf = (names: Readonly<Record<string, Word>>) => Object.entries(names).map(([value, label]) => ({ value, label: t(label) }));

function Part({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <section className="space-y-4 rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <div>
        <h2 className="text-sm font-semibold">{title}</h2>
        {lead === undefined ? null : <p className="mt-0.5 text-sm text-quiet">{lead}</p>}
      </div>
      {children}
    </section>
  );
}

type PartProps = { draft: Draft; faults: Faults; set: (part: Partial<Draft>) => void };

function Words({ draft, faults, set }: PartProps) {
  return (
    <Part title={t("What it is")}>
      <div className="grid gap-4 sm:grid-cols-[1fr_12rem]">
        <Field label={t("Name")} value={draft.name} dir="auto" maxLength={256} autoComplete="off" fault={faults.name} onChange={(event) => set({ name: event.target.value })} />
        <Select label={t("Kind")} choices={choicesOf(typeNames)} value={draft.type} onChange={(event) => set({ type: event.target.value as Draft["type"] })} />
      </div>
      <TextArea label={t("Description")} dir="auto" rows={2} maxLength={2000} placeholder={t("One or two sentences for your colleagues.")} value={draft.description} onChange={(event) => set({ description: event.target.value })} />
      <TextArea
        label={t("Instructions")}
        dir="auto"
        rows={10}
        maxLength={256_000}
        placeholder={t("Who it is, whom it helps, how it answers, and what it leaves alone.")}
        value={draft.instructions}
        onChange={(event) => set({ instructions: event.target.value })}
      />
      <TextArea label={t("Greeting")} dir="auto" rows={2} maxLength={2000} placeholder={t("What people read before they ask something.")} value={draft.greeting} onChange={(event) => set({ greeting: event.target.value })} />
    </Part>
  );
}

function Answers({ draft, faults, set }: PartProps) {
  return (
    <Part title={t("How it answers")}>
      <ModelChoice value={draft.model} onChoose={(model) => set({ model })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t("Creativity")}
          hint={t("0 keeps to the likely words, 2 is the wildest.")}
          inputMode="decimal"
          autoComplete="off"
          value={draft.temperature}
          fault={faults.temperature}
          onChange={(event) => set({ temperature: event.target.value })}
        />
        <Field
          label={t("Longest answer, in tokens")}
          hint={t("A token is about three quarters of a word.")}
          inputMode="numeric"
          autoComplete="off"
          value={draft.maxTokens}
          fault={faults.maxTokens}
          onChange={(event) => set({ maxTokens: event.target.value })}
        />
      </div>
    </Part>
  );
}

const ragNames: Record<Draft["rag"], Word> = { server: "As in every conversation", yes: "Always", no: "Never" };

function Documents({ draft, faults, set }: PartProps) {
  return (
    <Part title={t("Documents")} lead={t("Passages of the library that an answer starts from.")}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select label={t("Look into the library")} choices={choicesOf(ragNames)} value={draft.rag} onChange={(event) => set({ rag: event.target.value as Draft["rag"] })} />
        <Field
          label={t("Passages for each answer")}
          inputMode="numeric"
          autoComplete="off"
          value={draft.ragTopK}
          fault={faults.ragTopK}
          onChange={(event) => set({ ragTopK: event.target.value })}
        />
      </div>
      {draft.rag === "no" ? null : <CollectionChoice chosen={draft.collections} onChoose={(collections) => set({ collections })} />}
    </Part>
  );
}

function Limits({ draft, faults, set }: PartProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field
        label={t("Seconds for one tool")}
        hint={t("After that its call has failed.")}
        inputMode="decimal"
        autoComplete="off"
        value={draft.toolSeconds}
        fault={faults.toolSeconds}
        onChange={(event) => set({ toolSeconds: event.target.value })}
      />
      <Field
        label={t("Steps with tools in one answer")}
        inputMode="numeric"
        autoComplete="off"
        value={draft.maxToolSteps}
        fault={faults.maxToolSteps}
        onChange={(event) => set({ maxToolSteps: event.target.value })}
      />
    </div>
  );
}

/** A page that is left with something unsaved asks first. */
function useLeaveQuestion(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isDirty]);
}

/** What is written, beside the agent that it began from. Nobody's newer version takes away what is not saved. */
function useDraft(agent: Agent) {
  const [base, setBase] = useState(agent);
  const [draft, setDraft] = useState(() => draftOf(agent));
  const changes = changesOf(base, draft);
  const isDirty = Object.keys(changes).length > 0;
  const begin = (from: Agent) => {
    setBase(from);
    setDraft(draftOf(from));
  };
  if (agent.version > base.version && !isDirty) begin(agent);
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  return { base, draft, changes, isDirty, begin, set };
}

type AgentFormProps = { me: Me; agent: Agent; isEditable: boolean };

export function AgentForm({ me, agent, isEditable }: AgentFormProps) {
  const { base, draft, changes, isDirty, begin, set } = useDraft(agent);
  const change = useChangeAgent(agent.id);
  const faults = faultsOf(draft);
  useLeaveQuestion(isDirty);
  const discard = () => {
    change.reset();
    begin(agent);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!isDirty || change.isPending || Object.keys(faults).length > 0) return;
    change.mutate(changes, {
      onSuccess: (saved) => {
        begin(saved);
        toast(t("Saved as version {version}.", { version: saved.version }));
      },
    });
  };
  const part = { draft, faults, set };
  return (
    <form onSubmit={save} aria-label={t("Setup of the agent")} className="space-y-5">
      {isEditable ? null : (
        <Notice>
          {agent.built_in
            ? t("This agent is built in: every workspace has it as it is.")
            : t("Who made this agent, and admins, can change it. You can read how it is set up.")}
        </Notice>
      )}
      {agent.version > base.version ? (
        <Notice>{t("Somebody saved version {version} meanwhile. Saving changes only what you changed here.", { version: agent.version })}</Notice>
      ) : null}
      <fieldset disabled={!isEditable} className="min-w-0 space-y-5">
        <legend className="sr-only">{t("Setup")}</legend>
        <Words {...part} />
        <Answers {...part} />
        <Part title={t("Tools")} lead={t("The only ones that it is offered. Some ask a person before they run.")}>
          <ToolChoice chosen={draft.tools} isEditable={isEditable} onChoose={(tools) => set({ tools })} />
        </Part>
        <Documents {...part} />
        <Part title={t("Who and when")}>
          <Select
            label={t("Who may use it")}
            choices={choicesOf(accessNames)}
            value={draft.access}
            onChange={(event) => set({ access: event.target.value as Draft["access"] })}
          />
          <ScheduleChoice value={draft.schedule} fault={faults.schedule} isMaker={agent.created_by === me.user.id} onChoose={(schedule) => set({ schedule })} />
        </Part>
        <Part title={t("Limits of its tools")}>
          <Limits {...part} />
        </Part>
        <Part title={t("Advanced")}>
          <EffortChoice value={draft.effort} onChoose={(effort) => set({ effort })} />
          <FallbackChoice chosen={draft.fallbacks} isEditable={isEditable} onChoose={(fallbacks) => set({ fallbacks })} />
        </Part>
      </fieldset>
      {change.error ? <Notice kind="problem">{asProblem(change.error).message}</Notice> : null}
      {isEditable ? (
        <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-page px-4 py-3 sm:-mx-6 sm:px-6">
          <p role="status" className="me-auto text-sm text-quiet">
            {isDirty ? t("Not saved yet") : ""}
          </p>
          <Button onClick={discard} disabled={!isDirty}>
            {t("Discard")}
          </Button>
          <Button look="loud" type="submit" busy={change.isPending} disabled={!isDirty || Object.keys(faults).length > 0}>
            {t("Save")}
          </Button>
        </div>
      ) : null}
    </form>
  );
}
