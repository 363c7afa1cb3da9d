// Files, vector stores, their files and batches by the official Node client.

import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";

const ids = (found) => found.map((one) => one.id);

async function all(page) {
  const found = [];
  for await (const one of page) found.push(one);
  return found;
}

function note(text = "The pump is on the roof.", name = "pump.md") {
  return toFile(Buffer.from(text), name);
}

async function files(client) {
  const door = client.files;
  const made = [];
  for (const at of [0, 1, 2])
    made.push(await door.create({ file: await note("The pump is on the roof.", `${at}.md`), purpose: "assistants" }));
  assert.deepEqual(await door.retrieve(made[0].id), made[0]);
  assert.equal((await door.waitForProcessing(made[0].id)).status, "processed");
  assert.equal(await (await door.content(made[0].id)).text(), "The pump is on the roof.");
  assert.deepEqual(ids(await all(door.list({ limit: 2, order: "asc" }))).slice(-3), ids(made));
  assert.deepEqual(await door.delete(made[0].id), { id: made[0].id, object: "file", deleted: true });
}

async function vectorStores(client) {
  const door = client.vectorStores;
  const made = [];
  for (const at of [0, 1, 2]) made.push(await door.create({ name: `Store ${at}` }));
  const changed = await door.update(made[0].id, { name: "Pumps", metadata: { a: "b" } });
  assert.deepEqual([changed.name, changed.metadata], ["Pumps", { a: "b" }]);
  assert.equal((await door.retrieve(made[0].id)).name, "Pumps");
  assert.deepEqual(ids(await all(door.list({ limit: 2, order: "asc" }))).slice(-3), ids(made));
  assert.equal((await door.delete(made[0].id)).object, "vector_store.deleted");
  await assert.rejects(door.retrieve(made[0].id), OpenAI.NotFoundError);
}

async function vectorStoreFiles(client) {
  const store = await client.vectorStores.create({ name: "Pumps" });
  const door = client.vectorStores.files;
  const inside = { vector_store_id: store.id };
  const first = await door.uploadAndPoll(store.id, await note());
  const kept = await client.files.create({ file: await note("The key hangs in the hall.", "key.md"), purpose: "assistants" });
  const second = await door.createAndPoll(store.id, { file_id: kept.id, attributes: { floor: 1 } });
  assert.deepEqual([first.status, second.status, second.attributes], ["completed", "completed", { floor: 1 }]);
  assert.deepEqual(await door.retrieve(second.id, inside), second);
  const changed = await door.update(second.id, { ...inside, attributes: { floor: 2, dry: true } });
  assert.deepEqual(changed.attributes, { floor: 2, dry: true });
  const listed = await all(door.list(store.id, { limit: 1, order: "asc", filter: "completed" }));
  assert.deepEqual(ids(listed), [first.id, second.id]);
  const [page] = await all(door.content(second.id, inside));
  assert.equal(page.text, "The key hangs in the hall.");
  const filters = { type: "eq", key: "floor", value: 2 };
  const found = await all(client.vectorStores.search(store.id, { query: "Where is the key?", filters }));
  assert.deepEqual(found.map((one) => one.file_id), [second.id]);
  assert.equal((await door.delete(first.id, inside)).object, "vector_store.file.deleted");
  assert.deepEqual(ids(await all(door.list(store.id))), [second.id]);
}

async function fileBatches(client) {
  const store = await client.vectorStores.create({ name: "Pumps" });
  const door = client.vectorStores.fileBatches;
  const inside = { vector_store_id: store.id };
  const brought = await door.uploadAndPoll(store.id, {
    files: [await note("One.", "a.md"), await note("Another.", "b.md")],
  });
  assert.deepEqual([brought.status, brought.file_counts.completed, brought.file_counts.total], ["completed", 2, 2]);
  assert.deepEqual(await door.retrieve(brought.id, inside), brought);
  assert.equal((await all(door.listFiles(brought.id, { ...inside, limit: 1 }))).length, 2);
  const kept = await client.files.create({ file: await note("A third.", "c.md"), purpose: "assistants" });
  const again = await door.createAndPoll(store.id, { file_ids: [kept.id] });
  assert.deepEqual([again.status, again.file_counts.total], ["completed", 1]);
  assert.equal((await door.cancel(again.id, inside)).file_counts.completed, 1);
}

export const checks = { files, vectorStores, vectorStoreFiles, fileBatches };
