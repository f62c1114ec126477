// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { NdArray } from "../../../src/math/array";
import { pack, unpack, type Packed } from "../../../src/ui/state/packed";
import { KernelEditor } from "../../../src/widgets/kernel-editor/view";
import { mount } from "../../help";
import { editorState } from "../../model";

const of = (shape: number[], ...data: number[]): NdArray => ({ shape, data: Float64Array.from(data) });

describe("the kernel's channels", () => {
  it("are three kernels and one again, of a single row too", () => {
    const { el, find, flush, model, press } = mount(
      KernelEditor,
      editorState({
        image: pack(
          Array.from({ length: 60 }, (_, i) => i),
          [3, 1, 20],
        ),
        kernel: pack([1, 2, 3], [1, 3]),
        preset: "custom",
      }),
    );
    const click = (text: string, within = ".panel.kernel") => (
      [...find(within).querySelectorAll("button")].find((button) => button.textContent === text)!.click(),
      flush()
    );
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
