// The element that other sites put on their pages: a frame with the chat in it, as a button, a sidebar or a column.
import { type FromElement, type Kind, type Wishes, fromPage } from "../protocol";
import { dress, icon } from "./looks";
import { type GiveToken, TokenSource } from "./token_source";
import { buttonName, languageOf, nameOf } from "./words";

const MODES = new Set(["button", "sidebar", "inline"]);
const KINDS: readonly Kind[] = ["basic", "assistant"];
const THEMES = ["auto", "light", "dark"] as const;

export class ChatElement extends HTMLElement {
  static readonly observedAttributes = ["enabled", "label", "mode", "open"];
  /** Where the script came from, and so where the chat is. */
  static server = "";

  /** A function that gets a token from the site's server; instead of the attribute `token-url`. */
  getToken: GiveToken | null = null;

  private readonly tokens = new TokenSource(() => ({ give: this.getToken, address: this.getAttribute("token-url") }));
  private readonly panel = document.createElement("div");
  private readonly button = document.createElement("button");
  private frame: HTMLIFrameElement | null = null;
  /** Somebody opened it; a chat that is open from the start leaves the focus where it is. */
  private isWanted = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    dress(shadow);
    this.panel.className = "panel";
    this.panel.id = "panel";
    this.panel.part.add("panel");
    this.button.type = "button";
    this.button.part.add("button");
    this.button.setAttribute("aria-controls", "panel");
    this.button.addEventListener("click", () => this.toggle());
    shadow.append(this.panel, this.button);
  }

  connectedCallback(): void {
    if (!MODES.has(this.mode)) this.setAttribute("mode", "button");
    window.addEventListener("message", this.hear);
    this.draw();
  }

  disconnectedCallback(): void {
    window.removeEventListener("message", this.hear);
    // A frame that is moved begins anew; so does the chat in it, from what the server holds.
    this.frame?.remove();
    this.frame = null;
    if (this.mode === "sidebar") document.documentElement.style.removeProperty("--steward-sidebar-width");
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    if (name === "open") this.isWanted = after !== null;
    this.draw();
    if (name !== "open") return;
    const isOpen = after !== null;
    this.dispatchEvent(new CustomEvent(isOpen ? "steward-open" : "steward-close", { bubbles: true, composed: true }));
    if (isOpen) {
      // The page in the frame can choose what has the focus there, but not take it from the page around it.
      this.frame?.focus({ preventScroll: true });
      this.say({ steward: "shown" });
    } else if (!this.button.hidden) this.button.focus({ preventScroll: true });
  }

  get mode(): string {
    return this.getAttribute("mode") ?? "";
  }

  get open(): boolean {
    return this.mode === "inline" || this.hasAttribute("open");
  }

  set open(next: boolean) {
    this.toggleAttribute("open", next);
  }

  show(): void {
    this.open = true;
  }

  close(): void {
    this.open = false;
  }

  toggle(): void {
    this.open = !this.hasAttribute("open");
  }

  private get isEnabled(): boolean {
    return !["off", "false"].includes(this.getAttribute("enabled") ?? "");
  }

  private get label(): string {
    return this.getAttribute("label") || nameOf(this);
  }

  private get server(): string {
    return new URL(this.getAttribute("server") ?? ChatElement.server, document.baseURI).origin;
  }

  private get wishes(): Wishes {
    const named = (this.getAttribute("chats") ?? "").split(/[\s,]+/);
    const kinds = KINDS.filter((kind) => named.includes(kind));
    const first = named.find((kind): kind is Kind => KINDS.includes(kind as Kind));
    const theme = THEMES.find((one) => one === this.getAttribute("theme")) ?? "auto";
    return { kinds: kinds.length > 0 ? kinds : [...KINDS], kind: first ?? "assistant", theme, label: this.label, closable: this.mode !== "inline", focus: this.isWanted };
  }

  private draw(): void {
    const { open, label, isEnabled, mode } = this;
    // The frame comes when it is first wanted and then stays, so that an answer goes on behind a closed panel.
    if (isEnabled && open && this.frame === null) this.panel.append(this.makeFrame());
    if (!isEnabled) {
      this.frame?.remove();
      this.frame = null;
    }
    this.panel.hidden = !open || !isEnabled;
    // A sidebar is closed from within; the button floats beside its own panel.
    this.button.hidden = !isEnabled || mode === "inline" || (mode === "sidebar" && open);
    this.button.setAttribute("aria-expanded", String(open));
    this.button.setAttribute("aria-label", buttonName(this, open ? "close" : "open", label));
    this.button.replaceChildren(icon(open ? "close" : "open"));
    if (mode === "sidebar")
      document.documentElement.style.setProperty("--steward-sidebar-width", open && isEnabled ? "var(--steward-width, 24rem)" : "0px");
  }

  private makeFrame(): HTMLIFrameElement {
    this.frame = document.createElement("iframe");
    this.frame.title = this.label;
    this.frame.allow = "clipboard-write";
    this.frame.src = `${this.server}/embed?lang=${languageOf(this)}`;
    return this.frame;
  }

  private readonly hear = (event: MessageEvent): void => {
    const said = fromPage(event, this.frame?.contentWindow ?? null, this.server);
    if (said?.steward === "ready") this.say({ steward: "begin", wishes: this.wishes });
    else if (said?.steward === "token-wanted") void this.answer(said.refused);
    else if (said?.steward === "close") this.close();
  };

  private async answer(refused: string | null): Promise<void> {
    try {
      this.say({ steward: "token", token: await this.tokens.get(refused) });
    } catch (error) {
      // For whoever builds the site, in the console; the visitor reads a sentence of the chat's own.
      window.reportError(error);
      this.say({ steward: "no-token", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  private say(message: FromElement): void {
    // Only the server's own page may hear it: it holds the token.
    this.frame?.contentWindow?.postMessage(message, this.server);
  }
}
