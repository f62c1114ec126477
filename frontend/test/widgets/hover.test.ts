// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { View } from "../../src/model";
import { pack } from "../../src/ui/state/packed";
import { ConvolutionStepper } from "../../src/widgets/convolution-stepper/view";
import { KernelEditor } from "../../src/widgets/kernel-editor/view";
import { PoolingStepper } from "../../src/widgets/pooling-stepper/view";
import { VolumeViewer } from "../../src/widgets/volume-viewer/view";
import { mount } from "../help";
import { editorState } from "../model";

const numbers = (...shape: number[]) =>
  pack(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 7),
    shape,
    "int32",
  );
const window = { stride: 1, padding: 0, padding_mode: "zero" };
const VIEWS: [string, View, Record<string, unknown>][] = [
  ["kernel editor", KernelEditor, editorState()],
  [
    "pooling stepper",
    PoolingStepper,
    { x: numbers(8, 8), kernel: 2, stride: 1, padding: 0, mode: "max", gradient: "off", step: 0 },
  ],
  [
    "volume viewer",
    VolumeViewer,
    {
      volume: numbers(8, 8, 8),
      kernel: numbers(3, 3, 3),
      ...window,
      axis: 0,
      index: 4,
      cursor: [3, 3, 3],
      presets: [],
    },
  ],
  [
    "convolution stepper",
    ConvolutionStepper,
    {
      x: numbers(8, 8),
      dense: numbers(3, 3),
      bias: pack([0], [1]),
      dilation: 1,
      groups: 1,
      transposed: false,
      output_padding: 0,
      reading: "scatter",
      step: 0,
      ...window,
    },
  ],
];

describe("an output that goes away under the pointer", () => {
  it.each(VIEWS)("does not keep the %s from being drawn anew", (_, view, state) => {
    const { model, flush, find } = mount(view, state);
    const grid = find(".panel.output .grid");
    grid.getBoundingClientRect = () => ({ left: 0, top: 0, width: 100, height: 100 }) as DOMRect;
    grid.dispatchEvent(new MouseEvent("pointermove", { clientX: 99, clientY: 99, bubbles: true }));
    const hovered = find(".sum").textContent;
    model.set("stride", 4); // as undo or Python does, while the pointer rests
    expect(flush).not.toThrow();
    expect(find(".sum").textContent).toMatch(/^y\[/);
    expect(find(".sum").textContent).not.toBe(hovered);
    expect(find(".sum").textContent).not.toContain("NaN");
  });
});
