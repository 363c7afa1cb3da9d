// LangChain's chat model, tool calls and embeddings, as programs and n8n's "OpenAI Chat Model" node use it: prints JSON.
//   node langchain.mjs   with {model, question, responses} on standard input; address and key in the environment

import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";

const input = JSON.parse(await new Response(process.stdin).text());
const configuration = { baseURL: process.env.OPENAI_BASE_URL };
const chat = new ChatOpenAI({
  model: input.model,
  apiKey: process.env.OPENAI_API_KEY,
  temperature: 0.7,
  frequencyPenalty: 0,
  presencePenalty: 0,
  maxRetries: 0,
  supportsStrictToolCalling: false,
  useResponsesApi: input.responses ?? false,
  configuration,
});
const stock = tool(({ article }) => `7 of ${article}`, {
  name: "stock",
  description: "How many pieces of an article are in stock.",
  schema: { type: "object", properties: { article: { type: "string" } }, required: ["article"] },
});

const question = { role: "user", content: input.question };
const called = await chat.bindTools([stock]).invoke([question]);
const outputs = await Promise.all(called.tool_calls.map((call) => stock.invoke(call)));
const answer = await chat.bindTools([stock]).invoke([question, called, ...outputs]);

const place = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const structured = await chat.withStructuredOutput(place, { name: "place", method: "jsonSchema" }).invoke("Where?");

const embeddings = new OpenAIEmbeddings({ model: "local/wordllama", apiKey: process.env.OPENAI_API_KEY, configuration });
const vectors = await embeddings.embedDocuments(["a kettle", "a pan"]);

const pieces = [];
for await (const piece of await chat.stream([{ role: "user", content: input.streamed }])) pieces.push(piece.text);

console.log(
  JSON.stringify({
    calls: called.tool_calls.map(({ name, args }) => ({ name, args })),
    outputs: outputs.map((output) => output.content),
    answer: answer.text,
    structured,
    dimensions: vectors.map((vector) => vector.length),
    tokens: answer.usage_metadata.total_tokens,
    pieces: pieces.filter(Boolean),
  }),
);
