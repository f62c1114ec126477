import { describe, expect, it } from "vitest";
import { diverging, inkOn, paintLight, paintSigned, pixelBuffer } from "../../../src/ui/grids/colour";

describe("colours", () => {
  it("has zero in the middle and opposite ends", () => {
    expect([diverging(0), diverging(-1), diverging(1)].map(String)).toEqual(["247,247,247", "33,102,172", "178,24,43"]);
    const pixels = new Uint8ClampedArray(12);
    paintSigned(Float64Array.of(-4, 0, 4), 4, pixels);
    expect([...pixels]).toEqual([33, 102, 172, 255, 247, 247, 247, 255, 178, 24, 43, 255]);
  });
  it("paints a map of zeros in the middle tone", () => {
    const pixels = new Uint8ClampedArray(4);
    paintSigned(Float64Array.of(0), 0, pixels);
    expect([...pixels]).toEqual([247, 247, 247, 255]);
  });
  it("paints grey and colour", () => {
    const pixels = new Uint8ClampedArray(8);
    paintLight([Float64Array.of(0, 255)], 0, 255, pixels);
    expect([...pixels]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    paintLight(
      [
        [1, 0],
        [0, 1],
        [0.5, 0],
      ].map((plane) => Float64Array.from(plane)),
      0,
      1,
      pixels,
    );
    expect([...pixels]).toEqual([255, 0, 128, 255, 0, 255, 0, 255]);
  });
  it("chooses ink that can be read", () =>
    expect([inkOn(255, 255, 255), inkOn(0, 0, 0), inkOn(33, 102, 172)]).toEqual(["#000", "#fff", "#fff"]));
  it("gives black from grey 118 on, white below, as cnnviz.palette.ink_on", () =>
    expect(Array.from({ length: 256 }, (_, v) => inkOn(v, v, v))).toEqual([
      ...Array(118).fill("#fff"),
      ...Array(138).fill("#000"),
    ]));
  it("chooses the ink of the higher contrast", () => {
    const light = (rgb: number[]) => {
      const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (let r = 0; r < 256; r += 15)
      for (let g = 0; g < 256; g += 15)
        for (let b = 0; b < 256; b += 15) {
          const ground = light([r, g, b]) + 0.05;
          expect(inkOn(r, g, b)).toBe(ground / 0.05 > 1.05 / ground ? "#000" : "#fff");
        }
  });
  it("keeps a buffer while its size stays", () => {
    const pixels = pixelBuffer();
    const first = pixels(6);
    expect([first.length, pixels(6) === first, pixels(5).length]).toEqual([24, true, 20]);
  });
});
