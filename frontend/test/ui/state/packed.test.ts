import { describe, expect, it } from "vitest";
import { itemSize, pack, planeAt, unpack, withNumber } from "../../../src/ui/state/packed";

describe("arrays on the wire", () => {
  it.each([
    ["uint8", 250],
    ["int8", -128],
    ["uint16", 65_535],
    ["int16", -32_768],
    ["int32", -2_147_483_648],
    ["float32", -0.25],
    ["float64", 0.1],
  ] as const)("keeps %s", (dtype, far) => {
    const packed = pack([0, 1, 2, far, 7, 9], [2, 3], dtype);
    expect(unpack(packed)).toEqual({ data: Float64Array.of(0, 1, 2, far, 7, 9), shape: [2, 3] });
    expect(packed.data).toHaveLength(4 * Math.ceil((6 * itemSize(dtype)!) / 3));
  });
  it("packs many numbers", () =>
    expect(unpack(pack(new Float64Array(50_000).fill(1.5), [50_000])).data[49_999]).toBe(1.5));
  it("changes one number of a copy, without the noise of tenths", () => {
    const values = Float64Array.of(1, 2);
    expect([[...withNumber(values, 1, 0.1 + 0.2)], [...values]]).toEqual([
      [1, 0.3],
      [1, 2],
    ]);
  });
  it("takes a channel where it is", () => {
    const data = Float64Array.from({ length: 12 }, (_, i) => i);
    const plane = planeAt({ data, shape: [3, 2, 2] }, 1);
    expect([[...plane.data], plane.shape, plane.data.buffer === data.buffer]).toEqual([[4, 5, 6, 7], [2, 2], true]);
  });
});
