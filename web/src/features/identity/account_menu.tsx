// The person's own menu: how the app looks, the password, the way out.
import { ChevronsUpDown, Compass, Keyboard, KeyRound, LogOut, Monitor, Moon, Settings, Sun } from "lucide-react";
import { useState } from "react";
import { navigate } from "wouter/use-browser-location";

import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { settingsAddress } from "~/shared/lib/places";
import { type ThemeChoice, chooseTheme, useThemeChoice } from "~/shared/lib/theme";
import { Menu } from "~/shared/ui/menu";
import { later } from "~/shared/ui/later";

import { useSignOut } from "./session";

const PasswordDialog = later(() => import("./password_dialog"));

const themes = () => [
  { value: "system", label: t("System"), icon: <Monitor /> },
  { value: "light", label: t("Light"), icon: <Sun /> },
  { value: "dark", label: t("Dark"), icon: <Moon /> },
];

type AccountMenuProps = { me: Me; /** Called when the menu leads away, so that a drawer can close. */ onOpen: () => void; onShortcuts: () => void; onTour: () => void };

export function AccountMenu({ me, onOpen, onShortcuts, onTour }: AccountMenuProps) {
  const theme = useThemeChoice();
  const [setting, setSetting] = useState(false);
  const signOut = useSignOut();
  const leave = (go: () => void) => () => {
    onOpen();
    // The drawer gives the focus back first.
    window.setTimeout(go, 0);
  };
  const name = me.user.name || me.user.email || t("You");

  return (
    <>
      <Menu
        side="top"
        align="start"
        trigger={
          <button
            type="button"
            className="flex h-12 w-full min-w-0 items-center gap-2.5 rounded-xl px-2 text-start transition-colors duration-150 hover:bg-hover"
          >
            <span
              aria-hidden
              className="flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent uppercase"
            >
              {name.charAt(0)}
            </span>
            <span className="min-w-0 flex-1">
              <span dir="auto" className="block truncate text-sm font-medium">{name}</span>
              <span dir="auto" className="block truncate text-xs text-quiet">{me.workspace.name}</span>
            </span>
            <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-quiet" />
          </button>
        }
        entries={[
          {
            kind: "choice",
            label: t("Theme"),
            value: theme,
            choices: themes(),
            onChoose: (choice) => chooseTheme(choice as ThemeChoice),
          },
          { kind: "line", name: "after theme" },
          { kind: "item", label: t("Settings"), icon: <Settings />, onSelect: leave(() => navigate(settingsAddress)) },
          { kind: "item", label: t("Keyboard shortcuts"), icon: <Keyboard />, onSelect: leave(onShortcuts) },
          { kind: "item", label: t("A look around"), icon: <Compass />, onSelect: leave(onTour) },
          { kind: "line", name: "after settings" },
          { kind: "item", label: me.has_password ? t("Change password") : t("Set password"), icon: <KeyRound />, onSelect: () => setSetting(true) },
          { kind: "item", label: t("Sign out"), icon: <LogOut />, onSelect: () => signOut.mutate() },
        ]}
      />
      {setting ? (
        <PasswordDialog first={!me.has_password} onClose={() => setSetting(false)} />
      ) : null}
    </>
  );
}
