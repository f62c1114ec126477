// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { unpack } from "../../../src/ui/state/packed";
import { network, type PlainLayer, softmax } from "../../../src/widgets/shared/network";
import { asItStands, boundsOf, centred } from "../../../src/widgets/digit-pad/placing";
import { erased, inked } from "../../../src/widgets/digit-pad/ink";
import { layoutOf, mapAt, spread } from "../../../src/widgets/digit-pad/sheets";
import { percent, spoken, wordsOf } from "../../../src/widgets/digit-pad/words";
import { DigitPad } from "../../../src/widgets/digit-pad/view";
import { mount as mountView, type Mounted } from "../../help";
import { padState } from "../../model";

const mount = (changes = {}) => mountView(DigitPad, padState(changes));
const sheetOf = ({ model }: Mounted) => unpack(model.get("drawing") as never).data;
const inkOf = (mounted: Mounted) => sheetOf(mounted).filter((value) => value > 0).length;
const SIDE = 112;

/** Where the pad is on a page without a layout: 224 px a side, so that a sheet's pixel has 2. */
const pointer = (mounted: Mounted, type: string, x: number, y: number, more = {}) => {
  const sheet = mounted.find(".sheet");
  sheet.querySelector("canvas")!.getBoundingClientRect = () =>
    ({ left: 0, top: 0, width: 224, height: 224 }) as DOMRect;
  const event = new MouseEvent(type, { clientX: x, clientY: y, bubbles: true, cancelable: true, ...more });
  Object.assign(event, { pointerId: 1 });
  sheet.dispatchEvent(event);
  mounted.flush();
};
const stroke = (mounted: Mounted, ...points: [number, number][]) => {
  pointer(mounted, "pointerdown", ...points[0]);
  for (const point of points.slice(1)) pointer(mounted, "pointermove", ...point);
  pointer(mounted, "pointerup", ...points.at(-1)!);
};

describe("drawing", () => {
  it("by hand leaves ink where the hand went, and no label", () => {
    const pad = mount({ label: 4 });
    stroke(pad, [60, 60], [60, 160]);
    const sheet = sheetOf(pad);
    for (const y of [30, 50, 80]) expect(sheet[y * SIDE + 30]).toBe(255);
    expect(sheet[30 * SIDE + 60]).toBe(0);
    expect(pad.model.get("label")).toBe(null);
    expect(pad.model.saved).toBeGreaterThan(0);
  });
  it("is undone stroke by stroke", () => {
    const pad = mount();
    stroke(pad, [60, 60], [60, 100], [90, 160]);
    const one = inkOf(pad);
    stroke(pad, [150, 60], [150, 160]);
    expect(inkOf(pad)).toBeGreaterThan(one);
    const undo = pad.find("[aria-label=Undo]");
    undo.click();
    expect(inkOf(pad)).toBe(one);
    undo.click();
    expect(inkOf(pad)).toBe(0);
  });
  it("that the system takes away is taken back", () => {
    const pad = mount();
    pointer(pad, "pointerdown", 60, 60);
    pointer(pad, "pointermove", 60, 160);
    pointer(pad, "pointercancel", 60, 160);
    expect(inkOf(pad)).toBe(0);
  });
  it("with another button than the first draws nothing", () => {
    const pad = mount();
    pointer(pad, "pointerdown", 60, 60, { button: 2 });
    expect(inkOf(pad)).toBe(0);
  });
  it.each([" ", "Enter"])("with the keyboard: %j puts the pen down and lifts it, and arrows move it", (key) => {
    const pad = mount();
    pad.press(".sheet", "ArrowUp");
    expect(inkOf(pad)).toBe(0);
    pad.press(".sheet", key);
    const dot = inkOf(pad);
    expect(dot).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) pad.press(".sheet", "ArrowDown");
    const line = inkOf(pad);
    expect(line).toBeGreaterThan(dot);
    pad.press(".sheet", key);
    pad.press(".sheet", "ArrowRight");
    expect(inkOf(pad)).toBe(line);
    expect(pad.find(".cursor").hidden).toBe(false);
    pad.find("[aria-label=Undo]").click();
    expect(inkOf(pad)).toBe(0);
  });
  it("with the keyboard erases where the pen is", () => {
    const pad = mount();
    pad.press(".sheet", " ");
    pad.press(".sheet", "Delete");
    expect(inkOf(pad)).toBe(0);
  });
  it("with the keyboard stays on the sheet", () => {
    const pad = mount();
    for (let i = 0; i < 40; i++) pad.press(".sheet", "ArrowLeft");
    pad.press(".sheet", " ");
    expect(sheetOf(pad)[(SIDE / 2) * SIDE]).toBe(255);
  });
  it("is cleared, and that can be undone", () => {
    const pad = mount();
    stroke(pad, [60, 60], [60, 160]);
    const clear = [...pad.el.querySelectorAll("button")].find(({ textContent }) => textContent === "Clear")!;
    clear.click();
    pad.flush();
    expect(inkOf(pad)).toBe(0);
    expect(pad.find(".says").textContent).toBe("–");
    pad.find("[aria-label=Undo]").click();
    expect(inkOf(pad)).toBeGreaterThan(0);
  });
});

