// Runs and their steps by the official Node client: its pollers, its streams with every listener, old code that asks wrongly.

import assert from "node:assert/strict";
import OpenAI from "openai";

const SEARCHED = "step_details.tool_calls[*].file_search.results[*].content";
const HEARD = [
  "run", "event", "end",
  "messageCreated", "messageDelta", "messageDone",
  "runStepCreated", "runStepDelta", "runStepDone",
  "toolCallCreated", "toolCallDelta", "toolCallDone",
  "textCreated", "textDelta", "textDone",
];

const calling = (place) => `{{tool:get_weather:{"place": "${place}"}}}`;
const user = (content) => ({ role: "user", content });
const textOf = (message) => message.content[0].text.value;

async function all(page) {
  const found = [];
  for await (const one of page) found.push(one);
  return found;
}

function outputs(run) {
  const calls = run.required_action.submit_tool_outputs.tool_calls;
  return calls.map((call) => ({ tool_call_id: call.id, output: "rain" })).reverse();
}

async function pollers(client, { model }) {
  const assistant = await client.beta.assistants.create({ model });
  const { threads } = client.beta;
  const first = await threads.createAndRunPoll({
    assistant_id: assistant.id,
    thread: { messages: [user("{{reply:One.}}")] },
  });
  const thread_id = first.thread_id;
  await threads.messages.create(thread_id, user("{{reply:Two.}}"));
  const second = await threads.runs.createAndPoll(thread_id, { assistant_id: assistant.id });
  assert.deepEqual([first.status, second.status], ["completed", "completed"]);
  const listed = await all(threads.runs.list(thread_id, { limit: 1 }));
  assert.deepEqual(listed.map((one) => one.id), [second.id, first.id]);
  const changed = await threads.runs.update(second.id, { thread_id, metadata: { seen: "yes" } });
  assert.deepEqual(changed.metadata, { seen: "yes" });
  assert.deepEqual(await threads.runs.retrieve(second.id, { thread_id }), changed);
  const [step] = await all(threads.runs.steps.list(second.id, { thread_id, include: [SEARCHED] }));
  const again = await threads.runs.steps.retrieve(step.id, { thread_id, run_id: second.id, include: [SEARCHED] });
  assert.deepEqual(again, step);
  const [answer] = await all(threads.messages.list(thread_id, { run_id: second.id }));
  assert.equal(textOf(answer), "Two.");
}

async function cancel(client, { model }) {
  const assistant = await client.beta.assistants.create({ model });
  const { threads } = client.beta;
  const run = await threads.createAndRun({
    assistant_id: assistant.id,
    thread: { messages: [user("{{hang}} wait")] },
  });
  const inside = { thread_id: run.thread_id };
  assert.equal((await threads.runs.cancel(run.id, inside)).status, "cancelling");
  assert.equal((await threads.runs.poll(run.id, inside)).status, "cancelled");
}

async function outputsByThePoller(client, { model, weather }) {
  const assistant = await client.beta.assistants.create({ model, tools: [weather] });
  const text = `${calling("Bern")} ${calling("Chur")} {{parallel_tools:2}} {{reply:It rains.}}`;
  const { threads } = client.beta;
  const run = await threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: [user(text)] } });
  assert.equal(run.status, "requires_action");
  const handed = { thread_id: run.thread_id, tool_outputs: outputs(run) };
  assert.equal((await threads.runs.submitToolOutputsAndPoll(run.id, handed)).status, "completed");
  assert.equal(textOf((await threads.messages.list(run.thread_id, { limit: 1 })).data[0]), "It rains.");
}

// Counts what a stream tells its listeners; keeps the texts of some.
function listen(stream) {
  const heard = Object.fromEntries(HEARD.map((name) => [name, 0]));
  const pieces = [];
  for (const name of HEARD) stream.on(name, () => (heard[name] += 1));
  stream.on("textDelta", (delta) => pieces.push(delta.value ?? ""));
  stream.on("toolCallDelta", (delta) => pieces.push(delta.function?.arguments ?? ""));
  return { heard, pieces };
}

