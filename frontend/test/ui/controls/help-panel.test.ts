// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { helpPanel } from "../../../src/ui/controls/help-panel";
import { segments, toggle } from "../../../src/ui/controls/controls";

describe("the help panel", () => {
  beforeEach(() => document.body.replaceChildren());
  it("says in words what titles say, once it is opened", () => {
    const root = document.createElement("div");
    const { button, el, offer } = helpPanel(root);
    const lens = toggle("123", () => {}, "Zoom into the numbers");
    const show = segments(
      "Show",
      [
        ["a", "|y|", "|y|, the absolute value"],
        ["b", "ReLU"],
      ],
      () => {},
    );
    const gone = toggle("per channel", () => {}, "One kernel for each");
    gone.el.hidden = true;
    root.append(button, el, lens.el, show.el, gone.el);
    document.body.append(root);
    offer();
    expect([button.hidden, el.hidden]).toEqual([false, true]);
    button.click();
    expect([el.hidden, button.getAttribute("aria-expanded")]).toEqual([false, "true"]);
    expect([...el.querySelectorAll("dt, dd")].map(({ textContent }) => textContent)).toEqual([
      "123",
      "Zoom into the numbers.",
      "|y|",
      "the absolute value.",
    ]);
  });
  it("is not offered where there is nothing to explain", () => {
    const root = document.createElement("div");
    const { button, offer } = helpPanel(root);
    root.append(button);
    offer();
    expect(button.hidden).toBe(true);
  });
});
