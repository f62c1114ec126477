// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";
import { numbered } from "../../../src/ui/controls/numbered";

it("chooses one of as many as there are", () => {
  const take = vi.fn();
  const { el, show } = numbered("kernel", 3, take);
  const buttons = [...el.querySelectorAll("button")];
  show(1, 2);
  expect(el.hidden).toBe(false);
  expect(buttons.map(({ hidden }) => hidden)).toEqual([false, false, true]);
  expect(buttons.map((button) => button.getAttribute("aria-checked"))).toEqual(["false", "true", "false"]);
  buttons[0].click();
  expect(take).toHaveBeenCalledWith(0);
  show(0, 1);
  expect(el.hidden).toBe(true);
});
