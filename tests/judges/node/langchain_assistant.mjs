// What n8n's "Message an Assistant" operation asks for over OpenAI's Node client, through LangChain's assistant runnable:
// the connected tools are put into the assistant, the run is polled, its calls are answered, the tools are put back.
//   node langchain_assistant.mjs   with {model, question, history} on standard input; prints JSON

import OpenAI from "openai";

const input = JSON.parse(await new Response(process.stdin).text());
const client = new OpenAI({ timeout: 10_000, maxRetries: 2 });
const beta = { headers: { "OpenAI-Beta": "assistants=v2" } };
const connected = {
  type: "function",
  function: {
    name: "stock",
    description: "How many pieces of an article are in stock.",
    parameters: { type: "object", properties: { article: { type: "string" } }, required: ["article"] },
  },
};

// The node "Create an Assistant" posts by itself, and looks for the name in pages of a hundred.
const assistant = await client.post("/assistants", {
  body: { model: input.model, name: "Clerk", description: "", instructions: "Be brief." },
  ...beta,
});
const listed = await client.get("/assistants", { query: { limit: 100 }, ...beta });

// "Message an Assistant", with tools and a memory of earlier messages.
const kept = (await client.beta.assistants.retrieve(assistant.id)).tools;
await client.beta.assistants.update(assistant.id, { tools: [connected] });
const thread = await client.beta.threads.create({ messages: input.history.slice(0, 32) });
for (const message of input.history.slice(32)) await client.beta.threads.messages.create(thread.id, message);

await client.beta.threads.messages.create(thread.id, { role: "user", content: input.question });
let run = await client.beta.threads.runs.create(thread.id, { assistant_id: assistant.id });
run = await ended(run);
const calls = run.required_action.submit_tool_outputs.tool_calls;
run = await client.beta.threads.runs.submitToolOutputs(run.id, {
  thread_id: thread.id,
  tool_outputs: calls.map((call) => ({ tool_call_id: call.id, output: "7 pieces" })),
});
run = await ended(run);
const messages = await client.beta.threads.messages.list(thread.id, { order: "desc" });
await client.beta.assistants.update(assistant.id, { tools: kept });

// Without a memory the thread is made with the run.
const single = await ended(
  await client.beta.threads.createAndRun({
    assistant_id: assistant.id,
    thread: { messages: [{ role: "user", content: "{{reply:Alone.}}" }] },
  }),
);
const alone = await client.beta.threads.messages.list(single.thread_id, { order: "desc" });

console.log(
  JSON.stringify({
    isListed: listed.data.some((one) => one.id === assistant.id),
    calls: calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
    answers: texts(messages.data.filter((message) => message.run_id === run.id)),
    alone: texts(alone.data.filter((message) => message.run_id === single.id)),
    tokens: run.usage.total_tokens,
    tools: (await client.beta.assistants.retrieve(assistant.id)).tools,
  }),
);

async function ended(run) {
  while (["queued", "in_progress"].includes(run.status)) {
    await new Promise((done) => setTimeout(done, 50));
    run = await client.beta.threads.runs.retrieve(run.id, { thread_id: run.thread_id });
  }
  return run;
}

function texts(messages) {
  return messages.flatMap((message) => message.content.map((part) => part.text.value));
}
