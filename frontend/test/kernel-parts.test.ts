// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { NdArray } from "../src/math/array";
import { pack, unpack, type Packed } from "../src/ui/array";
import type { Mark } from "../src/ui/grid";
import { inGrey, rangeOf, resized, thrice, withChannels } from "../src/widgets/kernel-arrays";
import { KernelEditor } from "../src/widgets/kernel-editor";
import { type Focus, storyOf } from "../src/widgets/kernel-marks";
import { compute, type Setting } from "../src/widgets/kernel-math";
import { arraysOf, settingOf, type State, wouldFit } from "../src/widgets/kernel-state";
import { shownNumber } from "../src/widgets/kernel-window";
import { array, mount, seeded, textOf } from "./help";
import { editorState } from "./model";

const random = seeded(3);
const of = (shape: number[], ...data: number[]): NdArray => ({ shape, data: Float64Array.from(data) });

describe("arrays made into others", () => {
  it("get a channel axis, once", () => {
    expect(withChannels(of([1, 2], 3, 4))).toEqual(of([1, 1, 2], 3, 4));
    expect(withChannels(of([1, 1, 2], 3, 4))).toEqual(of([1, 1, 2], 3, 4));
  });
  it("are three times the same, and grey again", () => {
    const colour = thrice(of([1, 1, 2], 3, 4));
    expect(colour).toEqual(of([3, 1, 2], 3, 4, 3, 4, 3, 4));
    expect(inGrey(colour)).toEqual(of([1, 2], 3, 4));
    expect(inGrey(of([3, 1, 2], 0, 10, 1, 10, 1, 11))).toEqual(of([1, 2], 1, 10));
  });
  it("are black and white at 0 and 1, at 0 and 255 for bytes, and else at their extremes", () => {
    expect([rangeOf(Float64Array.of(0.2, 0.7), false), rangeOf(Float64Array.of(0, 1), true), rangeOf(Float64Array.of(3, 90), true), rangeOf(Float64Array.of(-2, 7), false)]).toEqual([[0, 1], [0, 1], [0, 255], [-2, 7]]);
  });
  it("keep their middle when they are resized, in every channel", () => {
    const kernel = of([2, 1, 3], 1, 2, 3, 4, 5, 6);
    expect(resized(kernel, 3, 3)).toEqual(of([2, 3, 3], 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0));
    expect(resized(resized(kernel, 3, 5), 1, 3)).toEqual(kernel);
    expect(resized(kernel, 1, 1)).toEqual(of([2, 1, 1], 2, 5));
  });
});

describe("the traits as arrays", () => {
  const reader = (state: Record<string, unknown>) => ((trait: keyof State) => state[trait]) as <K extends keyof State>(trait: K) => State[K];
  it("are the same objects as long as the traits are, grey spread over three channels too", () => {
    const state = editorState({ kernel: pack(Array(12).fill(1), [3, 2, 2]) });
    const arrays = arraysOf(reader(state));
    const image = arrays.image();
    expect([image.shape, arrays.picture().shape, arrays.image() === image, settingOf(reader(state), arrays).image === image]).toEqual([[3, 8, 8], [1, 8, 8], true, true]);
    state.kernel = pack(Array(4).fill(1), [2, 2]);
    expect([arrays.kernel().shape, arrays.image() === arrays.picture()]).toEqual([[1, 2, 2], true]);
  });
  it("tell whether a change would fit", () => {
    const get = reader(editorState({ padding: 2 }));
    expect([wouldFit(get, {}), wouldFit(get, { dilation: 7 }), wouldFit(get, { image: pack([1, 2], [1, 2]), padding_mode: "reflect" })]).toEqual([true, false, false]);
  });
  it("have one number for a slider: the width's, before", () => expect([shownNumber(3), shownNumber([1, 2]), shownNumber([[1, 2], [3, 4]])]).toEqual([3, 2, 3]));
});

describe("what is looked at", () => {
  const setting = (changes: Partial<Setting> = {}): Setting => ({
    image: array([1, 6, 6], random), kernel: array([1, 3, 2], random), flip: false, normalise: false, bias: 0, stride: 1, dilation: 1, padding: 1, mode: "zero", ...changes,
  });
  const story = (changes: Partial<Setting>, focus?: Focus) => {
    const { nodes, ...marks } = storyOf(compute(setting(changes)), focus, { row: 2, col: 1 });
    const places = (list: Mark[]) => list.map(({ kind, row, col, rows, cols }) => `${kind} ${row},${col} ${rows}x${cols}`);
    return { input: places(marks.input), kernel: places(marks.kernel), output: places(marks.output), text: textOf(nodes) };
  };
  it("is the pinned output without a focus, and on the padding", () => {
    const told = story({});
    expect([told.input, told.kernel, told.output]).toEqual([["window 2,1 3x2"], [], ["here output 2,1 1x1"]]);
    expect(told.text).toContain("y[2, 1] = ");
    expect(story({ image: of([1, 6, 6], ...Array(36).fill(1)), kernel: of([1, 3, 2], 1, 2, 3, 4, 5, 6) }, { on: "input", cell: { row: 0, col: 3 } }).text).toContain("y[2, 1] = ");
  });
  it("marks every tap of a window with holes", () => {
    expect(story({ dilation: 2 }).input).toEqual(["tap 2,1 1x1", "tap 2,3 1x1", "tap 4,1 1x1", "tap 4,3 1x1", "tap 6,1 1x1", "tap 6,3 1x1"]);
  });
  it("is another output, or every output that reads an input", () => {
    expect(story({ stride: 2 }, { on: "output", cell: { row: 1, col: 3 } }).input).toEqual(["window 2,6 3x2"]);
    const told = story({}, { on: "input", cell: { row: 1, col: 1 } });
    expect([told.input, told.output.length, told.kernel]).toEqual([["here input 1,1 1x1"], 4, []]);
    expect(told.output).toContain("reach 0,0 1x1");
    expect(told.text).toContain("is read by 4 outputs");
  });
  it("is a weight where the window has it, turned with the kernel", () => {
    const focus: Focus = { on: "kernel", cell: { row: 0, col: 1 } };
    expect([story({}, focus).kernel, story({}, focus).input, story({ flip: true }, focus).input]).toEqual([["here kernel 0,1 1x1"], ["window 2,1 3x2", "here kernel 2,2 1x1"], ["window 2,1 3x2", "here kernel 4,1 1x1"]]);
  });
});

describe("the kernel's channels", () => {
  it("are three kernels and one again, of a single row too", () => {
    const { el, find, flush, model, press } = mount(KernelEditor, editorState({ image: pack(Array.from({ length: 60 }, (_, i) => i), [3, 1, 20]), kernel: pack([1, 2, 3], [1, 3]), preset: "custom" }));
    const click = (text: string, within = ".panel.kernel") => ([...find(within).querySelectorAll("button")].find((button) => button.textContent === text)!.click(), flush());
    const kernel = () => unpack(model.get("kernel") as Packed);
    click("per channel");
    expect(kernel()).toEqual(of([3, 1, 3], 1, 2, 3, 1, 2, 3, 1, 2, 3));
    click("G");
    press(".panel.kernel .grid", "+");
    expect([...kernel().data]).toEqual([1, 2, 3, 2, 2, 3, 1, 2, 3]);
    click("per channel");
    expect(kernel()).toEqual(of([1, 3], 2, 2, 3));
    expect(el.querySelector<HTMLElement>('[aria-label="Kernel channel"]')!.hidden).toBe(true);
  });
});
