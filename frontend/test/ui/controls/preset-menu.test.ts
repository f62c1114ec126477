// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { presetMenu } from "../../../src/ui/controls/preset-menu";
import { SOBEL } from "../../model";

describe("the menu of kernels", () => {
  it("knows a kernel by its numbers and its shape, and tells what was chosen", () => {
    const heard: unknown[] = [];
    const preset = { name: "sobel_x", label: "Sobel x", kernel: SOBEL };
    const menu = presetMenu([preset], (chosen) => heard.push(chosen));
    expect([
      menu.nameOf({ ...SOBEL }),
      menu.nameOf({ ...SOBEL, shape: [1, 9] }),
      menu.nameOf({ ...SOBEL, data: "" }),
    ]).toEqual(["sobel_x", "custom", "custom"]);
    menu.show("sobel_x");
    expect(heard).toEqual([]);
    for (const value of ["custom", "sobel_x"]) {
      (menu.el as HTMLSelectElement).value = value;
      menu.el.dispatchEvent(new Event("change"));
    }
    expect(heard).toEqual([undefined, preset]);
  });
});
