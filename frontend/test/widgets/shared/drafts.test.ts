import { describe, expect, it } from "vitest";
import type { Layer } from "../../../src/math/chain";
import { drafts } from "../../../src/widgets/shared/drafts";

const conv = (): Layer => ({ kind: "conv", channels: 8, kernel: 3 });

describe("what is typed into a layer's field", () => {
  it("is its value, if it is one", () => {
    const layer = conv();
    expect(drafts().take(layer, "kernel", "3 × 5")).toEqual({ ...layer, kernel: [3, 5] });
    expect(drafts().take(layer, "padding", "same")).toEqual({ ...layer, padding: "same" });
  });
  it("stays with its layer if it is none, and shows in the chain as it is typed", () => {
    const kept = drafts();
    const [layer, other] = [conv(), conv()];
    expect([kept.take(layer, "kernel", "3x"), kept.of(layer, "kernel"), kept.of(other, "kernel")]).toEqual([
      undefined,
      "3x",
      undefined,
    ]);
    expect([kept.typed([other, layer]), layer]).toEqual([[conv(), { ...conv(), kernel: "3x" }], conv()]);
  });
  it("goes once there is a value, and what stands in other fields goes along", () => {
    const kept = drafts();
    const layer = conv();
    kept.take(layer, "kernel", "3x");
    kept.take(layer, "channels", "0");
    const next = kept.take(layer, "kernel", "5")!;
    expect([kept.of(next, "kernel"), kept.of(next, "channels"), next]).toEqual([
      undefined,
      "0",
      { ...layer, kernel: 5 },
    ]);
    expect(kept.of(layer, "channels")).toBeUndefined(); // undo brings it back as it was
  });
  it("goes, too, where the value is the one that was there", () => {
    const kept = drafts();
    const layer = conv();
    kept.take(layer, "kernel", "3x");
    kept.take(layer, "channels", "0");
    expect(kept.take(layer, "kernel", "3")).toEqual(layer);
    expect([kept.of(layer, "kernel"), kept.of(layer, "channels")]).toEqual([undefined, "0"]);
  });
  it("is the default where it is blank, if there is one", () => {
    expect(drafts().take({ ...conv(), stride: 2 }, "stride", " ")).toEqual(conv());
    expect(drafts().take(conv(), "kernel", "")).toBeUndefined();
  });
});

describe("what is typed for the input's shape", () => {
  it("is a shape, or stays", () => {
    const kept = drafts();
    expect([kept.takeShape("3 x"), kept.shape()]).toEqual([undefined, "3 x"]);
    expect([kept.takeShape("3 × 8 × 9"), kept.shape()]).toEqual([[3, 8, 9], undefined]);
  });
});
