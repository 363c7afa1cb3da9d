// Who one is here: name, role and workspace, the password, and how the app looks.
import { LogOut } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";

import type { Me } from "~/shared/api/types";
import { type ThemeChoice, chooseTheme, useThemeChoice } from "~/shared/lib/theme";
import { Button } from "~/shared/ui/button";
import { Segments } from "~/shared/ui/segments";

import { roleMay, roleName } from "./roles";
import { useSignOut } from "./session";

const PasswordDialog = lazy(() => import("./password_dialog"));

const themes: readonly { value: ThemeChoice; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
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
        <Line name="Name">{me.user.name || "Not set"}</Line>
        <Line name="E-mail">{me.user.email ?? "Not set"}</Line>
        <Line name="Workspace">{me.workspace.name}</Line>
        <Line name="Your role" note={roleMay(me.role)}>
          {roleName(me.role)}
        </Line>
        {others.length === 0 ? null : (
          <Line name="Also a member of">
            <ul>
              {others.map(({ id, name, role }) => (
                <li key={id}>
                  {name} ({roleName(role).toLowerCase()})
                </li>
              ))}
            </ul>
          </Line>
        )}
      </div>
      <div className="divide-y divide-line rounded-2xl border border-line bg-raised">
        <Line name="Theme" note="Kept in this browser.">
          <Segments label="Theme" value={theme} choices={themes} onChoose={chooseTheme} />
        </Line>
        <Line name="Password" note={me.has_password ? "At least twelve characters." : "Until you set one, you need a link to sign in."}>
          <Button onClick={() => setSetting(true)}>{me.has_password ? "Change password" : "Set password"}</Button>
        </Line>
        <Line name="This session" note="What you wrote stays.">
          <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
            <LogOut aria-hidden className="size-4" /> Sign out
          </Button>
        </Line>
      </div>
      {setting ? (
        <Suspense>
          <PasswordDialog first={!me.has_password} onClose={() => setSetting(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
