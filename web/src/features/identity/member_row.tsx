// One person of the workspace: who it is, with which role, and the way to end it.
import type { Me, Member } from "~/shared/api/types";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { type Role, roleReaches, rolesByRank } from "~/shared/lib/roles";
import { Badge } from "~/shared/ui/badge";
import { Button } from "~/shared/ui/button";

import { roleName } from "./roles";

type MemberRowProps = { me: Me; member: Member; isLastOwner: boolean; onRole: (role: Role) => void; onRemove: () => void };

/** Whether the server lets this person change that one. */
const mayChange = (me: Me, member: Member, isLastOwner: boolean): boolean =>
  roleReaches(me.role, "admin") && roleReaches(me.role, member.role) && !isLastOwner;

export function MemberRow({ me, member, isLastOwner, onRole, onRemove }: MemberRowProps) {
  const { user_id, name, email, role, joined_at } = member;
  const isMe = user_id === me.user.id;
  return (
    <li aria-label={name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <h3 className="flex items-center gap-2 text-sm font-medium">
          <span className="min-w-0 truncate">{name || email || "Somebody without a name"}</span>
          {isMe ? <Badge look="accent">You</Badge> : null}
        </h3>
        <p className="truncate text-xs text-quiet">
          {email === null ? null : <>{email} · </>}
          since{" "}
          <time dateTime={joined_at} title={wholeMoment(joined_at)}>
            {shortMoment(joined_at)}
          </time>
        </p>
      </div>
      {mayChange(me, member, isLastOwner) ? (
        <div className="flex items-center gap-2">
          <select
            aria-label={`Role of ${name}`}
            value={role}
            onChange={(event) => onRole(event.target.value as Role)}
            className="h-9 rounded-lg border border-line-strong bg-raised px-2 text-base sm:text-sm"
          >
            {rolesByRank
              .filter((one) => roleReaches(me.role, one))
              .map((one) => (
                <option key={one} value={one}>
                  {roleName(one)}
                </option>
              ))}
          </select>
          <Button onClick={onRemove} aria-label={`Remove ${name}`}>
            Remove
          </Button>
        </div>
      ) : (
        <span className="text-sm text-quiet">
          {roleName(role)}
          {isLastOwner && roleReaches(me.role, "owner") ? " (a workspace keeps one)" : ""}
        </span>
      )}
    </li>
  );
}
