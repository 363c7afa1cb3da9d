// One person of the workspace: who it is, with which role, and the way to end it.
import type { Me, Member } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
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
  const moment = (
    <time dateTime={joined_at} title={wholeMoment(joined_at)}>
      {shortMoment(joined_at)}
    </time>
  );
  return (
    <li aria-label={name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <h3 className="flex items-center gap-2 text-sm font-medium">
          <span dir="auto" className="min-w-0 truncate">
            {name || email || t("Somebody without a name")}
          </span>
          {isMe ? <Badge look="accent">{t("You")}</Badge> : null}
        </h3>
        <p className="truncate text-xs text-quiet">
          {email === null ? rich("since {moment}", { moment }) : rich("{email} · since {moment}", { email: <bdi>{email}</bdi>, moment })}
        </p>
      </div>
      {mayChange(me, member, isLastOwner) ? (
        <div className="flex items-center gap-2">
          <select
            aria-label={t("Role of {name}", { name })}
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
          <Button onClick={onRemove} aria-label={t("Remove {name}", { name })}>
            {t("Remove")}
          </Button>
        </div>
      ) : (
        <span className="text-sm text-quiet">
          {isLastOwner && roleReaches(me.role, "owner") ? t("Owner (a workspace keeps one)") : roleName(role)}
        </span>
      )}
    </li>
  );
}
