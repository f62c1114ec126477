/** Builds the browser half into ../cnnviz/static: a module per widget for Jupyter, one script and one sheet for the
 * book. */
import { build } from "esbuild";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
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
};

// A classic script with one last line that makes a module of it: Jupyter imports the file, and
// `Widget.save_html` leaves out that line, for a page opened from the file system loads no module.
for (const [, view, file] of VIEWS)
  await build({
    ...shared,
    stdin: {
      contents: [
        `import { ${view} } from "./src/widgets/${file}";`,
        'import { anywidget } from "./src/hosts/anywidget";',
        'export { define } from "./src/hosts/element";',
        `export default anywidget(${view});`,
      ].join("\n"),
      resolveDir: ".",
    },
    format: "iife",
    globalName: "cnnvizWidget",
    footer: { js: "export default cnnvizWidget.default;" },
    outfile: `${out}/${view}.js`,
  });
await build({ ...shared, entryPoints: ["src/hosts/page.ts"], format: "iife", outfile: `${out}/page.js` });
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

for (const file of readdirSync(out).filter((name) => /\.(js|css)$/.test(name))) {
  const bytes = readFileSync(`${out}/${file}`);
  const [plain, packed] = [bytes, gzipSync(bytes)].map(({ length }) => (length / 1000).toFixed(1).padStart(6));
  console.log(`${file.padEnd(20)} ${plain} kB ${packed} kB gzipped`);
}
