// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { segments, slider } from "../../../src/ui/controls/controls";
import { h } from "../../../src/ui/dom";

describe("controls", () => {
  it("tells the slider's new value and shows values silently", () => {
    const heard: number[] = [];
    const { el, show } = slider("stride", 1, 8, (value) => heard.push(value));
    show(3);
    const input = el.querySelector("input")!;
    expect(input.value).toBe("3");
    input.value = "5";
    input.dispatchEvent(new Event("input"));
    expect([heard, el.querySelector("output")!.textContent]).toEqual([[5], "5"]);
  });
  it("moves through a radio group with the arrow keys, round the end", () => {
    const heard: string[] = [];
    const { el, show } = segments(
      "how",
      [
        ["a", "A"],
        ["b", "B"],
      ],
      (value) => heard.push(value),
    );
    document.body.append(el);
    show("b");
    const [a, b] = el.querySelectorAll("button");
    expect([a.tabIndex, b.tabIndex, b.getAttribute("aria-checked")]).toEqual([-1, 0, "true"]);
    b.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(heard).toEqual(["a"]);
    el.remove();
  });
  it("puts text in as text", () => expect(h("p", {}, "<b>x</b>").children.length).toBe(0));
});