async function listeners(client, { model, weather }) {
  const assistant = await client.beta.assistants.create({ model, tools: [weather] });
  const text = `${calling("Bern")} {{reply:It rains.}}`;
  const { threads } = client.beta;
  const stream = threads.createAndRunStream({ assistant_id: assistant.id, thread: { messages: [user(text)] } });
  const asked = listen(stream);
  const run = await stream.finalRun();
  assert.equal(run.status, "requires_action");
  assert.equal(asked.pieces.join(""), '{"place": "Bern"}');
  const [step] = await stream.finalRunSteps();
  const [call] = step.step_details.tool_calls;
  assert.deepEqual([call.function.name, call.function.arguments], ["get_weather", '{"place": "Bern"}']);

  const handed = { thread_id: run.thread_id, tool_outputs: outputs(run) };
  const rest = threads.runs.submitToolOutputsStream(run.id, handed);
  const answered = listen(rest);
  const [message] = await rest.finalMessages();
  assert.equal(textOf(message), "It rains.");
  assert.equal(answered.pieces.join(""), "It rains.");
  assert.equal((await rest.finalRun()).status, "completed");
  const never = HEARD.filter((name) => asked.heard[name] + answered.heard[name] === 0);
  assert.deepEqual(never, []);
  for (const name of ["messageCreated", "messageDone", "textCreated", "textDone"])
    assert.deepEqual([asked.heard[name], answered.heard[name]], [0, 1], name);
}

async function aReaderThatLeaves(client, { model }) {
  const assistant = await client.beta.assistants.create({ model });
  const { threads } = client.beta;
  const thread = await threads.create({ messages: [user("{{words:40}} {{pace_ms:5}}")] });
  const stream = threads.runs.stream(thread.id, { assistant_id: assistant.id });
  let run_id;
  for await (const event of stream) {
    if (event.event === "thread.run.created") run_id = event.data.id;
    if (event.event === "thread.message.delta") break;
  }
  const run = await threads.runs.poll(run_id, { thread_id: thread.id });
  assert.equal(run.status, "completed");
  assert.match(textOf((await threads.messages.list(thread.id, { limit: 1 })).data[0]), /w39$/);
}

// Before its fifth version this client took the thread's id first. Old code then asked for the thread "undefined"; by now
// the client notices by itself when nothing was given, but not when it was written into a text.
async function oldArguments(client) {
  const { runs } = client.beta.threads;
  await assert.rejects(async () => runs.retrieve("thread_1", "run_1"), /Path parameters result in path with invalid segments/);
  const wrong = [
    [() => runs.retrieve("thread_1", { thread_id: `${undefined}` }), "thread_id", "undefined", "thread"],
    [() => runs.cancel("undefined", { thread_id: "thread_1" }), "run_id", "undefined", "run"],
    [() => runs.retrieve("thread_1", { thread_id: "thread_1" }), "run_id", "thread_1", "run"],
    [() => runs.steps.list("run_1", { thread_id: "null" }), "thread_id", "null", "thread"],
  ];
  for (const [ask, param, given, prefix] of wrong)
    await assert.rejects(async () => ask(), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.deepEqual([error.status, error.code, error.param], [400, "invalid_value", param]);
      assert.equal(error.message, `400 Invalid '${param}': '${given}'. Expected an ID that begins with '${prefix}'.`);
      return true;
    });
}

async function oneRunAtATime(client, { model }) {
  const assistant = await client.beta.assistants.create({ model });
  const { threads } = client.beta;
  const thread = await threads.create({ messages: [user("{{hang}} wait")] });
  // Retried answers would be counted as well: a lock is no reason to try again.
  const eager = client.withOptions({ maxRetries: 2 });
  const begun = await Promise.allSettled(
    Array.from({ length: 10 }, () => eager.beta.threads.runs.create(thread.id, { assistant_id: assistant.id })),
  );
  const runs = begun.filter((one) => one.status === "fulfilled").map((one) => one.value);
  assert.equal(runs.length, 1);
  const words = `400 Thread ${thread.id} already has an active run ${runs[0].id}.`;
  const refused = begun.filter((one) => one.status === "rejected").map((one) => one.reason.message);
  assert.deepEqual(refused, Array.from({ length: 9 }, () => words));
  await threads.runs.cancel(runs[0].id, { thread_id: thread.id });
}

export const checks = {
  pollers,
  cancel,
  outputsByThePoller,
  listeners,
  aReaderThatLeaves,
  oldArguments,
  oneRunAtATime,
};
