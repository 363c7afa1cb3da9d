// The official Node client as judge of the Responses door: plays every check and prints one line of JSON for each.
//   node responses.mjs   with {base, key, model, weather, asked, question, store} on standard input

import assert, { AssertionError } from "node:assert";
import OpenAI, { NotFoundError } from "openai";

const input = JSON.parse(await new Response(process.stdin).text());
const client = new OpenAI({ baseURL: `${input.base}/v1`, apiKey: input.key, maxRetries: 0 });
const model = input.model;

// The frames of a stream, counted without a gap; what it opens, it closes.
async function framesOf(stream) {
  const frames = [];
  for await (const event of stream) frames.push(event);
  assert.deepEqual(frames.map((one) => one.sequence_number), [...frames.keys()]);
  const of = (type) => frames.filter((one) => one.type === type);
  assert.equal(of("response.output_item.added").length, of("response.output_item.done").length);
  const last = frames.at(-1).response;
  assert.deepEqual(of("response.output_item.done").map((one) => one.item), last.output);
  return { frames, last };
}

const checks = {
  async "an answer"() {
    const response = await client.responses.create({ model, input: "{{reply:Hello.}}" });
    assert.equal(response.output_text, "Hello.");
    const again = await client.responses.retrieve(response.id);
    assert.equal(again.output_text, "Hello.");
    await client.responses.delete(response.id);
    await assert.rejects(client.responses.retrieve(response.id), NotFoundError);
  },

  async "a raw stream"() {
    const stream = await client.responses.create({ model, input: "{{words:5}}", stream: true });
    const { frames, last } = await framesOf(stream);
    assert.equal(frames[0].type, "response.created");
    assert.equal(last.output[0].content[0].text, "w0 w1 w2 w3 w4");
  },

  async "the helper of streams"() {
    const said = [];
    const stream = client.responses
      .stream({ model, input: "{{words:5}}" })
      .on("response.output_text.delta", (event) => said.push(event.delta));
    const final = await stream.finalResponse();
    assert.equal(said.join(""), final.output_text);
    assert.equal(final.output_text, "w0 w1 w2 w3 w4");
  },

  async "functions"() {
    const tools = [input.weather];
    const first = await client.responses.create({ model, input: input.asked, tools });
    const [call] = first.output.filter((item) => item.type === "function_call");
    assert.deepEqual(JSON.parse(call.arguments), { place: "Bern" });
    const outputs = [{ type: "function_call_output", call_id: call.call_id, output: "12 degrees" }];
    const stream = client.responses.stream({ model, input: outputs, tools, previous_response_id: first.id });
    const final = await stream.finalResponse();
    assert.equal(final.output_text, "Well.");
    const listed = [];
    for await (const item of client.responses.inputItems.list(final.id)) listed.push(item.type);
    assert.deepEqual(listed, ["function_call_output"]);
  },

  async "the whole talk sent again"() {
    const tools = [input.weather];
    const said = [{ role: "user", content: input.asked }];
    const first = await client.responses.create({ model, input: said, tools, store: false });
    said.push(...first.output);
    for (const item of first.output) {
      if (item.type !== "function_call") continue;
      said.push({ type: "function_call_output", call_id: item.call_id, output: "12 degrees" });
    }
    const second = await client.responses.create({ model, input: said, tools, store: false });
    assert.equal(second.output_text, "Well.");
  },

  async "structured answers"() {
    const schema = {
      type: "object",
      properties: { name: { type: "string" } },
      required: ["name"],
      additionalProperties: false,
    };
    const format = { type: "json_schema", name: "place", schema, strict: true };
    const response = await client.responses.parse({ model, input: '{{reply:{"name": "roof"}}}', text: { format } });
    assert.deepEqual(JSON.parse(response.output_text), { name: "roof" });
  },

  async "the background"() {
    let response = await client.responses.create({ model, input: "{{words:4}}", background: true });
    while (["queued", "in_progress"].includes(response.status)) {
      await new Promise((done) => setTimeout(done, 50));
      response = await client.responses.retrieve(response.id);
    }
    assert.equal(response.output_text, "w0 w1 w2 w3");
    const stream = await client.responses.retrieve(response.id, { stream: true });
    const { frames } = await framesOf(stream);
    const rest = await client.responses.retrieve(response.id, { stream: true, starting_after: 3 });
    const read = [];
    for await (const event of rest) read.push(event);
    assert.deepEqual(read, frames.slice(4));
    const cancelled = await client.responses.create({ model, input: "{{words:400}}{{pace_ms:20}}", background: true });
    assert.equal((await client.responses.cancel(cancelled.id)).status, "cancelled");
  },

  async "a search"() {
    const tools = [{ type: "file_search", vector_store_ids: [input.store] }];
    const include = ["file_search_call.results"];
    const { last } = await framesOf(
      await client.responses.create({ model, input: input.question, tools, include, stream: true }),
    );
    const [search, message] = last.output;
    assert.equal(search.results[0].filename, "pump.txt");
    const [cited] = message.content[0].annotations;
    assert.deepEqual([cited.type, cited.filename], ["file_citation", "pump.txt"]);
  },

  async "a conversation"() {
    const made = await client.conversations.create({ items: [{ role: "user", content: "Hello." }], metadata: { a: "b" } });
    await client.responses.create({ model, input: "{{reply:One.}}", conversation: made.id });
    const items = [];
    for await (const item of client.conversations.items.list(made.id, { limit: 2, order: "asc" })) items.push(item);
    assert.deepEqual(items.map((item) => item.role), ["user", "user", "assistant"]);
    const one = await client.conversations.items.retrieve(items[2].id, { conversation_id: made.id });
    assert.deepEqual(one, items[2]);
    await client.conversations.items.create(made.id, { items: [{ role: "user", content: "More." }] });
    await client.conversations.items.delete(items[0].id, { conversation_id: made.id });
    const changed = await client.conversations.update(made.id, { metadata: { c: "d" } });
    assert.deepEqual(changed.metadata, { c: "d" });
    assert.equal((await client.conversations.delete(made.id)).deleted, true);
    await assert.rejects(client.conversations.retrieve(made.id), NotFoundError);
  },
};

for (const [name, check] of Object.entries(checks)) {
  const told = { name, error: null };
  try {
    await check();
  } catch (error) {
    told.error = error instanceof AssertionError ? error.message : String(error.stack);
  }
  console.log(JSON.stringify(told));
}
