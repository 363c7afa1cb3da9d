// The frame in which HTML and drawings of a model show: apart from the app, without an origin and without a network.
// The server's pages under /artifact/ say what browsers allow in it.
import { useEffect, useRef } from "react";

export type FrameMode = "still" | "running";

type ArtifactFrameProps = { document: string; title: string; mode: FrameMode; onEscape: () => void };

/** Whether a document holds anything that would run. */
export const hasScripts = (document: string): boolean => /<script\b|\son[a-z]+\s*=|javascript:/i.test(document);

/** A drawing as a page: in the middle, and no larger than there is room. */
export const pageOfDrawing = (drawing: string): string =>
  `<!doctype html><meta charset="utf-8"><style>body{margin:0;min-height:100vh;display:grid;place-items:center}svg{max-width:100%;max-height:100vh}</style>${drawing}`;

/** Mounted anew for another document or mode: a page that ran is never reused. */
export function ArtifactFrame({ document, title, mode, onEscape }: ArtifactFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const isSent = useRef(false);

  useEffect(() => {
    const onMessage = (event: MessageEvent) => {
      if (event.source === frame.current?.contentWindow && event.data === "escape") onEscape();
    };
    window.addEventListener("message", onMessage);
    return () => window.removeEventListener("message", onMessage);
  }, [onEscape]);

  const send = () => {
    // A page that is written over loads once more.
    if (isSent.current) return;
    isSent.current = true;
    // Its origin is nobody's, so that no address can name it; the frame is known by its window.
    frame.current?.contentWindow?.postMessage(document, "*");
  };

  return (
    <iframe
      ref={frame}
      title={title}
      src={`/artifact/${mode}`}
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      onLoad={send}
      // Paper, also in the dark: a page that names no colours counts on it.
      style={{ colorScheme: "light", backgroundColor: "#ffffff" }}
      className="block size-full min-h-0 flex-1 border-0"
    />
  );
}
