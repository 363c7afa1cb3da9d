import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { type Plugin, build } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Set the theme before the first paint. The server allows no inline script, and a module would run too late,
 * so a tiny classic script of its own goes first into the page's head.
 */
function earlyTheme(): Plugin {
  const source = readFileSync(here("./src/app/early_theme.js"), "utf8");
  const fileName = `assets/theme-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.js`;
  let building = false;
  return {
    name: "steward-early-theme",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (building) this.emitFile({ type: "asset", fileName, source });
    },
    transformIndexHtml: () => [
      { tag: "script", attrs: { src: building ? `/${fileName}` : "/src/app/early_theme.js" }, injectTo: "head-prepend" },
    ],
  };
}

/** Build the script that other sites load: one classic file of its own, always at the same address. */
function embedScript(): Plugin {
  return {
    name: "steward-embed-script",
    apply: "build",
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: "warn",
        build: {
          write: false,
          target: "es2022",
          lib: { entry: here("./src/embed/element/main.ts"), formats: ["iife"], name: "StewardEmbed", fileName: () => "embed.js" },
        },
      });
      const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ("output" in one ? one.output : []));
      for (const chunk of outputs)
        if (chunk.type === "chunk") this.emitFile({ type: "asset", fileName: "embed.js", source: chunk.code });
    },
  };
}

/** Pack every text beside itself, once, at its smallest: the server sends `name.gz` to whoever takes it. */
function packed(): Plugin {
  return {
    name: "steward-packed",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => /\.(?:js|css|svg)$/.test(file)))
        writeFileSync(join(dir, `${name}.gz`), gzipSync(readFileSync(join(dir, name)), { level: 9 }));
    },
  };
}

type Graph = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };

/**
 * What every page needs, in one file: many small ones cost a slow line a round trip each. Only modules that do nothing
 * when they are loaded belong here, since the embedded page takes the same file.
 */
function firstFile() {
  let needed: Set<string> | null = null;
  const follow = (id: string, graph: Graph, found: Set<string>) => {
    if (found.has(id)) return found;
    found.add(id);
    for (const next of graph.getModuleInfo(id)?.importedIds ?? []) follow(next, graph, found);
    return found;
  };
  return (id: string, graph: Graph) => {
    needed ??= follow(here("./src/app/main.tsx"), graph, new Set());
    return needed.has(id) && /[\\/](?:node_modules|src[\\/]shared)[\\/].+\.[jt]sx?$/.test(id) ? "first" : null;
  };
}

const server = process.env.STEWARD_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss(), earlyTheme(), embedScript(), packed()],
  resolve: {
    alias: [
      { find: /^~\//, replacement: `${here("./src")}/` },
      // Raw HTML is never read, so the parser for it stays out.
      { find: /^rehype-raw$/, replacement: here("./src/shared/markdown/no_raw_html.ts") },
      // The code plugin imports every grammar; the app ships a chosen few.
      { find: /^shiki$/, replacement: here("./src/shared/markdown/shiki_few.ts") },
    ],
  },
  server: { proxy: { "/api": { target: server, ws: true }, "/v1": server } },
  build: {
    outDir: "../steward/static",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: "es2023",
    rolldownOptions: {
      input: { index: here("./index.html"), embed: here("./embed.html") },
      output: { codeSplitting: { groups: [{ debugName: "first", name: firstFile() }] } },
    },
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test_setup.ts"],
    css: false,
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
