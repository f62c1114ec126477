/**
 * Builds the browser half into ../cnnviz/static (or the folder that is named):
 *
 * - `X.js`, a module per widget for Jupyter, complete in itself;
 * - `page.js` and `views/X.js`, classic scripts for pages: what widgets share, and what each has of its own;
 * - `cnnviz.css`, one sheet for all.
 */
import { build } from "esbuild";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const out = process.argv[2] ?? "../cnnviz/static";
const VIEWS = [...readFileSync("src/widgets/index.ts", "utf8").matchAll(/^export { (\w+) } from "\.\/(.+)";$/gm)];
const shared = {
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
  metafile: true,
};
const script = (contents, outfile, options) =>
  build({ ...shared, stdin: { contents, resolveDir: "." }, format: "iife", outfile: `${out}/${outfile}`, ...options });

/** Each view as a module for Jupyter; returns the source files that it is made of. */
// A classic script with one last line that makes a module of it: Jupyter imports the file, and
// `Widget.save_html` leaves out that line, for a page opened from the file system loads no module.
const buildModule = async ([, view, file]) => {
  const { metafile } = await script(
    `import { ${view} } from "./src/widgets/${file}";
     import { anywidget } from "./src/hosts/anywidget";
     export { register } from "./src/hosts/element";
     export { ${view} as view };
     export default anywidget(${view});`,
    `${view}.js`,
    { globalName: "cnnvizWidget", footer: { js: "export default cnnvizWidget.default;" } },
  );
  return Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"));
};

/** What the scripts of single views take from page.js instead of carrying it along. */
const fromPage = (core) => ({
  name: "from page.js",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const source = `${relative(".", resolve(resolveDir, path))}.ts`;
      return core.includes(source) ? { path: source, namespace: "page" } : undefined;
    });
    onLoad({ filter: /./, namespace: "page" }, ({ path }) => {
      const exported = readFileSync(path, "utf8").matchAll(/^export (?:const|let|function|class) (\w+)/gm);
      const names = [...new Set([...exported].map(([, name]) => name))]; // an overloaded function counts once
      const part = `cnnvizPage.parts[${core.indexOf(path)}]`;
      return {
        contents: names.map((name) => `export const ${name} = /* @__PURE__ */ (() => ${part}.${name})();`).join("\n"),
      };
    });
  },
});

const sources = await Promise.all(VIEWS.map(buildModule));
// What the editors of chains share, they carry themselves, as those of boxes do: page.js is for every page.
const carried = /^src\/(math\/(chain|boxes)\.ts|widgets\/shared\/(?!words))/;
const uses = (path) => sources.filter((paths) => paths.includes(path)).length;
// `ui/` is for any widget, if only one has use for a part of it today.
const core = [...new Set(sources.flat())]
  .filter(
    (path) => path.startsWith("src/ui/") || (uses(path) > 1 && !path.startsWith("src/hosts/") && !carried.test(path)),
  )
  .sort();
await script(
  `export { register } from "./src/hosts/page";
   ${core.map((path, i) => `import * as part${i} from "./${path.replace(/\.ts$/, "")}";`).join("\n")}
   export const parts = [${core.map((_, i) => `part${i}`)}];`,
  "page.js",
  { globalName: "cnnvizPage" },
);
for (const [, view, file] of VIEWS)
  await script(
    `import { ${view} } from "./src/widgets/${file}"; cnnvizPage.register("${view}", ${view});`,
    `views/${view}.js`,
    { plugins: [fromPage(core)] },
  );
// One sheet: what all share, then each widget's own, which may refine it.
await build({
  ...shared,
  stdin: {
    contents: ["./src/ui", ...VIEWS.map(([, , file]) => `./src/widgets/${dirname(file)}`)]
      .map((folder) => `@import "${folder}/style.css";`)
      .join("\n"),
    resolveDir: ".",
    loader: "css",
  },
  outfile: `${out}/cnnviz.css`,
});

for (const file of readdirSync(out, { recursive: true }).filter((name) => /\.(js|css)$/.test(name))) {
  const bytes = readFileSync(`${out}/${file}`);
  const [plain, packed] = [bytes, gzipSync(bytes)].map(({ length }) => (length / 1000).toFixed(1).padStart(6));
  console.log(`${file.padEnd(30)} ${plain} kB ${packed} kB gzipped`);
}
