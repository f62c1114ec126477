// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { pack } from "../../../src/ui/state/packed";
import { arraysOf, settingOf, type State, wouldFit } from "../../../src/widgets/kernel-editor/state";
import { shownNumber } from "../../../src/widgets/kernel-editor/window";
import { editorState } from "../../model";

describe("the traits as arrays", () => {
  const reader = (state: Record<string, unknown>) =>
    ((trait: keyof State) => state[trait]) as <K extends keyof State>(trait: K) => State[K];
  it("are the same objects as long as the traits are, grey spread over three channels too", () => {
    const state = editorState({ kernel: pack(Array(12).fill(1), [3, 2, 2]) });
    const arrays = arraysOf(reader(state));
    const image = arrays.image();
    expect([
      image.shape,
      arrays.picture().shape,
      arrays.image() === image,
      settingOf(reader(state), arrays).image === image,
    ]).toEqual([[3, 8, 8], [1, 8, 8], true, true]);
    state.kernel = pack(Array(4).fill(1), [2, 2]);
    expect([arrays.kernel().shape, arrays.image() === arrays.picture()]).toEqual([[1, 2, 2], true]);
  });
  it("tell whether a change would fit", () => {
    const get = reader(editorState({ padding: 2 }));
    expect([
      wouldFit(get, {}),
      wouldFit(get, { dilation: 7 }),
      wouldFit(get, { image: pack([1, 2], [1, 2]), padding_mode: "reflect" }),
    ]).toEqual([true, false, false]);
  });
  it("have one number for a slider: the width's, before", () =>
    expect([
      shownNumber(3),
      shownNumber([1, 2]),
      shownNumber([
        [1, 2],
        [3, 4],
      ]),
    ]).toEqual([3, 2, 3]));
});
