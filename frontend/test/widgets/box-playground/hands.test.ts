import { describe, expect, it } from "vitest";
import type { Box } from "../../../src/math/boxes";
import { BODY, boxAt, gripAt, keyed, moved } from "../../../src/widgets/box-playground/hands";
import { seeded } from "../../help";

const BOX: Box = [20, 30, 60, 70];
const SIZE = [96, 128] as const;
const NONE = { shiftKey: false, altKey: false, ctrlKey: false, metaKey: false };

describe("a grip", () => {
  it.each([
    [[40, 50], { x: 0, y: 0 }],
    [[21, 50], { x: -1, y: 0 }],
    [[17, 68], { x: -1, y: 1 }],
    [[62, 28], { x: 1, y: -1 }],
    [[40, 72], { x: 0, y: 1 }],
  ] as const)("at %j is %j", (point, grip) => expect(gripAt(BOX, point, 4)).toEqual(grip));
  it("is not there beside the box", () => {
    for (const point of [
      [15, 50],
      [65, 50],
      [40, 25],
      [40, 75],
    ] as const)
      expect(gripAt(BOX, point, 4)).toBeUndefined();
  });
  it("leaves the inner half of a small box for its body", () => expect(gripAt([0, 0, 4, 4], [2, 2], 10)).toEqual(BODY));
});

describe("the box that is meant", () => {
  const boxes: Box[] = [
    [0, 0, 100, 100],
    [20, 20, 40, 40],
  ];
  it("is the smallest", () => expect(boxAt(boxes, [30, 30], 4, [])).toBe(1));
  it("is the one that is looked at where a side of it lies", () => {
    expect(boxAt([boxes[0], [0, 0, 20, 20]], [1, 10], 4, [0])).toBe(0);
    expect(boxAt(boxes, [30, 30], 4, [0])).toBe(1);
  });
  it("is none where there is none", () => expect(boxAt(boxes, [120, 30], 4, [0])).toBeUndefined());
});

describe("a move", () => {
  it("shifts the body, in whole steps", () =>
    expect(moved(BOX, BODY, [3.3, -1.8], 0.5, SIZE)).toEqual([23.5, 28, 63.5, 68]));
  it("stops at the picture's sides", () => {
    expect(moved(BOX, BODY, [-50, 99], 1, SIZE)).toEqual([0, 56, 40, 96]);
    expect(moved(BOX, { x: 1, y: -1 }, [500, -500], 1, SIZE)).toEqual([20, 0, 128, 70]);
  });
  it("does not turn a box inside out", () =>
    expect(moved(BOX, { x: -1, y: 1 }, [99, -99], 2, SIZE)).toEqual([58, 30, 60, 32]));
  it("leaves in place what lies outside already, or is smaller than a step", () => {
    expect(moved([-5, -5, 140, 0.25], BODY, [-3, -3], 1, SIZE)).toEqual([-5, -5, 140, 0.25]);
    expect(moved([2, 2, 2.5, 2.5], { x: 1, y: 0 }, [-9, 0], 1, SIZE)).toEqual([2, 2, 2.5, 2.5]);
  });
  it("keeps any box in order and, where it was, in the picture", () => {
    const random = seeded(3);
    const upTo = (n: number) => Math.round(random() * n);
    for (let i = 0; i < 2000; i++) {
      const [x, y] = [upTo(120), upTo(90)];
      const box: Box = [x, y, x + upTo(128 - x), y + upTo(96 - y)];
      const grip = { x: (upTo(2) - 1) as 0, y: (upTo(2) - 1) as 0 };
      const [x1, y1, x2, y2] = moved(box, grip, [upTo(300) - 150, upTo(300) - 150], 1, SIZE);
      expect(x1 >= 0 && y1 >= 0 && x2 >= x1 && y2 >= y1 && x2 <= 128 && y2 <= 96).toBe(true);
    }
  });
});

describe("a key", () => {
  it.each([
    ["ArrowRight", NONE, [21, 30, 61, 70]],
    ["ArrowUp", NONE, [20, 29, 60, 69]],
    ["ArrowRight", { ...NONE, shiftKey: true }, [20, 30, 61, 70]],
    ["ArrowUp", { ...NONE, shiftKey: true }, [20, 30, 60, 69]],
    ["ArrowLeft", { ...NONE, altKey: true }, [19, 30, 60, 70]],
    ["ArrowDown", { ...NONE, altKey: true }, [20, 31, 60, 70]],
  ])("%s with %j moves", (key, held, box) => expect(keyed(BOX, { key, ...held }, 1, SIZE)).toEqual(box));
  it.each([
    ["ArrowRight", { ...NONE, ctrlKey: true }],
    ["ArrowRight", { ...NONE, metaKey: true }],
    ["a", NONE],
  ])("%s with %j does nothing", (key, held) => expect(keyed(BOX, { key, ...held }, 1, SIZE)).toBeUndefined());
});