describe("a reading", () => {
  it("is what the network makes of the placed drawing", () => {
    const pad = mount();
    stroke(pad, [20, 20], [20, 90], [60, 90]);
    const digit = centred({ data: sheetOf(pad), rows: SIDE, cols: SIDE }).map((value) => value / 255);
    const shares = softmax(network(pad.model.get("model") as PlainLayer[])(digit).at(-1)!.data);
    const shown = [...pad.el.querySelectorAll(".share")].map(({ textContent }) => textContent);
    expect(shown).toEqual([...shares].map(percent));
    expect(pad.find(".says").textContent).toBe(String(shares.indexOf(Math.max(...shares))));
    expect(pad.el.querySelectorAll(".bars .first")).toHaveLength(1);
  });
  it("follows the button that leaves the drawing where it stands", () => {
    const pad = mount();
    stroke(pad, [20, 20], [20, 90], [60, 90]);
    const before = pad.find(".bars").textContent;
    pad.find("button[aria-pressed]").click();
    pad.flush();
    expect(pad.model.get("centred")).toBe(false);
    expect(pad.find(".bars").textContent).not.toBe(before);
  });
  it("of an example knows what it is meant to be", () => {
    const pad = mount();
    const [, nine] = pad.el.querySelectorAll<HTMLElement>(".examples button");
    nine.click();
    pad.flush();
    expect(pad.model.get("label")).toBe(9);
    expect(nine.getAttribute("aria-checked")).toBe("true");
    expect(pad.find(".doubts").textContent).toMatch(/9/);
  });
  it("is said in words: the first, its runners-up, and what is wrong", () => {
    const shares = Float64Array.of(0.02, 0.9, 0.05, 0.03, 0, 0, 0, 0, 0, 0);
    const sure = wordsOf({ shares, empty: false }, null);
    expect(spoken(sure)).toMatch(/^Read as 1: 90\.0.%, then 2 \(5\.0.%\) and 3 \(3\.0.%\)/);
    expect(wordsOf({ shares, empty: false }, 1)).toMatchObject({ note: "Right: it is a 1.", doubt: false });
    expect(wordsOf({ shares, empty: false }, 7)).toMatchObject({ doubt: true });
    expect(wordsOf({ shares: shares.fill(0.1), empty: false }, null).note).toMatch(/^Unsure/);
    expect(spoken(wordsOf({ shares, empty: true }, null))).toBe("Nothing is drawn.");
  });
  it.each([
    [1, "100.0\u00a0%"],
    [0.9999, ">\u00a099.9\u00a0%"],
    [0.5, "50.0\u00a0%"],
    [0.0001, "<\u00a00.1\u00a0%"],
  ])("never calls %d certain unless it is", (share, text) => expect(percent(share)).toBe(text));
});

