// The roles of a workspace in words.
import type { Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";

type Role = Me["role"];

const roles = {
  owner: { name: "Owner", may: "May do everything in this workspace." },
  admin: { name: "Admin", may: "May manage keys, budgets and settings, and see everybody’s use." },
  member: { name: "Member", may: "May chat, and add to the library and to agents." },
  viewer: { name: "Viewer", may: "May read, and change nothing." },
} as const satisfies Record<Role, { name: Word; may: Word }>;

export const roleName = (role: Role): string => t(roles[role].name);
export const roleMay = (role: Role): string => t(roles[role].may);

// A role within a sentence takes another form in other languages, so each sentence stands whole.

/** A workspace, and what one is in it. */
export const asRole = {
  owner: "{name} (owner)",
  admin: "{name} (admin)",
  member: "{name} (member)",
  viewer: "{name} (viewer)",
} as const satisfies Record<Role, string>;

export const becoming = {
  owner: "Become owner?",
  admin: "Become admin?",
  member: "Become member?",
  viewer: "Become viewer?",
} as const satisfies Record<Role, Word>;

export const became = {
  owner: "{name} has the role owner now.",
  admin: "{name} has the role admin now.",
  member: "{name} has the role member now.",
  viewer: "{name} has the role viewer now.",
} as const satisfies Record<Role, string>;
