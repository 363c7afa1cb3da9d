// The server, as the page of components plays it: a few things that components ask for by themselves.

export const APPROVAL = "action_approval";
export const PERSON = "action_person";

const action = (id: string, kind: string) => ({
  id,
  kind,
  tool: kind === "person" ? "callHuman" : "createAgent",
  arguments: { name: "Harbour agent" },
  reason: null,
  state: "waiting",
  run_id: "run_1",
  thread_id: "thread_1",
  call_id: "call_1",
  user_id: "user_1",
  approvers: 1,
  least_role: null,
  decisions: [],
  expires_at: null,
  created_at: "2026-11-21T10:00:00Z",
  finished_at: null,
  error: null,
  may_decide: true,
});

const answers: Record<string, object> = {
  [`/api/v1/actions/${APPROVAL}`]: action(APPROVAL, "approval"),
  [`/api/v1/actions/${PERSON}`]: action(PERSON, "person"),
  "/api/v1/actions/action_client": action("action_client", "client"),
  "/api/v1/me": { user: { id: "user_1", email: "ada@example.com" }, role: "owner", csrf_token: "" },
};

/** From now on the page asks nobody: what is not known here is not found. */
export function playAnswers(): void {
  const real = window.fetch;
  window.fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : String(input), window.location.href);
    if (!pathname.startsWith("/api/")) return real(input, init);
    const known = answers[pathname];
    return known ? Response.json(known) : Response.json({ status: 404, tag: "not_found", detail: "There is no such thing." }, { status: 404 });
  };
}
