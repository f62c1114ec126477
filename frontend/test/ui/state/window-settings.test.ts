import { describe, expect, it } from "vitest";
import type { PaddingMode } from "../../../src/math/shapes";
import {
  firstOf,
  fits,
  lastOf,
  mostDilation,
  PADDING_MODES,
  paddingLimits,
  perAxisText,
} from "../../../src/ui/state/window-settings";

const LARGEST = 9;
const upTo = (most: number): number[] => Array.from({ length: most + 1 }, (_, i) => i);
const WINDOWS: [input: number[], kernel: number[]][] = [
  [
    [8, 6],
    [3, 3],
  ],
  [
    [4, 5],
    [7, 6],
  ],
  [
    [1, 12],
    [1, 5],
  ],
  [[9], [4]],
  [
    [4, 5, 6],
    [3, 5, 1],
  ],
  [
    [2, 2],
    [2, 2],
  ],
];
const traits = (padding: number, dilation: number, mode: PaddingMode) => ({
  stride: 1,
  padding,
  dilation,
  padding_mode: mode,
});

describe("the limits of a window's settings", () => {
  it.each(PADDING_MODES.flatMap(([mode]) => WINDOWS.map(([input, kernel]) => [mode, input, kernel] as const)))(
    "%s padding of %j for %j is what fits",
    (mode, input, kernel) => {
      for (const dilation of [1, 2, 3]) {
        const legal = upTo(LARGEST).filter((padding) => fits(input, kernel, traits(padding, dilation, mode)));
        const [least, most] = paddingLimits(mode, input, kernel, LARGEST, dilation);
        expect(upTo(LARGEST).filter((padding) => padding >= least && padding <= most)).toEqual(legal);
      }
    },
  );
  it.each(WINDOWS)("dilation of %j by %j is what fits, and at least 1", (input, kernel) => {
    for (const padding of [0, 1, 4]) {
      const legal = upTo(8)
        .slice(1)
        .filter((dilation) => fits(input, kernel, traits(padding, dilation, "zero")));
      expect(mostDilation(input, kernel, padding, 8)).toBe(Math.max(1, ...legal));
    }
  });
  it("fits with a number for each axis, too", () => {
    expect(
      fits([4, 4], [6, 3], {
        stride: [1, 2],
        padding: [
          [1, 1],
          [0, 0],
        ],
        padding_mode: "zero",
      }),
    ).toBe(true);
    expect(
      fits([4, 4], [6, 3], {
        stride: [1, 2],
        padding: [
          [1, 0],
          [0, 0],
        ],
        padding_mode: "zero",
      }),
    ).toBe(false);
  });
});

describe("numbers per axis", () => {
  it("have a first and a last", () => {
    expect(
      [
        3,
        [1, 2],
        [
          [1, 2],
          [3, 4],
        ] as [number, number][],
      ].map((value) => [firstOf(value as number), lastOf(value as number)]),
    ).toEqual([
      [3, 3],
      [1, 2],
      [1, 4],
    ]);
  });
  it("are written where they differ", () => {
    expect([
      perAxisText([2, 2], 2),
      perAxisText([], 5),
      perAxisText([2, 1, 2], 2),
      perAxisText(
        [
          [0, 1],
          [0, 1],
        ],
        0,
      ),
      perAxisText([2, 3], 3, "×"),
    ]).toEqual(["2", "5", "2, 1", "0, 1", "2×3"]);
  });
});
