// Who one is here: name, role and workspace, the password, and how the app looks.
import { LogOut } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { type ThemeChoice, chooseTheme, useThemeChoice } from "~/shared/lib/theme";
import { Button } from "~/shared/ui/button";
import { later } from "~/shared/ui/later";
import { Segments } from "~/shared/ui/segments";

import { LanguageChoice } from "./language_choice";
import { asRole, roleMay, roleName } from "./roles";
import { useSignOut } from "./session";

const PasswordDialog = later(() => import("./password_dialog"));

const themes = (): { value: ThemeChoice; label: string }[] => [
  { value: "system", label: t("System") },
  { value: "light", label: t("Light") },
  { value: "dark", label: t("Dark") },
];

function Line({ name, children, note }: { name: string; children: ReactNode; note?: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5">
      <div className="min-w-0 flex-1 basis-40">
        <h3 className="text-sm font-medium">{name}</h3>
        {note === undefined ? null : <p className="text-xs text-quiet">{note}</p>}
      </div>
      <div className="min-w-0 text-sm wrap-anywhere">{children}</div>
    </div>
  );
}

export default function AccountSection({ me }: { me: Me }) {
  const theme = useThemeChoice();
  const [setting, setSetting] = useState(false);
  const signOut = useSignOut();
  const others = me.workspaces.filter(({ id }) => id !== me.workspace.id);
  return (
    <div className="space-y-4">
      <div className="divide-y divide-line rounded-2xl border border-line bg-raised">
        <Line name={t("Name")}>{me.user.name ? <bdi>{me.user.name}</bdi> : t("Not set")}</Line>
        <Line name={t("E-mail")}>{me.user.email === null ? t("Not set") : <bdi>{me.user.email}</bdi>}</Line>
        <Line name={t("Workspace")}>
          <bdi>{me.workspace.name}</bdi>
        </Line>
        <Line name={t("Your role")} note={roleMay(me.role)}>
          {roleName(me.role)}
        </Line>
        {others.length === 0 ? null : (
          <Line name={t("Also a member of")}>
            <ul>
              {others.map(({ id, name, role }) => (
                <li key={id} dir="auto">
                  {t(asRole[role], { name })}
                </li>
              ))}
            </ul>
          </Line>
        )}
      </div>
      <div className="divide-y divide-line rounded-2xl border border-line bg-raised">
        <Line name={t("Theme")} note={t("Kept in this browser.")}>
          <Segments label={t("Theme")} value={theme} choices={themes()} onChoose={chooseTheme} />
        </Line>
        <Line name={t("Language")} note={t("Kept in this browser.")}>
          <LanguageChoice />
        </Line>
        <Line name={t("Password")} note={me.has_password ? t("At least twelve characters.") : t("Until you set one, you need a link to sign in.")}>
          <Button onClick={() => setSetting(true)}>{me.has_password ? t("Change password") : t("Set password")}</Button>
        </Line>
        <Line name={t("This session")} note={t("What you wrote stays.")}>
          <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
            <LogOut aria-hidden className="size-4" /> {t("Sign out")}
          </Button>
        </Line>
      </div>
      {setting ? (
        <PasswordDialog first={!me.has_password} onClose={() => setSetting(false)} />
      ) : null}
    </div>
  );
}
