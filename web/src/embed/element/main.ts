// The script that other sites load: it makes <steward-chat> known, and puts one on the page when it is asked to.
import { ChatElement } from "./chat_element";

const script = document.currentScript;

if (script instanceof HTMLScriptElement) ChatElement.server = script.src;
if (!customElements.get("steward-chat")) customElements.define("steward-chat", ChatElement);

/** `<script data-mode="button" data-token-url="/chat-token">` is the whole installation. */
if (script?.dataset.mode !== undefined) {
  const element = document.createElement("steward-chat");
  for (const [name, value] of Object.entries(script.dataset))
    element.setAttribute(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value ?? "");
  const place = () => document.body.append(element);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
  else place();
}
