// The roles of a workspace by rank: each may do what those below it may.
export type Role = "owner" | "admin" | "member" | "viewer";

/** From the one that may do least. */
export const rolesByRank: readonly Role[] = ["viewer", "member", "admin", "owner"];

/** Whether a role is this one, or above it. */
export const roleReaches = (role: Role, least: Role): boolean => rolesByRank.indexOf(role) >= rolesByRank.indexOf(least);
