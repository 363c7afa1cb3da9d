// The people of the workspace: who they are, what they may do, and how somebody new comes in.
import { Plus } from "lucide-react";
import { useState } from "react";

import type { Me, Member } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { type Role, roleReaches } from "~/shared/lib/roles";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { useChangeMember, useMembers, useRemoveMember } from "./member_queries";
import { MemberRow } from "./member_row";
import { became, becoming } from "./roles";

const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));
const MemberDialog = later(() => import("./member_dialog"));

type Asked = { member: Member; role: Role | null };

/** What is asked before somebody may do less, or nothing any more. */
function question(me: Me, { member, role }: Asked): { title: string; description: string; verb: string } {
  const isMe = member.user_id === me.user.id;
  if (role !== null) return { title: t(becoming[role]), description: t("You cannot take your old role back yourself."), verb: t("Change") };
  if (isMe)
    return { title: t("Leave this workspace?"), description: t("You are signed out at once. What you made stays."), verb: t("Leave") };
  return {
    title: t("Remove {name}?", { name: member.name }),
    description: t("They are signed out at once, and their keys stop. What they made stays."),
    verb: t("Remove"),
  };
}

export default function MembersSection({ me }: { me: Me }) {
  const mayAsk = me.role !== "viewer";
  const mayAdd = roleReaches(me.role, "admin");
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const found = useMembers(mayAsk);
  const change = useChangeMember();
  const remove = useRemoveMember();
  if (!mayAsk) return <Notice>{t("Members, admins and owners see who belongs to the workspace. Ask one of them.")}</Notice>;

  const give = (member: Member, role: Role) =>
    change.mutate({ member, role }, { onSuccess: () => toast(t(became[role], { name: member.name })) });
  const confirm = ({ member, role }: Asked) => {
    if (role !== null) give(member, role);
    else remove.mutate(member, { onSuccess: () => toast(t("{name} was removed.", { name: member.name })) });
  };
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {mayAdd ? t("Somebody new comes in by a link that you hand over.") : t("Admins and owners add people and change their roles.")}
        </p>
        {mayAdd ? (
          <Button look="loud" onClick={() => setAdding(true)}>
            <Plus aria-hidden className="size-4" /> {t("Add member")}
          </Button>
        ) : null}
      </div>
      <Loaded query={found} waiting={t("Loading the members…")}>
        {({ pages }) => {
          const people = pages.flatMap(({ items }) => items);
          const owners = people.filter(({ role }) => role === "owner").length;
          return (
            <ul aria-label={t("Members")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
              {people.map((member) => (
                <MemberRow
                  key={member.user_id}
                  me={me}
                  member={member}
                  isLastOwner={member.role === "owner" && owners === 1 && !found.hasNextPage}
                  onRole={(role) => (member.user_id === me.user.id && !roleReaches(role, me.role) ? setAsked({ member, role }) : give(member, role))}
                  onRemove={() => setAsked({ member, role: null })}
                />
              ))}
            </ul>
          );
        }}
      </Loaded>
      {found.hasNextPage ? (
        <div className="flex justify-center">
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("Show more")}
          </Button>
        </div>
      ) : null}
      {adding ? <MemberDialog me={me} onClose={() => setAdding(false)} /> : null}
      {asked ? <ConfirmDialog {...question(me, asked)} onConfirm={() => confirm(asked)} onClose={() => setAsked(null)} /> : null}
    </div>
  );
}
