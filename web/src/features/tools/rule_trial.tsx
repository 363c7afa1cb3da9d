// Try the rules: what would happen with a call, without calling anything.
import { type FormEvent, useId, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Tool, ToolJudgement, ToolRule } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";

import { useTryRules } from "./queries";
import { type Agreement, type Decision, agreements, readArguments } from "./rule_words";

const outcomes = {
  run: "It would run, and nobody would be asked.",
  ask: "A person would be asked first.",
  deny: "It would be refused.",
} as const satisfies Record<Decision, Word>;

const nothing: Record<string, unknown> = { integer: 0, number: 0, boolean: false, array: [], object: {} };

/** The arguments that a tool must be given, empty, to be filled in. */
function skeleton(tool: Tool | undefined): string {
  const { required, properties } = (tool?.parameters ?? {}) as { required?: string[]; properties?: Record<string, { type?: unknown }> };
  return JSON.stringify(Object.fromEntries((required ?? []).map((name) => [name, nothing[String(properties?.[name]?.type)] ?? ""])), null, 2);
}

function Outcome({ judged, rules }: { judged: ToolJudgement; rules: readonly ToolRule[] }) {
  const rule = rules.find(({ id }) => id === judged.rule_id);
  const agreement = agreements[`${judged.approvers}:${judged.least_role}` as Agreement];
  return (
    <Notice>
      <div role="status">
        <p className="font-medium">{t(outcomes[judged.decision])}</p>
        {judged.decision === "ask" ? <p>{t(agreement)}</p> : null}
        {judged.reason === "" ? null : <p dir="auto">{judged.reason}</p>}
        <p className="text-quiet">{rule ? t("Rule {number} decides.", { number: rule.position }) : t("No rule fits, so the tool’s own way holds.")}</p>
      </div>
    </Notice>
  );
}

export function RuleTrial({ tools, rules }: { tools: readonly Tool[]; rules: readonly ToolRule[] }) {
  const [name, setName] = useState(tools[0]?.name ?? "");
  const [typed, setTyped] = useState(() => skeleton(tools[0]));
  const attempt = useTryRules();
  const note = useId();
  const given = readArguments(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (given !== null) attempt.mutate({ tool: name, arguments: given });
  };
  const choose = (next: string) => {
    setName(next);
    setTyped(skeleton(tools.find((tool) => tool.name === next)));
    attempt.reset();
  };
  return (
    <form onSubmit={submit} className="space-y-3 rounded-2xl border border-line bg-raised p-4">
      <Select label={t("Tool")} value={name} onChange={(event) => choose(event.target.value)} choices={tools.map((tool) => ({ value: tool.name, label: tool.name }))} />
      <div>
        <TextArea
          label={t("Arguments of the call")}
          dir="ltr"
          rows={4}
          value={typed}
          spellCheck={false}
          aria-invalid={given === null || undefined}
          aria-describedby={given === null ? note : undefined}
          onChange={(event) => {
            setTyped(event.target.value);
            attempt.reset();
          }}
        />
        {given === null ? (
          <p id={note} className="mt-1.5 text-sm text-danger">
            {t("Write a JSON object, with a name in quotes before each value.")}
          </p>
        ) : null}
      </div>
      <Button type="submit" busy={attempt.isPending} disabled={given === null || name === ""}>
        {t("Try it")}
      </Button>
      {attempt.error ? <Notice kind="problem">{asProblem(attempt.error).message}</Notice> : null}
      {attempt.data ? <Outcome judged={attempt.data} rules={rules} /> : null}
    </form>
  );
}
