// The roles of a workspace in words.
import type { Me } from "~/shared/api/types";

type Role = Me["role"];

const roles: Record<Role, { name: string; may: string }> = {
  owner: { name: "Owner", may: "May do everything in this workspace." },
  admin: { name: "Admin", may: "May manage keys, budgets and settings, and see everybody’s use." },
  member: { name: "Member", may: "May chat, and add to the library and to agents." },
  viewer: { name: "Viewer", may: "May read, and change nothing." },
};

export const roleName = (role: Role): string => roles[role].name;
export const roleMay = (role: Role): string => roles[role].may;
