// Pages of the AI SDK's own client that outlive their server. Lines of JSON on standard input, {id, verb, chat, …}, say
// what their readers do; each is answered by {id, result} or {id, error}.
//   node pages.mjs '{"base": …, "headers": {…}}'
import { createInterface } from "node:readline";

const packages = new URL("../../web/node_modules/", import.meta.url);
const ai = await import(new URL("ai/dist/index.js", packages));
const { Chat } = await import(new URL("@ai-sdk/react/dist/index.js", packages));

const { base, headers } = JSON.parse(process.argv[2]);
const api = `${base}/api/v1/chat`;
const AGAIN_MILLISECONDS = 50;
const PATIENCE_MILLISECONDS = 30_000;
const FINAL = ["completed", "failed", "cancelled"];

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const pages = new Map();

class Page {
  constructor(id) {
    this.breaks = 0;
    this.isRead = false;
    let sent = null;
    const prepareSendMessagesRequest = ({ messages, trigger, messageId, requestMetadata }) => {
      // What never arrived is sent once more as it was: messages have names, so the server keeps each once.
      if (!requestMetadata?.isRepeated) sent = { id, messages, trigger, messageId };
      return { body: sent };
    };
    this.chat = new Chat({
      id,
      transport: new ai.DefaultChatTransport({ api, headers, prepareSendMessagesRequest }),
      onError: () => (this.breaks += 1),
      sendAutomaticallyWhen: ai.lastAssistantMessageIsCompleteWithApprovalResponses,
    });
  }

  get last() {
    return this.chat.messages.at(-1);
  }

  get tools() {
    return this.chat.messages.flatMap((message) => message.parts.filter(ai.isToolUIPart));
  }

  get waits() {
    return this.tools.filter((part) => part.state === "approval-requested");
  }

  get isOver() {
    return this.isRead || FINAL.includes(this.last?.metadata?.status);
  }

  // Whether its reader has said something of which the server may not know.
  get hasWord() {
    return this.tools.some((part) => part.state === "approval-responded");
  }

  async until(holds) {
    const end = Date.now() + PATIENCE_MILLISECONDS;
    while (Date.now() < end) {
      if (["ready", "error"].includes(this.chat.status)) {
        if (holds()) return;
        await this.comeBack();
      }
      await pause(AGAIN_MILLISECONDS);
    }
    throw new Error(`it never came: ${JSON.stringify(this.shown)}`);
  }

  async comeBack() {
    if (this.last.role === "user") return this.chat.regenerate({ metadata: { isRepeated: true } });
    if (this.hasWord && this.chat.status === "error") return this.chat.sendMessage();
    const before = JSON.stringify(this.chat.messages);
    await this.chat.resumeStream();
    if (this.chat.status === "ready" && !this.isOver && JSON.stringify(this.chat.messages) === before) await this.read();
  }

  // Nothing streams any more: what a page gets that is opened anew.
  async read() {
    const answer = await fetch(`${api}/${this.chat.id}`, { headers }).catch(() => null);
    const detail = answer?.ok ? await answer.json() : null;
    this.isRead = detail !== null && detail.live_run === null;
  }

  get shown() {
    const { messages, status, error } = this.chat;
    return { messages, status, error: error?.message ?? null, breaks: this.breaks, isRead: this.isRead };
  }
}

const verbs = {
  // Ask, and read until the page waits for its reader or the answer is over.
  async ask({ chat, text }) {
    const page = new Page(chat);
    pages.set(chat, page);
    await page.chat.sendMessage({ text });
    await page.until(() => page.waits.length > 0 || page.isOver);
    return page.last.metadata.run_id;
  },

  // Press a button, if there is one.
  async decide({ chat, approved }) {
    const [part] = pages.get(chat).waits;
    if (part) await pages.get(chat).chat.addToolApprovalResponse({ id: part.approval.id, approved });
  },

  // Press it again if the line broke, and do not wait for what comes of it.
  async insist({ chat }) {
    const page = pages.get(chat);
    if (page.hasWord && page.chat.status === "error") void page.comeBack();
  },

  // Read to the end of the answer.
  async finish({ chat }) {
    const page = pages.get(chat);
    await page.until(() => page.isOver);
    return page.shown;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, verb, ...given } = JSON.parse(line);
  verbs[verb](given).then(
    (result = null) => console.log(JSON.stringify({ id, result })),
    (error) => console.log(JSON.stringify({ id, error: String(error?.stack ?? error) })),
  );
}
