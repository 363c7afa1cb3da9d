// Assistants, threads and messages by the official Node client.

import assert from "node:assert/strict";
import OpenAI from "openai";

async function all(page) {
  const found = [];
  for await (const one of page) found.push(one);
  return found;
}

const ids = (found) => found.map((one) => one.id);

async function assistants(client, { model }) {
  const door = client.beta.assistants;
  const made = [];
  for (const at of [0, 1, 2]) made.push(await door.create({ model, name: `Pump ${at}` }));
  const [first] = made;
  assert.deepEqual(await door.retrieve(first.id), first);
  const changed = await door.update(first.id, { description: "Pumps.", metadata: { a: "b" } });
  assert.deepEqual([changed.name, changed.description, changed.metadata], ["Pump 0", "Pumps.", { a: "b" }]);
  const listed = await all(door.list({ limit: 1, order: "asc", after: first.id }));
  assert.deepEqual(ids(listed), ids(made.slice(1)));
  assert.deepEqual(await door.delete(first.id), { id: first.id, object: "assistant.deleted", deleted: true });
  await assert.rejects(door.retrieve(first.id), OpenAI.NotFoundError);
}

async function threads(client) {
  const door = client.beta.threads;
  const made = await door.create({ metadata: { chat: "1" }, messages: [{ role: "user", content: "Hi." }] });
  assert.deepEqual(await door.retrieve(made.id), made);
  assert.deepEqual((await door.update(made.id, { metadata: { chat: "2" } })).metadata, { chat: "2" });
  assert.deepEqual(await door.delete(made.id), { id: made.id, object: "thread.deleted", deleted: true });
  await assert.rejects(door.retrieve(made.id), OpenAI.NotFoundError);
}

async function messages(client) {
  const thread = await client.beta.threads.create();
  const door = client.beta.threads.messages;
  const made = [];
  for (const at of [0, 1, 2]) made.push(await door.create(thread.id, { role: "user", content: `Line ${at}.` }));
  const inside = { thread_id: thread.id };
  assert.deepEqual(await door.retrieve(made[0].id, inside), made[0]);
  const changed = await door.update(made[0].id, { ...inside, metadata: { a: "b" } });
  assert.deepEqual(changed.metadata, { a: "b" });
  assert.deepEqual(changed.content, [{ type: "text", text: { value: "Line 0.", annotations: [] } }]);
  assert.deepEqual(ids(await all(door.list(thread.id, { limit: 1, order: "asc" }))), ids(made));
  assert.equal((await door.delete(made[1].id, inside)).object, "thread.message.deleted");
  assert.deepEqual(ids(await all(door.list(thread.id))), [made[2].id, made[0].id]);
}

async function strangeKeysAndIds(client, { base }) {
  const stranger = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-nobody", maxRetries: 0 });
  await assert.rejects(stranger.beta.assistants.list(), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.deepEqual([error.status, error.code, error.type], [401, "invalid_api_key", "invalid_request_error"]);
    return true;
  });
  await assert.rejects(client.beta.threads.retrieve("thread_nobody"), (error) => {
    assert.deepEqual([error.status, error.code, error.param], [404, null, null]);
    assert.equal(error.message, "404 No thread found with id 'thread_nobody'.");
    assert.match(error.requestID, /^req_/);
    return true;
  });
}

export const checks = { assistants, threads, messages, strangeKeysAndIds };
