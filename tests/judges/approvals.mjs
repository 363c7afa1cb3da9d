// The AI SDK's own client in turns that wait for somebody: plays one scenario and prints what pages hold, as JSON.
//   node approvals.mjs SCENARIO   with {base, key, chat, texts, …} on standard input

const packages = new URL("../../web/node_modules/", import.meta.url);
const ai = await import(new URL("ai/dist/index.js", packages));
const { Chat } = await import(new URL("@ai-sdk/react/dist/index.js", packages));

const input = JSON.parse(await new Response(process.stdin).text());
const headers = { Authorization: `Bearer ${input.key}` };
const posts = [];
const clientTools = [{ name: "readScreen", description: "What the page shows.", parameters: { type: "object" } }];

// Keeps what a page sends, to send it again.
async function keeping(url, options) {
  if (options?.method === "POST") posts.push(options.body);
  return fetch(url, options);
}

function open({ messages = [], automatic = true, onToolCall } = {}) {
  const api = `${input.base}/api/v1/chat`;
  const chat = new Chat({
    id: input.chat,
    messages,
    transport: new ai.DefaultChatTransport({ api, headers, body: { clientTools }, fetch: keeping }),
    onError: () => {},
    onToolCall: onToolCall && ((event) => onToolCall(chat, event)),
    sendAutomaticallyWhen: automatic ? complete : undefined,
  });
  return chat;
}

function complete(options) {
  return (
    ai.lastAssistantMessageIsCompleteWithApprovalResponses(options) ||
    ai.lastAssistantMessageIsCompleteWithToolCalls(options)
  );
}

function tools(chat) {
  return chat.messages.flatMap((message) => message.parts.filter(ai.isToolUIPart));
}

function waits(chat) {
  return tools(chat).filter((part) => part.state === "approval-requested");
}

function snapshot(chat) {
  return { messages: chat.messages, status: chat.status, error: chat.error?.message ?? null, posts: posts.length };
}

async function until(chat, holds) {
  for (let tries = 0; tries < 500; tries += 1) {
    if (["ready", "error"].includes(chat.status) && holds()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`it never came: ${JSON.stringify(snapshot(chat))}`);
}

function textOf(chat) {
  return chat.messages
    .at(-1)
    .parts.map((part) => (part.type === "text" ? part.text : ""))
    .join("");
}

async function decide(chat, approved, reason) {
  const [part] = waits(chat);
  await chat.addToolApprovalResponse({ id: part.approval.id, approved, reason });
}

async function elsewhere(path, body) {
  const answer = await fetch(`${input.base}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

// Nobody can decide any more.
async function over(actionId) {
  for (let tries = 0; tries < 500; tries += 1) {
    const action = await (await fetch(`${input.base}/api/v1/actions/${actionId}`, { headers })).json();
    if (action.state !== "waiting") return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`it never expired: ${actionId}`);
}

function readScreen(chat, { toolCall }) {
  if (toolCall.toolName === "readScreen")
    chat.addToolOutput({ tool: "readScreen", toolCallId: toolCall.toolCallId, output: { title: "Orders" } });
}

const scenarios = {
  async decide() {
    const chat = open();
    await chat.sendMessage({ text: input.texts[0] });
    const asked = structuredClone(snapshot(chat));
    await decide(chat, input.approved, input.reason);
    await until(chat, () => textOf(chat).length > 0);
    return { ...snapshot(chat), asked };
  },

  // One approval behind the other in the same turn.
  async decideEach() {
    const chat = open();
    await chat.sendMessage({ text: input.texts[0] });
    for (let at = 0; at < input.times; at += 1) {
      await until(chat, () => waits(chat).length > 0);
      await decide(chat, true);
    }
    await until(chat, () => textOf(chat).length > 0);
    return snapshot(chat);
  },

  async clientTool() {
    const chat = open({ onToolCall: readScreen });
    await chat.sendMessage({ text: input.texts[0] });
    await until(chat, () => textOf(chat).length > 0);
    return snapshot(chat);
  },

  // One step asks the page and a person.
  async both() {
    const chat = open({ onToolCall: readScreen });
    await chat.sendMessage({ text: input.texts[0] });
    await until(chat, () => waits(chat).length > 0);
    await decide(chat, true);
    await until(chat, () => textOf(chat).length > 0);
    return snapshot(chat);
  },

  // Another page comes to the waiting turn, and decides.
  async resume() {
    const first = open();
    await first.sendMessage({ text: input.texts[0] });
    const second = open({ messages: [first.messages[0]] });
    await second.resumeStream();
    const waiting = structuredClone(snapshot(second));
    await decide(second, true);
    await until(second, () => textOf(second).length > 0);
    await first.resumeStream();
    return { ...snapshot(second), waiting, first: snapshot(first) };
  },

  // Somebody decides through another door while the page is open.
  async decidedElsewhere() {
    const chat = open();
    await chat.sendMessage({ text: input.texts[0] });
    const [part] = waits(chat);
    await elsewhere(`/api/v1/actions/${part.approval.id}/decide`, input.said);
    await chat.resumeStream();
    await until(chat, () => textOf(chat).length > 0);
    return snapshot(chat);
  },

  async expire() {
    const chat = open();
    await chat.sendMessage({ text: input.texts[0] });
    await over(waits(chat)[0].approval.id);
    await decide(chat, true);
    await until(chat, () => textOf(chat).length > 0);
    return snapshot(chat);
  },

  // Every request of the talk arrives a second time.
  async twice() {
    const chat = open();
    await chat.sendMessage({ text: input.texts[0] });
    await decide(chat, true);
    await until(chat, () => textOf(chat).length > 0);
    const last = posts.at(-1);
    const held = chat.messages.at(-1);
    const answer = await fetch(`${input.base}/api/v1/chat`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: last,
    });
    const stream = new ai.DefaultChatTransport().processResponseStream(answer.body);
    const message = JSON.parse(last).messages.at(-1);
    let again = null;
    for await (const one of ai.readUIMessageStream({ message, stream, terminateOnError: true })) again = one;
    return { ...snapshot(chat), held, again };
  },
};

console.log(JSON.stringify(await scenarios[process.argv[2]]()));
