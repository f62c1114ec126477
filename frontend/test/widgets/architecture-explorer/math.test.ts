import { expect, it } from "vitest";
import {
  blockOf,
  cumulated,
  groupsAround,
  joinsOf,
  linesOf,
  lineOf,
  type Network,
  openedAtFirst,
  scaleOf,
  segmentsOf,
  treeOf,
  valuesOf,
  widest,
} from "../../../src/widgets/architecture-explorer/math";
import { brief, valueText } from "../../../src/widgets/architecture-explorer/words";
import { RESIDUAL } from "../../model";

const net = RESIDUAL as Network;
const tree = treeOf(net);
const whole = linesOf(tree, new Set(["block.0"]));
const named = (names: string[]): Network => ({ ...net, name: names });

it("counts as an activation only what is new", () => {
  expect(valuesOf(net, "activations")).toEqual([256, 256, 0, 64, 64, 0, 10]);
  expect(valuesOf(net, "parameters")).toBe(net.parameters);
});

it("puts the operations of a module together, with what the group does itself", () => {
  expect(whole.map(({ short, level, first, last }) => [short, level, first, last])).toEqual([
    ["stem", 0, 0, 1],
    ["block.0", 0, 1, 5],
    ["conv", 1, 1, 2],
    ["relu", 1, 2, 3],
    ["conv2", 1, 3, 4],
    ["", 1, 4, 5],
    ["flatten", 0, 5, 6],
    ["fc", 0, 6, 7],
  ]);
});

it("takes a module that is used twice for two groups, and no prefix of a word for one", () => {
  const parts = treeOf(named(["a.conv", "a.relu", "b", "a.conv", "", "ab", "ab.c"]));
  expect(parts.map(({ name, first, last, parts: inner }) => [name, first, last, !!inner])).toEqual([
    ["a", 0, 2, true],
    ["b", 2, 3, false],
    ["a.conv", 3, 4, false],
    ["", 4, 5, false],
    ["ab", 5, 7, true],
  ]);
});

it("covers every row once, whatever stands open", () => {
  for (const opened of [[], ["block.0"]]) {
    const rows = linesOf(tree, new Set(opened))
      .filter(({ open }) => !open)
      .flatMap(({ first, last }) => Array.from({ length: last - first }, (_, i) => first + i));
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6]);
  }
});

it("opens groups level by level as long as they fit", () => {
  const deep = treeOf(named(["a.0.x", "a.0.y", "a.1.x", "a.1.y", "b", "c.x", "c.y"]));
  expect(openedAtFirst(deep, 40)).toEqual(["a", "c", "a.0", "a.1"]);
  expect(openedAtFirst(deep, 10)).toEqual(["a", "c"]);
  expect(openedAtFirst(deep, 6)).toEqual([]);
  expect(groupsAround(deep, 3)).toEqual(["a", "a.1"]);
  expect(groupsAround(tree, 6)).toEqual([]);
});

it("finds the line in which rows are seen", () => {
  expect(whole[lineOf(whole, 1, 2)].name).toBe("block.0.conv");
  expect(whole[lineOf(whole, 1, 5)].name).toBe("block.0");
  const folded = linesOf(tree, new Set());
  expect(folded[lineOf(folded, 3, 4)].name).toBe("block.0");
  expect(lineOf(folded, 0, 7)).toBe(-1);
});

it("lets a shortcut go straight down and the branch beside it", () => {
  const { joins, lanes } = joinsOf(whole, net.sources);
  expect(lanes).toBe(2);
  expect(joins.map(({ lane }) => lane)).toEqual([0, -1, 1, 1, 1, 0, 0, 0]);
  expect(joins[1].past).toEqual([0]); // the head of an open group
  expect(joins[5]).toEqual({ past: [], from: [0, 1], lane: 0, out: true }); // the sum
  expect(joins[7].out).toBe(false);
});

it("loses no join: each line comes from the lanes of those whose values it works on", () => {
  for (const opened of [[], ["block.0"]]) {
    const lines = linesOf(tree, new Set(opened));
    const { joins } = joinsOf(lines, net.sources);
    const waiting = new Map<number, number>([[0, -1]]);
    const at = (row: number) => lines.findIndex(({ open, first, last }) => !open && first <= row && row < last);
    lines.forEach(({ open, first, last }, i) => {
      if (open) return;
      const rows = Array.from({ length: last - first }, (_, k) => net.sources[first + k]).flat();
      const wanted = new Set(rows.map((row) => (row < 0 ? -1 : at(row))).filter((line) => line !== i));
      expect(new Set(joins[i].from.map((lane) => waiting.get(lane)))).toEqual(wanted);
      if (joins[i].out) waiting.set(joins[i].lane, i);
    });
  }
});

it("makes blocks as long as what they stand for, on the scale of the longest", () => {
  const values = valuesOf(net, "parameters");
  const sums = cumulated(values);
  const scale = scaleOf(net, values, whole, "parameters");
  expect(scale).toEqual({ whole: 400, block: 200, thick: 1 });
  const lengths = whole.map((line) => blockOf(net, sums[line.last] - sums[line.first], line, "parameters", scale));
  expect(lengths.map(([length]) => length * 200)).toEqual([100, 100, 40, 0, 60, 0, 0, 200]);
  expect(lengths[3]).toEqual([0, 0]); // a hairline
  const common = widest([scale, { whole: 100, block: 800, thick: 1 }]);
  expect(common).toEqual({ whole: 400, block: 800, thick: 1 });
});

it("makes one bar of the whole, its parts end to end", () => {
  const values = valuesOf(net, "parameters");
  const parts = segmentsOf(net, values, "parameters", scaleOf(net, values, whole, "parameters"));
  expect(parts.map(({ row, left, width }) => [row, left, width])).toEqual([
    [0, 0, 0.25],
    [1, 0.25, 0.1],
    [3, 0.35, 0.15],
    [6, 0.5, 0.5],
  ]);
});

it("draws shapes as wide as the map and as thick as the root of the channels, flattening left out", () => {
  const values = valuesOf(net, "shape");
  const scale = scaleOf(net, values, whole, "shape");
  expect(scale.block).toBe(8);
  expect(scale.thick).toBeCloseTo(Math.sqrt(10));
  const [length, thickness] = blockOf(net, 0, whole[4], "shape", scale);
  expect([length, thickness ** 2]).toEqual([0.5, expect.closeTo(0.4)]);
  expect(segmentsOf(net, values, "shape", scale).map(({ row }) => row)).toEqual([0, 1, 3, 4, 6]);
});

it("has lengths where nothing costs anything", () => {
  const free = { ...net, parameters: net.parameters.map(() => 0) };
  const scale = scaleOf(free, free.parameters, whole, "parameters");
  expect(blockOf(free, 0, whole[0], "parameters", scale)).toEqual([0, 0]);
  expect(segmentsOf(free, free.parameters, "parameters", scale)).toEqual([]);
});

it("writes counts in three digits", () => {
  expect([0, 999, 1000, 61_100_840, 999_999, 15_470_264_320].map(brief)).toEqual([
    "0",
    "999",
    "1 k",
    "61.1 M",
    "1 M",
    "15.5 G",
  ]);
  expect(valueText("shape", 0, [64, 224, 224])).toBe("64 × 224²");
  expect(valueText("shape", 0, [64, 8, 6])).toBe("64 × 8 × 6");
});
