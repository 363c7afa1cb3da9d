// For tests: people as the server tells of them.
import type { Me } from "~/shared/api/types";

/** Ada, in her workspace, in a role. */
export const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: true,
  workspaces: [{ id: "ws_1", name: "Main", role }],
});
