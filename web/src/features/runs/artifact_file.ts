// An artifact as a file.
import type { Artifact } from "./artifacts";

const endings: Record<string, string> = {
  bash: "sh",
  shell: "sh",
  javascript: "js",
  markdown: "md",
  python: "py",
  rust: "rs",
  typescript: "ts",
  chart: "json",
};

const LONGEST_NAME = 60;

/** A name that every system takes. */
export function fileNameOf({ kind, title, language }: Artifact, name: string): string {
  const last = kind === "code" && title !== null ? title.split("/").at(-1) : undefined;
  if (last !== undefined && /^[\w-][\w.-]*\.\w+$/.test(last)) return last;
  const bare = name
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .slice(0, LONGEST_NAME);
  const own = language.toLowerCase();
  const ending = kind === "svg" || kind === "html" ? kind : (endings[own] ?? own.replace(/[^a-z0-9]/g, ""));
  return `${bare || "artifact"}.${ending || "txt"}`;
}

export function saveArtifact(artifact: Artifact, name: string): void {
  const link = document.createElement("a");
  // As plain text, so that no browser opens a page of a model at an address of ours.
  link.href = URL.createObjectURL(new Blob([artifact.code], { type: "text/plain" }));
  link.download = fileNameOf(artifact, name);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
