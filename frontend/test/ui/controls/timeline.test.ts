// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { timeline } from "../../../src/ui/controls/timeline";

describe("the timeline", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const setUp = (steps: number) => {
    const heard: number[] = [];
    const line = timeline(
      "position",
      (step) => (heard.push(step), line.show(step, steps)),
      (step) => `step ${step}`,
    );
    line.show(0, steps);
    const press = (label: string) => line.el.querySelector<HTMLElement>(`[aria-label="${label}"]`)!.click();
    return { heard, line, press };
  };
  it("steps both ways and stays inside", () => {
    const { heard, press } = setUp(3);
    for (const label of ["Step forward", "Last step", "Step forward", "Step back", "First step", "Step back"])
      press(label);
    expect(heard).toEqual([1, 2, 2, 1, 0, 0]);
  });
  it("stands still until played, plays to the end, pauses, and starts again from there", () => {
    const { heard, line, press } = setUp(3);
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([]);
    press("Play");
    vi.advanceTimersByTime(400);
    press("Pause");
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([1]);
    press("Play");
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([1, 2]);
    expect(line.el.querySelector('[aria-label="Play"]')).not.toBeNull();
    press("Play");
    expect(heard).toEqual([1, 2, 0]);
    line.stop();
  });
  it("scrubs", () => {
    const { heard, line } = setUp(9);
    const range = line.el.querySelector("input")!;
    range.value = "7";
    range.dispatchEvent(new Event("input"));
    expect(heard).toEqual([7]);
    expect(range.getAttribute("aria-valuetext")).toBe("step 7");
  });
});
