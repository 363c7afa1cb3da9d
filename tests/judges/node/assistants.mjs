// The official Node client as judge of the Assistants door: plays every check and prints one line of JSON for each.
//   node assistants.mjs   with {base, key, model, weather, stages} on standard input

import { AssertionError } from "node:assert";
import OpenAI from "openai";
import { checks as objects } from "./assistants_objects.mjs";
import { checks as runs } from "./assistants_runs.mjs";
import { play } from "./assistants_scenes.mjs";
import { checks as stores } from "./assistants_stores.mjs";

const input = JSON.parse(await new Response(process.stdin).text());

// Keeps what was asked and went well, so that nobody has to believe what a check says of itself.
function keeping(asked) {
  return async (url, options) => {
    const answer = await fetch(url, options);
    if (answer.status === 200) asked.push([options?.method ?? "GET", new URL(url).pathname]);
    return answer;
  };
}

function open(asked, options = {}) {
  return new OpenAI({ baseURL: `${input.base}/v1`, apiKey: input.key, maxRetries: 0, fetch: keeping(asked), ...options });
}

async function judge(name, check) {
  const asked = [];
  const told = { name, asked, error: null, value: null };
  try {
    told.value = (await check(open(asked), input)) ?? null;
  } catch (error) {
    told.error = error instanceof AssertionError ? error.message : String(error.stack);
  }
  console.log(JSON.stringify(told));
}

for (const [name, check] of Object.entries({ ...objects, ...runs, ...stores })) await judge(name, check);
for (const stage of input.stages) await judge(stage.name, (client) => play(client, stage));
