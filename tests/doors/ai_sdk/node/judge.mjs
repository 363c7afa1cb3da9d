// The AI SDK's own client against a running server: plays one scenario and prints what the page would hold, as JSON.
//   node judge.mjs SCENARIO   with {base, key, …} on standard input

const packages = new URL("../../../../web/node_modules/", import.meta.url);
const { DefaultChatTransport, callCompletionApi, readUIMessageStream } = await import(new URL("ai/dist/index.js", packages));
const { Chat } = await import(new URL("@ai-sdk/react/dist/index.js", packages));

const input = JSON.parse(await new Response(process.stdin).text());
const headers = { Authorization: `Bearer ${input.key}` };

function transport() {
  return new DefaultChatTransport({ api: `${input.base}/api/v1/chat`, headers });
}

function open(id, messages = []) {
  return new Chat({ id, messages, transport: transport(), onError: () => {} });
}

function textOf(message) {
  return message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("") ?? "";
}

function snapshot(chat) {
  return { messages: chat.messages, status: chat.status, error: chat.error?.message ?? null };
}

// Resolves when the chat's last message is an answer of at least so many characters.
function longer(chat, length) {
  return new Promise((resolve) => {
    const look = () => {
      const last = chat.messages.at(-1);
      if (last?.role === "assistant" && textOf(last).length >= length) resolve();
    };
    chat["~registerMessagesCallback"](look);
    look();
  });
}

const scenarios = {
  async send() {
    const chat = open(input.chat);
    const lengths = new Set();
    chat["~registerMessagesCallback"](() => lengths.add(textOf(chat.messages.at(-1)).length));
    for (const text of input.texts) await chat.sendMessage({ text });
    return { ...snapshot(chat), lengths: lengths.size };
  },

  // What `useCompletion` calls, without the page around it.
  async completion() {
    const seen = { completions: 0, error: null, finished: null };
    const result = await callCompletionApi({
      api: `${input.base}/api/v1/completion`,
      prompt: input.texts[0],
      credentials: undefined,
      headers,
      body: {},
      streamProtocol: "data",
      setCompletion: () => (seen.completions += 1),
      setLoading: () => {},
      setError: (error) => (seen.error = error?.message ?? null),
      setAbortController: () => {},
      onFinish: (prompt, completion) => (seen.finished = { prompt, completion }),
      onError: () => {},
      fetch,
    });
    return { ...seen, result: result ?? null };
  },

  async stop() {
    const chat = open(input.chat);
    const sending = chat.sendMessage({ text: input.texts[0] });
    await longer(chat, 10);
    await fetch(`${input.base}/api/v1/chat/${input.chat}/stop`, { method: "POST", headers });
    await sending;
    return snapshot(chat);
  },

  // A foreign page has only `stop()`, which closes the connection; its next message overtakes the answer.
  async overtake() {
    const chat = open(input.chat);
    const sending = chat.sendMessage({ text: input.texts[0] });
    await longer(chat, 10);
    await chat.stop();
    await sending;
    const stopped = textOf(chat.messages.at(-1));
    await chat.sendMessage({ text: input.texts[1] });
    return { ...snapshot(chat), stopped };
  },

  async resume() {
    const first = open(input.chat);
    const sending = first.sendMessage({ text: input.texts[0] });
    await longer(first, 10);
    await first.stop();
    await sending;
    const left = textOf(first.messages.at(-1)).length;
    const second = open(input.chat, [first.messages[0]]);
    await second.resumeStream();
    const after = snapshot(second);
    await second.resumeStream();
    const fresh = open(`${input.chat}-new`);
    await fresh.resumeStream();
    return { ...after, left, again: snapshot(second), fresh: snapshot(fresh) };
  },

  async regenerate() {
    const chat = open(input.chat);
    await chat.sendMessage({ text: input.texts[0] });
    const first = chat.messages.at(-1).id;
    await chat.regenerate();
    const second = chat.messages.at(-1).id;
    await chat.regenerate({ messageId: second });
    return { ...snapshot(chat), ids: [first, second, chat.messages.at(-1).id] };
  },

  async edit() {
    const chat = open(input.chat);
    await chat.sendMessage({ text: input.texts[0] });
    await chat.sendMessage({ text: input.texts[1] });
    const edited = chat.messages.at(-2).id;
    await chat.sendMessage({ text: input.texts[2], messageId: edited });
    return snapshot(chat);
  },

  // Streams that were written elsewhere: what the client makes of each.
  async read() {
    const read = [];
    for (const body of input.bodies) {
      let message = null;
      let error = null;
      try {
        const stream = transport().processResponseStream(new Response(body).body);
        const messages = readUIMessageStream({ stream, terminateOnError: true });
        for await (const one of messages) message = one;
      } catch (caught) {
        error = caught.message;
      }
      read.push({ message, error });
    }
    return read;
  },
};

console.log(JSON.stringify(await scenarios[process.argv[2]]()));
