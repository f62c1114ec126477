/** Scales with round ticks, the places of steps, and paths with gaps. */
import { describe, expect, it } from "vitest";
import {
  between,
  epochAway,
  epochsOver,
  epochsShown,
  exact,
  linear,
  logarithmic,
  nearest,
  pathOf,
  placeOf,
  rangeOf,
  roundStep,
  upTo,
} from "../../../src/widgets/training-monitor/math";
import { RUN } from "../../model";

describe("places", () => {
  it("are those of the last step before", () => {
    expect(upTo([1, 3, 5], 0)).toBe(0);
    expect(upTo([1, 3, 5], 3)).toBe(2);
    expect(upTo([1, 3, 5], 9)).toBe(3);
    const thinned = { ...RUN, step: [1, 4, 9] };
    expect([0, 1, 3, 4, 8, 9, 99].map((step) => placeOf(thinned, step))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(placeOf(thinned, null)).toBe(2);
  });
  it("know which epochs are over", () => {
    expect([1, 2, 3, 5, 6].map((step) => epochsOver(RUN, step))).toEqual([0, 0, 1, 1, 2]);
    const stopped = { ...RUN, step: [1, 4], epoch: [1, 2] };
    expect(epochsOver(stopped, 4), "an epoch that was cut short is over with the last step").toBe(2);
  });
  it("are the nearest to a pointer", () => {
    expect(nearest(RUN, 0)).toBe(0);
    expect(nearest(RUN, 1)).toBe(2);
    expect(nearest(RUN, 1.1)).toBe(2);
    expect(nearest(RUN, 1.3)).toBe(3);
    expect(nearest(RUN, 99)).toBe(6);
  });
  it("go from one end of an epoch to the next, both ways", () => {
    expect(epochAway(RUN, 0, 1)).toBe(2);
    expect(epochAway(RUN, 2, 1)).toBe(5);
    expect(epochAway(RUN, 5, 1)).toBe(6);
    expect(epochAway(RUN, 6, -1)).toBe(5);
    expect(epochAway(RUN, 5, -1)).toBe(2);
    expect(epochAway(RUN, 2, -1)).toBe(0);
  });
});

describe("the axis of epochs", () => {
  const long = { ...RUN, steps: 3_000_000 };
  it("ends where a run did", () => expect(epochsShown({ ...long, step: [1, 6] }, false)).toBe(2));
  it("has room for one that goes on, and changes seldom", () => {
    expect(epochsShown({ ...RUN, step: [1] }, true)).toBe(4);
    const shown = Array.from({ length: 300 }, (_, i) => epochsShown({ ...long, step: [i + 1] }, true));
    expect(new Set(shown).size).toBeLessThan(10);
    shown.forEach((epochs, i) => expect(epochs).toBeGreaterThan((i + 1) / 3));
  });
});

describe("ticks", () => {
  it("are 1, 2 or 5 times a power of ten", () => {
    expect(roundStep(2.4, 5)).toBe(0.5);
    expect(roundStep(10, 5)).toBe(2);
    expect(roundStep(0.07, 5)).toBe(0.02);
    expect(roundStep(900, 5)).toBe(200);
  });
  it("end at or beyond the ends", () => {
    const axis = linear(0, 2.37);
    expect(axis.ticks).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect([0, 1.25, 2.5].map(axis.place)).toEqual([0, 0.5, 1]);
  });
  it("are there for numbers that are all the same", () => {
    for (const value of [0, 3, -2, 1e-30, 1e30]) {
      const { ticks, place } = linear(value, value);
      expect(ticks.length).toBeGreaterThan(1);
      expect(place(value)).toBeGreaterThanOrEqual(0);
      expect(place(value)).toBeLessThanOrEqual(1);
    }
  });
  it.each([0.3, 1, 2, 7, 30, 144, 5000])("of %f epochs are few, and whole where there is more than one", (epochs) => {
    const { ticks, place } = exact(epochs);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.length).toBeGreaterThan(1);
    expect(place(epochs)).toBe(1);
    if (epochs > 1) expect(ticks.every(Number.isInteger)).toBe(true);
  });
  it.each([
    [0.012, 2.4],
    [1, 1],
    [3e-9, 4e5],
    [0.2, 0.21],
  ])("of equal factors enclose %f and %f", (low, high) => {
    const { place, ticks } = logarithmic(low, high);
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(7);
    for (const value of [low, high]) {
      expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
      expect(place(value)).toBeLessThanOrEqual(1 + 1e-9);
    }
    expect(place(Math.sqrt(low * high))).toBeCloseTo((place(low) + place(high)) / 2);
  });
});

describe("paths", () => {
  const [across, up] = [exact(4), linear(0, 1)];
  it("have gaps where nothing is known", () =>
    expect(pathOf({ x: [0, 1, 2, 3, 4], y: [0, 0.5, null, 1, 1] }, across, up)).toBe(
      "M0.0 1000.0L250.0 500.0M750.0 0.0L1000.0 0.0",
    ));
  it("show a number that stands alone", () =>
    expect(pathOf({ x: [1, 2, 3], y: [null, 0.5, null] }, across, up)).toBe("M500.0 500.0h1"));
  it("leave out what has no logarithm", () =>
    expect(pathOf({ x: [0, 4], y: [0, 1] }, across, logarithmic(0.1, 1))).toBe("M1000.0 0.0h1"));
  it("enclose what lies between two curves", () => {
    const x = [0, 2, 4];
    expect(between({ x, y: [1, 1, 1] }, { x, y: [0, 0, null] }, across, up)).toBe(
      "M0.0 0.0L500.0 0.0L500.0 1000.0L0.0 1000.0Z",
    );
    expect(between({ x, y: [1, null, null] }, { x, y: [0, 0, 0] }, across, up)).toBe("");
  });
  it("have a range even if nothing is known", () => {
    expect(rangeOf([{ x: [], y: [] }])).toEqual([0, 1]);
    expect(rangeOf([{ x: [1, 2], y: [3, null] }])).toEqual([3, 3]);
  });
});
