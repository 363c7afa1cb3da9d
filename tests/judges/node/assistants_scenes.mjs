// Streamed runs as the official Node client tells them, by its helper and without it.

function shorten(events) {
  const names = [];
  for (const { event } of events) {
    const short = event.replace(/^thread\./, "");
    if (!(short.endsWith(".delta") && names.at(-1) === short)) names.push(short);
  }
  return names;
}

function waiting(run) {
  const calls = run?.required_action?.submit_tool_outputs.tool_calls ?? [];
  return calls.map((call) => ({ tool_call_id: call.id, output: "rain" })).reverse();
}

async function follow(begin, goOn) {
  const orders = [];
  let stream = await begin();
  for (;;) {
    const events = [];
    for await (const event of stream) events.push(event);
    orders.push(shorten(events));
    const run = events.at(-1).data;
    const tool_outputs = waiting(run);
    if (tool_outputs.length === 0) return orders;
    stream = await goOn(run.id, { thread_id: run.thread_id, tool_outputs });
  }
}

// The orders of all streams of one stage: {thread_id or null, body, helper}.
export async function play(client, { thread_id, body, helper }) {
  const { threads } = client.beta;
  const { runs } = threads;
  if (helper)
    return follow(
      () => (thread_id ? runs.stream(thread_id, body) : threads.createAndRunStream(body)),
      (run_id, handed) => runs.submitToolOutputsStream(run_id, handed),
    );
  const asked = { ...body, stream: true };
  return follow(
    () => (thread_id ? runs.create(thread_id, asked) : threads.createAndRun(asked)),
    (run_id, handed) => runs.submitToolOutputs(run_id, { ...handed, stream: true }),
  );
}
