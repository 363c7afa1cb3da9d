// Stream an answer in Node: with the helper and its events, then a second one as a plain loop.
//
//     node streaming.mjs "Name three knots for a small boat."
//
// The client reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.

import OpenAI from "openai";

const question = process.argv[2] ?? "Name three knots for a small boat.";
const openai = new OpenAI();

const assistant = await openai.beta.assistants.create({
  model: "gpt-4o",
  name: "Boatswain",
  instructions: "You teach sailors, in plain words.",
});
const thread = await openai.beta.threads.create({ messages: [{ role: "user", content: question }] });

// The helper gathers the pieces and tells what happens.
const stream = openai.beta.threads.runs
  .stream(thread.id, { assistant_id: assistant.id })
  .on("textCreated", () => process.stdout.write("assistant: "))
  .on("textDelta", (delta) => process.stdout.write(delta.value ?? ""))
  .on("textDone", () => process.stdout.write("\n"));

const [message] = await stream.finalMessages();
const run = await stream.finalRun();
console.log(`${message.id} is ${message.status}, ${run.usage.total_tokens} tokens`);

// The same without the helper: an asynchronous loop over whatever comes.
await openai.beta.threads.messages.create(thread.id, { role: "user", content: question });
const events = await openai.beta.threads.runs.create(thread.id, { assistant_id: assistant.id, stream: true });

for await (const { event, data } of events) {
  if (event === "thread.message.delta") {
    for (const part of data.delta.content ?? []) process.stdout.write(part.text?.value ?? "");
  } else if (event === "thread.run.failed") {
    throw new Error(data.last_error.message);
  } else if (event === "thread.run.completed") {
    process.stdout.write("\n");
  }
}

const { data: messages } = await openai.beta.threads.messages.list(thread.id, { order: "asc" });
console.log(`${messages.length} messages in ${thread.id.split("_")[0]}`);
