// What models may do: the rules for calls of tools, and the MCP servers that bring tools of other programs.
import type { Me } from "~/shared/api/types";
import { roleReaches } from "~/shared/lib/roles";

import { RulesPart } from "./rules_part";
import { ServersPart } from "./servers_part";

export default function ToolsSection({ me }: { me: Me }) {
  const mayChange = roleReaches(me.role, "admin");
  return (
    <div className="space-y-8">
      <RulesPart mayChange={mayChange} />
      {mayChange ? <ServersPart /> : null}
    </div>
  );
}
