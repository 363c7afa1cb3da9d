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

// What a page shows first beside the frame around it, by the beginning of its address; "/" stands for itself alone.
const pages = {
  "": ["src/app/workplace.tsx"],
  "/": ["src/app/chat_page.tsx"],
  "/chat/": ["src/app/chat_page.tsx"],
  "/library": ["src/features/knowledge/library_page.tsx"],
  "/agents": ["src/features/agents/agents_page.tsx"],
  "/tasks": ["src/features/tasks/tasks_page.tsx"],
  "/settings": ["src/app/settings_page.tsx"],
  "/settings/usage": ["src/features/usage/usage_section.tsx"],
};

type Chunks = Record<string, { type: string; fileName: string; facadeModuleId?: string | null; imports?: string[] }>;

/** The files of each page, those that they need included and those of every page left out. */
function filesOfPages(chunks: Chunks): Record<string, string[]> {
  const chunkOf = (module: string) => Object.values(chunks).find(({ facadeModuleId }) => facadeModuleId === here(`./${module}`));
  const follow = (file: string, found: Set<string>): Set<string> => {
    if (found.has(file)) return found;
    found.add(file);
    for (const next of chunks[file]?.imports ?? []) follow(next, found);
    return found;
  };
  const known = follow(chunkOf("index.html")?.fileName ?? "", new Set());
  const files: Record<string, string[]> = {};
  for (const [beginning, modules] of Object.entries(pages)) {
    const found = new Set<string>();
    for (const module of modules) {
      const chunk = chunkOf(module);
      if (chunk === undefined) throw new Error(`${module} is no chunk of its own any more: look at the pages in vite.config.ts`);
      follow(chunk.fileName, found);
    }
    const needed = [...found].filter((file) => !known.has(file));
    files[beginning] = needed.map((file) => `/${file}`);
    // The frame around the pages comes first, and comes with each of them.
    if (beginning === "") needed.forEach((file) => known.add(file));
  }
  return files;
}

/**
 * What runs before the first paint. The server allows no inline script, and a module would run too late, so a tiny
 * classic script of its own goes first into the page's head, and is told there which files each page needs.
 */
function earlyScript(): Plugin {
  const source = readFileSync(here("./src/app/early.js"), "utf8");
  const fileName = `assets/early-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.js`;
  let building = false;
  return {
    name: "steward-early-script",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (building) this.emitFile({ type: "asset", fileName, source });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle, filename }) {
        const isApp = filename === here("./index.html");
        const told = bundle !== undefined && isApp ? { "data-files": JSON.stringify(filesOfPages(bundle as Chunks)) } : {};
        return [{ tag: "script", attrs: { src: building ? `/${fileName}` : "/src/app/early.js", ...told }, injectTo: "head-prepend" }];
      },
    },
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

/** KaTeX names each of its fonts in three formats; every browser that runs this app reads the smallest. */
function smallFonts(): Plugin {
  return {
    name: "steward-small-fonts",
    enforce: "pre",
    transform: (code, id) =>
      /katex[\\/]dist[\\/]katex\.min\.css/.test(id) ? code.replace(/,url\([^)]+\.(?:woff|ttf)\)\s*format\("[^"]+"\)/g, "") : undefined,
  };
}

type Graph = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };

/** All modules that one module cannot do without. */
function needsOf(root: string) {
  const found = new Set<string>();
  const follow = (id: string, graph: Graph) => {
    if (found.has(id)) return;
    found.add(id);
    for (const next of graph.getModuleInfo(id)?.importedIds ?? []) follow(next, graph);
  };
  return (id: string, graph: Graph) => {
    if (found.size === 0) follow(here(root), graph);
    return found.has(id);
  };
}

const isSmall = (id: string) => /[\\/](?:lucide-react|src[\\/]shared)[\\/].+\.m?[jt]sx?$/.test(id);
const isPart = (id: string) => /[\\/](?:node_modules|src[\\/](?:shared|features))[\\/].+\.m?[jt]sx?$/.test(id);

/**
 * Few files, since many small ones cost a slow line a round trip each: `first` is what every page needs, `frame` what stands
 * around the pages, `common` the small parts that pages share, `talk` what conversations are made of. A file takes what its
 * modules need along, unless an earlier one has it. Only modules that do nothing when they are loaded belong into them,
 * since pages take them that need a part alone.
 */
function sharedFiles() {
  const ofApp = needsOf("./src/app/main.tsx");
  const ofFrame = needsOf("./src/app/workplace.tsx");
  const ofChat = needsOf("./src/app/chat_page.tsx");
  const rules: Record<string, (id: string, graph: Graph) => boolean> = {
    first: (id, graph) => id.includes("vite/preload-helper") || (isPart(id) && (ofApp(id, graph) || (isSmall(id) && ofFrame(id, graph)))),
    frame: (id, graph) => isPart(id) && ofFrame(id, graph),
    common: (id, graph) => isSmall(id) && ofChat(id, graph),
    talk: (id, graph) => isPart(id) && ofChat(id, graph),
  };
  return Object.entries(rules).map(([name, belongs], place) => ({
    debugName: name,
    name: (id: string, graph: Graph) => (belongs(id, graph) ? name : null),
    priority: 10 - place,
  }));
}

const server = process.env.STEWARD_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss(), earlyScript(), embedScript(), smallFonts(), packed()],
  resolve: {
    alias: [
      { find: /^~\//, replacement: `${here("./src")}/` },
      // Raw HTML is never read, so the parser for it stays out.
      { find: /^rehype-raw$/, replacement: here("./src/shared/markdown/no_raw_html.ts") },
      // The code plugin imports every grammar; the app ships a chosen few.
      { find: /^shiki$/, replacement: here("./src/shared/markdown/shiki_few.ts") },
    ],
  },
  server: { proxy: { "/api": { target: server, ws: true }, "/v1": server, "/artifact": server } },
  // A module, so that it may load a grammar when it meets its language.
  worker: { format: "es" },
  build: {
    outDir: "../steward/static",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    // The page's policy takes fonts from files alone, and a picture of one's own may stand in the text.
    assetsInlineLimit: (file) => (file.endsWith(".woff2") ? false : undefined),
    target: "es2023",
    rolldownOptions: {
      input: { index: here("./index.html"), embed: here("./embed.html") },
      output: { codeSplitting: { groups: sharedFiles() } },
    },
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: "jsdom",
    // Left to itself it keeps one core free, which is half of two.
    maxWorkers: "100%",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test_setup.ts"],
    css: false,
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
