import { describe, expect, it } from "vitest";
import type { Layer } from "../../../src/math/chain";
import { inserted, linked, moved, removed, turned } from "../../../src/widgets/shared/state";

const CONV: Layer = { kind: "conv", channels: 8, kernel: [3, 5], padding: "same", bias: false };
const LAYERS: Layer[] = [CONV, { kind: "pool" }, { kind: "flatten" }];
const kinds = (changes: { layers?: Layer[]; selected?: number } | undefined) =>
  changes && [changes.layers!.map(({ kind }) => kind), changes.selected];

describe("a layer of another kind", () => {
  it("keeps what both have, and starts from numbers where it must have some", () => {
    expect(turned("conv_transpose", CONV)).toEqual({
      kind: "conv_transpose",
      channels: 8,
      kernel: [3, 5],
      padding: "same",
      bias: false,
    });
    expect([turned("pool", CONV), turned("linear", CONV), turned("flatten", CONV)]).toEqual([
      { kind: "pool", kernel: [3, 5], padding: "same" },
      { kind: "linear", units: 10, bias: false },
      { kind: "flatten" },
    ]);
    expect(turned("conv")).toEqual({ kind: "conv", channels: 16, kernel: 3 });
  });
});

describe("a new layer", () => {
  it("goes below the chosen row, and is chosen", () => {
    expect(kinds(inserted(LAYERS, 2, "linear"))).toEqual([["conv", "pool", "linear", "flatten"], 3]);
    expect(kinds(inserted(LAYERS, 0, "flatten"))).toEqual([["flatten", "conv", "pool", "flatten"], 1]);
  });
  it("is like the one above it, if both are convolutions of one kind", () => {
    expect(inserted(LAYERS, 1, "conv").layers![1]).toEqual(CONV);
    expect(inserted(LAYERS, 1, "conv_transpose").layers![1]).toEqual(turned("conv_transpose"));
    expect(inserted([{ kind: "pool", kernel: 4 }], 1, "pool").layers![1]).toEqual({ kind: "pool" });
  });
});

describe("a layer", () => {
  it("is removed, and the next is chosen; the input stays", () => {
    expect([1, 3, 0].map((row) => kinds(removed(LAYERS, row)))).toEqual([
      [["pool", "flatten"], 1],
      [["conv", "pool"], 2],
      undefined,
    ]);
  });
  it("is moved within the chain, and stays chosen", () => {
    expect([kinds(moved(LAYERS, 1, 1)), kinds(moved(LAYERS, 3, -1))]).toEqual([
      [["pool", "conv", "flatten"], 2],
      [["conv", "flatten", "pool"], 2],
    ]);
    expect([moved(LAYERS, 1, -1), moved(LAYERS, 3, 1), moved(LAYERS, 0, 1)]).toEqual([undefined, undefined, undefined]);
  });
  it("changes in a copy: the list that it stands in stays", () => {
    inserted(LAYERS, 1, "pool");
    removed(LAYERS, 1);
    moved(LAYERS, 1, 1);
    expect(LAYERS.map(({ kind }) => kind)).toEqual(["conv", "pool", "flatten"]);
  });
});

describe("a link", () => {
  it("is a chain with its first layer chosen, if it has one", () => {
    expect(linked("#layers=1x9;flatten")).toEqual({
      layers: [{ kind: "flatten" }],
      input_shape: [1, 9],
      selected: 1,
    });
    expect(linked("64").selected).toBe(0);
  });
  it("that can't be read throws", () => expect(() => linked("#layers=1x9;conv")).toThrow(/needs a number/));
});
