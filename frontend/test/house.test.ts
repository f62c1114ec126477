/** The house itself: each layer of `src` imports what lies below it, `test` has the same folders, and lines end. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const files = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|css)$/.test(file))
    .map((file) => file.replaceAll("\\", "/"));

/** The layer of a file: each widget is one of its own. */
const layerOf = (file: string): string => /^widgets\/[^/]+(?=\/)|^[^/.]+/.exec(file)![0];

/** What a layer may import, its own files included. */
const mayImport = (layer: string): ((other: string) => boolean) => {
  const below: Record<string, string[]> = { model: [], math: ["math"], ui: ["model", "math", "ui"] };
  if (layer.startsWith("widgets/")) return (other) => [...below.ui, "widgets/shared", layer].includes(other);
  if (layer === "widgets") return (other) => other.startsWith("widgets/"); // the list of views
  if (layer === "hosts") return () => true;
  return (other) => below[layer].includes(other); // a folder that is no layer fails here
};

/** The files that a source text imports; a package by its own name. */
const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport|@import)\s*\(?\s*["']([^"']+)["']/g)].map(([, to]) =>
    to.startsWith(".") ? normalize(join(dirname(file), to)).replaceAll("\\", "/") : `package ${to}`,
  );

const wrong = (file: string, text: string): string[] => {
  const legal = mayImport(layerOf(file));
  return importsOf(file, text).filter((to) => to.startsWith("package ") || to.startsWith("..") || !legal(layerOf(to)));
};

describe("the layers", () => {
  it.each(files("src"))("are kept by %s", (file) =>
    expect(wrong(file, readFileSync(join(ROOT, "src", file), "utf8"))).toEqual([]),
  );
  it.each([
    ["math/ops.ts", "../ui/dom"],
    ["math/ops.ts", "../model"],
    ["model.ts", "./math/array"],
    ["ui/frame.ts", "../widgets/pooling-stepper/math"],
    ["ui/grids/grid.ts", "../../hosts/page"],
    ["widgets/pooling-stepper/view.ts", "../volume-viewer/math"],
    ["widgets/pooling-stepper/view.ts", "../../hosts/page-model"],
    ["widgets/pooling-stepper/view.ts", ".."],
    ["widgets/index.ts", "../ui/dom"],
    ["ui/dom.ts", "lodash"],
    ["ui/dom.ts", "../../test/help"],
  ])("keep %s from importing %s", (file, to) => {
    for (const text of [
      `import { a } from "${to}";`,
      `export * from "${to}";`,
      `await import("${to}")`,
      `import "${to}";`,
    ])
      expect(wrong(file, text)).toHaveLength(1);
  });
  it("let a widget have its own files and what widgets share", () => {
    for (const to of ["./math", "../shared/lens", "../../ui/dom", "../../math/ops", "../../model"])
      expect(wrong("widgets/pooling-stepper/view.ts", `import { a } from "${to}";`)).toEqual([]);
  });
});

describe("the folders", () => {
  it("of a widget hold its view and its style", () => {
    const widgets = new Set(
      files("src")
        .map(layerOf)
        .filter((layer) => /^widgets\/(?!shared)/.test(layer)),
    );
    expect(widgets.size).toBeGreaterThan(0);
    for (const widget of widgets)
      expect([
        widget,
        ...["view.ts", "style.css"].filter((file) => !existsSync(join(ROOT, "src", widget, file))),
      ]).toEqual([widget]);
  });
  it("of the tests are those of the sources", () => {
    const folders = new Set(files("src").map((file) => dirname(file)));
    expect(files("test").filter((file) => !folders.has(dirname(file)))).toEqual([]);
  });
});

it.each(["src", "test"])("no line of %s is over 120 characters, where the formatter lets one pass too", (folder) => {
  const long = files(folder).flatMap((file) =>
    readFileSync(join(ROOT, folder, file), "utf8")
      .split("\n")
      .flatMap((line, i) => (line.length > 120 ? [`${file}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});