describe("the maps", () => {
  it("stand there with their layers' names and sizes", () => {
    const heads = [...mount().el.querySelectorAll(".stage-row header")].map((head) =>
      [...head.children].map(({ textContent }) => textContent),
    );
    expect(heads).toEqual([
      ["C1", "2 × 9 × 9"],
      ["S2", "2 × 3 × 3"],
      ["F3", "6 units"],
    ]);
  });
  it("are looked at by the keyboard, one at a time", () => {
    const pad = mount();
    const [c1, s2] = pad.el.querySelectorAll<HTMLElement>(".maps");
    expect(c1.getAttribute("aria-valuetext")).toBe("2 of 2");
    s2.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    pad.flush();
    expect(pad.model.get("looked_at")).toEqual([1, 0]);
    s2.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    pad.flush();
    expect(pad.model.get("looked_at")).toEqual([1, 1]);
    s2.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    pad.flush();
    expect(pad.model.get("looked_at")).toEqual([1, 1]);
    expect([c1, s2].map((el) => el.getAttribute("aria-valuetext"))).toEqual(["none of 2", "2 of 2"]);
    expect(pad.find(".large canvas[aria-label^=S2]").getAttribute("aria-label")).toMatch(/^S2, map 2/);
  });
  it.each([[[6, 28, 28]], [[16, 5, 5]], [[200, 3, 4]], [[84]], [[120, 1, 1]], [[1, 28, 28]]])(
    "of shape %j are found again where they are painted",
    (shape) => {
      const layout = layoutOf(shape);
      expect(layout.width).toBeLessThanOrEqual(352);
      const cells = layout.rows * layout.cols;
      const tones = Uint32Array.from({ length: layout.count * cells }, (_, i) => 1 + Math.floor(i / cells));
      const out = new Uint32Array(layout.width * layout.height);
      spread(tones, layout, out);
      const found = Array.from(out, (_, i) => mapAt(layout, i % layout.width, Math.floor(i / layout.width)));
      expect(found.filter((map, i) => out[i] > 0 && map !== out[i] - 1)).toEqual([]);
      expect(new Set(out).size).toBe(layout.count + 1 - (out.includes(0) ? 0 : 1));
    },
  );
});

describe("ink and placing", () => {
  const empty = new Uint8Array(SIDE * SIDE);
  it("keeps what is lighter where strokes cross", () => {
    const once = inked(empty, SIDE, { x: 20, y: 50 }, { x: 90, y: 50 });
    const twice = inked(once, SIDE, { x: 50, y: 20 }, { x: 50, y: 90 });
    once.forEach((value, i) => expect(twice[i]).toBeGreaterThanOrEqual(value));
    expect(Math.max(...twice)).toBe(255);
  });
  it("ends softly, and is erased", () => {
    const once = inked(empty, SIDE, { x: 50, y: 50 }, { x: 50, y: 50 });
    expect(once.some((value) => value > 0 && value < 255)).toBe(true);
    expect(erased(once, SIDE, { x: 50, y: 50 }).some((value) => value > 0)).toBe(false);
  });
  it("places nothing where nothing is drawn", () => {
    const plane = { data: empty, rows: SIDE, cols: SIDE };
    expect(boundsOf(plane)).toBe(undefined);
    expect(centred(plane).some((value) => value > 0)).toBe(false);
  });
  it("averages the sheet where it is to stand as it is", () => {
    const sheet = empty.slice();
    sheet[5 * SIDE + 9] = 160;
    const seen = asItStands({ data: sheet, rows: SIDE, cols: SIDE });
    expect(seen[28 + 2]).toBeCloseTo(10);
    expect(seen.reduce((a, b) => a + b)).toBeCloseTo(10);
  });
});

it("a view that is taken away leaves nothing behind", () => {
  const pad = mount();
  pad.unmount();
  expect(pad.model.listening).toBe(0);
  expect(pad.el.children).toHaveLength(0);
});
