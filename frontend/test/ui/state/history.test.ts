import { describe, expect, it } from "vitest";
import { History } from "../../../src/ui/state/history";

describe("history", () => {
  it("goes back and forth", () => {
    const history = new History<number>();
    history.before(1, undefined);
    history.before(2, undefined);
    expect([history.undo(3), history.undo(2), history.undo(1)]).toEqual([2, 1, undefined]);
    expect([history.redo(1), history.redo(2), history.redo(3)]).toEqual([2, 3, undefined]);
  });
  it("counts a group once, and a new change forgets the future", () => {
    const history = new History<number>();
    for (const value of [1, 2, 3]) history.before(value, "drag");
    expect(history.undo(4)).toBe(1);
    history.before(1, "drag");
    expect(history.canRedo).toBe(false);
    expect(history.undo(9)).toBe(1);
  });
  it("takes back what an open group did, as if it had not been", () => {
    const history = new History<number>();
    history.before(1, undefined);
    expect(history.undo(2)).toBe(1);
    history.before(1, "drag");
    history.before(5, "drag");
    expect(history.takeBack("another")).toBe(undefined);
    expect(history.takeBack("drag")).toBe(1);
    expect([history.canUndo, history.redo(1)]).toEqual([false, 2]);
    expect(history.takeBack(undefined)).toBe(undefined);
  });
});
