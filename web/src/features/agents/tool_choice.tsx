// Which tools an agent is offered: some, or all that there are.
import { useId, useState } from "react";

import type { Tool } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Badge } from "~/shared/ui/badge";
import { Loaded } from "~/shared/ui/loaded";
import { SearchField } from "~/shared/ui/search_field";

import { useTools } from "./queries";
import { listed } from "./words";

const EVERY = "*";
const MANY = 12;

/** "searchKnowledge" and "hybrid_offer_creator" as words. */
export function toolTitle(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]+/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const changed = (chosen: readonly string[], name: string, isChosen: boolean): string[] =>
  isChosen ? [...chosen, name] : chosen.filter((other) => other !== name);

function ToolRow({ tool, isChosen, onChange }: { tool: Tool; isChosen: boolean; onChange: (chosen: boolean) => void }) {
  const id = useId();
  return (
    <li className="relative flex gap-3 rounded-lg px-2 py-2 transition-colors duration-150 has-enabled:hover:bg-hover">
      <input
        id={id}
        type="checkbox"
        checked={isChosen}
        onChange={(event) => onChange(event.target.checked)}
        aria-describedby={`${id}-note`}
        className="relative z-10 mt-0.5 size-4 shrink-0 accent-accent-fill"
      />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          {/* The whole row is the box's label. */}
          <label htmlFor={id} className="wrap-anywhere after:absolute after:inset-0">
            {toolTitle(tool.name)}
          </label>
          {tool.approval === "always" ? <Badge>{t("asks first")}</Badge> : null}
          {tool.origin === "steward" ? null : <Badge>{tool.origin.replace(/^mcp:/, "")}</Badge>}
        </div>
        <p id={`${id}-note`} dir="auto" className="mt-0.5 line-clamp-2 text-xs text-quiet wrap-anywhere">
          {tool.description}
        </p>
      </div>
    </li>
  );
}

type ToolChoiceProps = { chosen: readonly string[]; isEditable: boolean; onChoose: (tools: string[]) => void };

export function ToolChoice({ chosen, isEditable, onChoose }: ToolChoiceProps) {
  const tools = useTools();
  const [typed, setTyped] = useState("");
  const isEvery = chosen.includes(EVERY);
  const words = typed.trim().toLowerCase();
  const others = chosen.filter((name) => name !== EVERY);
  return (
    <div className="space-y-3">
      <label className="flex items-center gap-3 px-2 text-sm">
        <input
          type="checkbox"
          checked={isEvery}
          onChange={(event) => onChoose(event.target.checked ? [...others, EVERY] : others)}
          className="size-4 shrink-0 accent-accent-fill"
        />
        {t("All tools, also those that come later")}
      </label>
      {isEvery ? null : (
        <Loaded query={tools} waiting={t("Loading the tools…")}>
          {(known) => {
            const gone = others.filter((name) => !known.some((tool) => tool.name === name));
            const fitting = known.filter(({ name, description }) => `${name} ${toolTitle(name)} ${description}`.toLowerCase().includes(words));
            const shown = isEditable ? fitting : fitting.filter(({ name }) => chosen.includes(name));
            return (
              <>
                {isEditable && known.length > MANY ? <SearchField label={t("Search tools")} value={typed} onChange={setTyped} /> : null}
                <ul aria-label={t("Tools")} className={isEditable ? "max-h-80 overflow-y-auto rounded-lg" : ""}>
                  {shown.map((tool) => (
                    <ToolRow key={tool.name} tool={tool} isChosen={chosen.includes(tool.name)} onChange={(isChosen) => onChoose(changed(chosen, tool.name, isChosen))} />
                  ))}
                </ul>
                {shown.length === 0 ? <p className="px-2 text-sm text-quiet">{words === "" ? t("It has no tools.") : t("No tool fits these words.")}</p> : null}
                {gone.length === 0 ? null : (
                  <p className="px-2 text-sm text-quiet">
                    {t("No longer there: {names}.", { names: listed(gone) })}{" "}
                    {isEditable ? (
                      <button type="button" className="rounded text-accent hover:underline" onClick={() => onChoose(chosen.filter((name) => !gone.includes(name)))}>
                        {t("Take off the list")}
                      </button>
                    ) : null}
                  </p>
                )}
              </>
            );
          }}
        </Loaded>
      )}
    </div>
  );
}
