// How the element looks on the page around it. Colours and sizes can be set from there by custom properties.

export const CSS = `
:host { --width: var(--steward-width, 24rem); --accent: var(--steward-accent, #4f56c8); color-scheme: light dark; }
:host([hidden]), :host([enabled="off"]), :host([enabled="false"]) { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; background: transparent; }
.panel[hidden], button[hidden] { display: none; }
.panel { position: relative; overflow: hidden; background: Canvas; }
button {
  display: inline-flex; align-items: center; justify-content: center; margin: 0; border: 0; padding: 0; cursor: pointer;
  color: #fff; background: var(--accent); font: 600 0.9375rem/1 system-ui, sans-serif;
}
button:hover { filter: brightness(0.92); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }

:host([mode="inline"]) { display: grid; width: var(--width); max-width: 100%; height: 100%; min-height: 30rem; }

:host(:not([mode="inline"])) { position: fixed; inset: auto; z-index: var(--steward-layer, 2147483000); }
:host([mode="sidebar"]) .panel {
  position: fixed; inset-block: 0; inset-inline-end: 0; width: min(var(--width), 100vw); height: 100dvh;
  border-inline-start: 1px solid rgb(128 128 140 / 0.3);
}
:host([mode="sidebar"]) button {
  position: fixed; inset-inline-end: 0; inset-block-start: 50%; translate: 0 -50%; width: 2.75rem; height: 3.5rem;
  border-start-start-radius: 0.9rem; border-end-start-radius: 0.9rem; box-shadow: 0 2px 12px rgb(20 20 40 / 0.25);
}
:host([mode="button"]) button {
  position: fixed; inset-inline-end: 1.25rem; inset-block-end: 1.25rem; width: 3.5rem; height: 3.5rem; border-radius: 50%;
  box-shadow: 0 4px 18px rgb(20 20 40 / 0.3);
}
:host([mode="button"]) .panel {
  position: fixed; inset-inline-end: 1.25rem; inset-block-end: 5.5rem; width: var(--width);
  height: min(40rem, calc(100dvh - 7rem)); border-radius: 1rem; border: 1px solid rgb(128 128 140 / 0.3);
  box-shadow: 0 12px 44px rgb(20 20 40 / 0.28);
}
@media (max-width: 30rem) {
  :host([mode="button"]) .panel { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
  :host([mode="button"][open]) button { display: none; }
}
@media print { :host(:not([mode="inline"])) { display: none; } }
`;

/** Give the shadow its styles in the way that no content policy of the page around it can forbid. */
export function dress(shadow: ShadowRoot): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  shadow.adoptedStyleSheets = [sheet];
}

const ICON = { open: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z", close: "M6 6l12 12M18 6L6 18" };

/** The picture on the button: a bubble, or a cross while the chat is open. */
export function icon(name: keyof typeof ICON): SVGSVGElement {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICON[name]);
  picture.append(path);
  return picture;
}
