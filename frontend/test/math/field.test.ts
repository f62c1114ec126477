// What the cases from torch don't show: the short lists of products, and what is refused.
import { describe, expect, it } from "vitest";
import { boundsOf, chainGraph, countOf, type Graph, graphProblem, marksOf, reach, seenBy } from "../../src/math/field";
import { readLink, rowsOf } from "../../src/math/chain";
import { GRAPH } from "../model";

const same = (kernel: number, dilation = 1): [number, number, number, number] => [
  kernel,
  1,
  (dilation * (kernel - 1)) / 2,
  dilation,
];
const map = (name: string, from: number[], windows: unknown[]) => ({
  ...{ name, label: name, channels: 1, size: [32, 32], from },
  windows: windows.map((window) => [window, window]),
});
const residual = (blocks: number): Graph => {
  const nodes: unknown[] = [map("input", [], [])];
  for (let i = 0; i < blocks; i++) {
    const source = nodes.length - 1;
    nodes.push(map(`conv ${i}`, [source], [same(3)]));
    nodes.push(map(`add ${i}`, [source + 1, source], [same(1), same(1)]));
  }
  return { nodes } as Graph;
};

describe("what a unit sees", () => {
  it("through identities and convolutions is one product", () => {
    const areas = reach(residual(20), 40, [16, 16]);
    expect(areas[0]!.products).toHaveLength(1);
    expect(countOf(areas[0]!)).toBe(32 * 32);
    expect(boundsOf(areas[38]!)).toEqual([
      [15, 17],
      [15, 17],
    ]);
  });
  it("through a cross is two products, and through many of them marks", () => {
    const nodes: unknown[] = [map("input", [], [])];
    const dilations = [5, 4, 3, 2, 1];
    for (const d of dilations) {
      const at = nodes.length - 1;
      nodes.push({ ...map("wide", [at], []), windows: [[same(1), same(3, d)]] });
      nodes.push({ ...map("high", [at], []), windows: [[same(3, d), same(1)]] });
      nodes.push(map("add", [at + 1, at + 2], [same(1), same(1)]));
    }
    const graph = { nodes } as Graph;
    expect(graphProblem(graph)).toBe("");
    const areas = reach(graph, 15, [16, 16]);
    expect(areas[12]!.products).toHaveLength(2);
    expect(countOf(areas[12]!)).toBe(5);
    expect(areas[0]!.marks).toBeDefined();
    // The same set, place by place.
    let places = new Set(["16,16"]);
    for (const d of dilations.toReversed()) {
      const arms = [-d, 0, d].flatMap((t) => [
        [t, 0],
        [0, t],
      ]);
      const steps = [...places].map((place) => place.split(",").map(Number));
      places = new Set(steps.flatMap(([r, c]) => arms.map(([down, right]) => `${r + down},${c + right}`)));
    }
    const within = [...places].filter((place) => place.split(",").every((at) => Number(at) >= 0 && Number(at) < 32));
    expect(within.length).toBe(places.size); // it ends inside the map
    const marks = marksOf(areas[0]!);
    expect(countOf(areas[0]!)).toBe(places.size);
    expect(within.every((place) => marks[32 * parseInt(place, 10) + Number(place.split(",")[1])])).toBe(true);
  });
  it("is nothing where a span is none", () => {
    const [input] = GRAPH.nodes;
    const window = { spans: [[0, 1], null, [2, 3]] };
    const graph = {
      nodes: [
        { ...input, size: [4] },
        { ...input, size: [3], from: [0], windows: [[window]] },
      ],
    } as Graph;
    expect(graphProblem(graph)).toBe("");
    expect(reach(graph, 1, [1])[0]).toBeUndefined();
    expect(countOf(reach(graph, 1, [2])[0]!)).toBe(2);
  });
  it.each([reach, seenBy])("is the unit alone in its own map", (either) => {
    const own = either(GRAPH as Graph, 2, [5, 3])[2]!;
    expect([countOf(own), boundsOf(own)]).toEqual([
      1,
      [
        [5, 5],
        [3, 3],
      ],
    ]);
  });
});

describe("a chain", () => {
  it("is a graph up to the layer that doesn't fit, with its numbers", () => {
    const { layers, inputShape } = readLink("#layers=1x28x28;conv:c4,k3,s2;conv_transpose:c4,k2,s2;pool:k40;pool");
    const { nodes } = chainGraph(rowsOf(layers, inputShape), inputShape);
    expect(nodes.map(({ size }) => size)).toEqual([
      [28, 28],
      [13, 13],
      [26, 26],
    ]);
    expect(nodes.map(({ start }) => start)).toEqual([[0, 0], [1, 1], null]);
  });
  it("behind a flatten sees all", () => {
    const { layers, inputShape } = readLink("#layers=1x9;flatten;linear:u3");
    const graph = chainGraph(rowsOf(layers, inputShape), inputShape);
    expect(countOf(reach(graph, 2, [0])[0]!)).toBe(9);
  });
});

describe("a graph is refused", () => {
  const [input, wide] = GRAPH.nodes;
  it.each([
    [null, "must be a graph"],
    [{ nodes: [] }, "must be a graph"],
    [{ nodes: Array(2001).fill(input) }, "must be a graph"],
    [{ nodes: [{ ...input, size: [4096, 4096] }] }, "1048576 positions"],
    [{ nodes: [input, { ...wide, from: [1] }] }, "earlier nodes"],
    [{ nodes: [input, { ...wide, size: [8] }] }, "as many axes"],
    [{ nodes: [input, { ...wide, windows: [[[3, 1, 0, 1]]] }] }, "a window per axis"],
    [
      {
        nodes: [
          { ...input, size: [4096] },
          ...Array.from({ length: 5 }, (_, i) => ({
            ...wide,
            ...{ size: [4096], from: [i], windows: [[[4096, 1, 2048, 1]]] },
            ...{ receptive_field: null, jump: null, start: null, misalignment: null },
          })),
        ],
      },
      "windows of at most 67108864",
    ],
  ])("%#", (graph, problem) => expect(graphProblem(graph)).toContain(problem));
  it("but for nothing else", () => expect(graphProblem(GRAPH)).toBe(""));
});
