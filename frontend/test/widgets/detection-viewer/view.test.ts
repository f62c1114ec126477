// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { unpack, type Packed } from "../../../src/ui/state/packed";
import {
  type Answer,
  answerOf,
  cellAtPoint,
  cellsOf,
  fallenTo,
  type Said,
} from "../../../src/widgets/detection-viewer/math";
import { inverted } from "../../../src/widgets/detection-viewer/own";
import { boundTo, cellBox, sceneOf } from "../../../src/widgets/detection-viewer/scene";
import type { State } from "../../../src/widgets/detection-viewer/state";
import { DetectionViewer } from "../../../src/widgets/detection-viewer/view";
import {
  ASKING,
  comparison,
  countText,
  fateText,
  itemsOf,
  linesOf,
  NO_KERNEL,
  rawText,
  spokenCell,
  valueText,
  verdictText,
} from "../../../src/widgets/detection-viewer/words";
import { evaluate, mount as mountView, textOf } from "../../help";
import { detectionState } from "../../model";

const mount = (changes = {}) => mountView(DetectionViewer, detectionState(changes));
const answered = (changes: Partial<State> = {}): [Answer, State] => {
  const state = detectionState(changes) as unknown as State;
  const scores = unpack(state.scores);
  const cells = cellsOf(scores, state.index, [8, 12]);
  return [answerOf(cells, { grid: [2, 3], size: [8, 12] }, state, state.objects[state.index]), state];
};
const NAMES = ["cat", "dog"];
const BOUNDS = { threshold: 0.5, overlap: 0.5 };

describe("what becomes of the boxes", () => {
  it("is two kept and one suppressed, and the cells stay below or above the threshold", () => {
    const [answer] = answered();
    expect(answer.ranked).toEqual([0, 5, 1]);
    expect(answer.fates).toEqual(["kept", "fallen", "below", "below", "below", "kept"]);
    expect(fallenTo(answer, 0).map(({ index }) => index)).toEqual([1]);
    expect([boundTo(answer, 0), boundTo(answer, 1), boundTo(answer, 5)]).toEqual([[1], [0], []]);
  });
  it("comes round by round", () => {
    const steps = [0, 1, 2, 99].map((step) => answered({ step })[0]);
    expect(steps.map(({ fates }) => [fates[0], fates[1], fates[5]])).toEqual([
      ["waiting", "waiting", "waiting"],
      ["kept", "falls", "waiting"],
      ["kept", "fallen", "kept"],
      ["kept", "fallen", "kept"],
    ]);
    expect(steps.map(countText)).toEqual([
      "0 kept, 0 suppressed, 3 waiting",
      "1 kept, 1 suppressed, 1 waiting",
      "2 kept, 1 suppressed",
      "2 kept, 1 suppressed",
    ]);
  });
  it("knows the cell at a point: of the boxes there the smallest one's, else that of the place", () => {
    const [answer] = answered();
    const inside = answer.cells[5].box;
    expect(cellAtPoint(answer, [inside[0] + 0.1, inside[1] + 0.1])).toBe(5);
    expect(cellAtPoint(answered({ threshold: 1 })[0], [11, 1])).toBe(2);
    expect(cellAtPoint(answered({ threshold: 1 })[0], [12, 8])).toBe(5);
    expect(cellBox(5, answer)).toEqual([8, 4, 12, 8]);
  });
});

describe("what is written", () => {
  it.each([0, 1, 2, 3, 4, 5])("of cell %i adds up as it is shown", (cell) => {
    const [answer, state] = answered();
    const lines = linesOf(cell, answer, NAMES, state, state.objects[0]);
    const text = lines.slice(1).map(textOf).join("; ");
    const equations = text.split(/[,;] /).filter((each) => /[·/]/.test(each) && /[=≈]/.test(each));
    expect(equations.length).toBeGreaterThanOrEqual(9);
    for (const equation of equations) {
      const members = equation.split(/ ([=≈]) /).filter((part) => !/[a-zA-Zσ]/.test(part));
      const signs = members.filter((part) => /^[=≈]$/.test(part));
      const values = members.filter((part) => !/^[=≈]$/.test(part)).map(evaluate);
      expect(values.length).toBeGreaterThanOrEqual(2);
      const [shown, result] = values.slice(-2);
      expect(Math.abs(shown - result)).toBeLessThanOrEqual(
        signs.at(-1) === "=" ? 1e-9 : /score/.test(equation) ? 0.00015 : 0.0126,
      );
    }
    const edges = ["x1", "y1", "x2", "y2"].map(
      (name) => new RegExp(`${name} = [^=≈]* [=≈] ([−\\d.e]+)`).exec(text)![1],
    );
    edges.forEach((edge, i) => expect(evaluate(edge)).toBe(Number(answer.cells[cell].box[i].toFixed(2))));
  });
  it("says why a box is left out, kept or suppressed", () => {
    const [answer, state] = answered();
    expect(fateText(4, answer, NAMES, state)).toMatch(/^Left out: its score is below the threshold, 0\.\d+ < 0\.50\.$/);
    expect(fateText(0, answer, NAMES, state)).toMatch(
      /Kept: no surer cat .* 0\.25\. box 3 \(cat at 0\.\d+\) falls to it\.$/,
    );
    expect(fateText(1, answer, NAMES, state)).toMatch(
      /Suppressed: box 1 \(cat at 0\.\d+\), of the same class .* IoU 0\.\d+ > 0\.25\.$/,
    );
    expect(fateText(5, answered({ step: 0 })[0], NAMES, state)).toMatch(/waits for its round/);
  });
  it("tells numbers apart that are close to a bound", () => {
    expect(comparison(0.5, "≥", 0.5)).toBe("0.50 ≥ 0.50");
    expect(comparison(0.4999, "<", 0.5)).toBe("0.4999 < 0.5000");
    expect(comparison(0.86, ">", 0.5)).toBe("0.86 > 0.50");
  });
  it("has a sentence for each verdict", () => {
    const objects: State["objects"] = [
      [
        [0, 0, 1, 1, 0],
        [2, 2, 3, 3, 1],
      ],
    ];
    const text = (worth: Parameters<typeof verdictText>[0]["worth"], object = 1) =>
      verdictText({ worth, object, iou: 0.456 }, NAMES, objects[0]!, "cat");
    expect(text("right")).toBe("Right: a true dog is there, IoU 0.46.");
    expect(text("label")).toMatch("Wrong label: it is a dog");
    expect(text("overlap")).toMatch("less than 0.50");
    expect(text("both")).toMatch("Wrong label and poor overlap");
    expect(text("double")).toMatch("Found twice");
    expect(text("nothing", -1)).toMatch("Nothing is there");
  });
  it("lists the boxes by score, and what is missed once all is over", () => {
    const objects: State["objects"] = [[[0, 6, 2, 8, 1]], null];
    const [over, { objects: known }] = answered({ objects });
    const items = itemsOf(over, NAMES, known[0], 1);
    expect(items.map(({ kind }) => kind)).toEqual(["falls", "falls", "fallen", "missed"]);
    expect(items.map(({ current }) => Boolean(current))).toEqual([false, false, true, false]);
    expect(items[2].fate).toMatch(/^IoU 0\.\d+, box 1$/);
    expect(itemsOf(answered({ objects, step: 1 })[0], NAMES, known[0], 1)).toHaveLength(3);
    expect(itemsOf(answered({ objects: [null, null] })[0], NAMES, null, 1)[0].fate).toBe("kept");
  });
  it("lists no more than a hundred boxes, and says how many more there are", () => {
    const said: Said = { raw: [], values: [1, 0, 0, 1, 1, 1, 0], box: [0, 0, 1, 1], score: 1, label: 0 };
    const many = answerOf(Array(130).fill(said), { grid: [10, 13], size: [10, 13] }, { ...BOUNDS, step: null }, null);
    const items = itemsOf(many, NAMES, null, 0);
    expect([items.length, items.at(-1)!.name]).toEqual([101, "… 30 more"]);
  });
  it("keeps numbers to their length", () => {
    expect([0.12345, 12.345, 2980.96].map(valueText)).toEqual(["0.123", "12.35", "2981"]);
    expect([-1.5, -0.001, 11.857].map(rawText)).toEqual(["−1.50", "0.00", "11.86"]);
  });
});

describe("what is drawn", () => {
  it("lets a kept box show those that fall to it, and the other way round", () => {
    const [answer, state] = answered();
    const tagsOf = (looked: number) => sceneOf(answer, NAMES, looked, null).outlines.map(({ tag }) => tag ?? "");
    expect(tagsOf(0).filter((tag) => tag.startsWith("✕ IoU"))).toHaveLength(1);
    expect(tagsOf(5).filter((tag) => tag.startsWith("✕"))).toHaveLength(0);
    expect(tagsOf(1).at(-1)).toMatch("✕ IoU"); // the one that is looked at lies on top
    const missing = sceneOf(answered({ objects: [[[0, 6, 2, 8, 1]], null] })[0], NAMES, 0, [[0, 6, 2, 8, 1]]);
    expect(missing.outlines.map(({ tag }) => tag)).toContain("missed: dog");
    expect(state.names).toEqual(NAMES);
  });
  it("writes no more names than there is room for, but that of the box that is looked at", () => {
    const [answer] = answered({ threshold: 0, overlap: 1 });
    const tagged = (most?: number) =>
      sceneOf(answer, NAMES, 5, null, most).outlines.filter(({ tag }) => tag !== undefined).length;
    expect([tagged(), tagged(5)]).toEqual([6, 1]);
  });
  it("draws the surer boxes wider while all wait", () => {
    const [answer] = answered({ step: 0 });
    const widths = sceneOf(answer, NAMES, 2, null).outlines.filter(({ tone }) => tone === "output");
    expect(widths.map(({ width }) => width)).toEqual([...widths.map(({ width }) => width)].sort((a, b) => a - b));
    expect(new Set(widths.map(({ width }) => width)).size).toBe(3);
  });
});

describe("the view", () => {
  const values = (viewer: ReturnType<typeof mount>) =>
    [...viewer.el.querySelectorAll(".numbers dt + dd")].map(({ textContent }) => textContent);

  it("begins at the best score, with its numbers and its fate", () => {
    const viewer = mount();
    const [answer, state] = answered();
    expect(values(viewer)).toEqual(answer.cells[0].values.map(valueText));
    const lines = linesOf(0, answer, NAMES, state, state.objects[0]).map(textOf);
    expect([...viewer.find(".sum").children].map(({ textContent }) => textContent)).toEqual(lines);
    expect(viewer.cells("input")).toEqual(answer.cells.map((cell) => cell.values[0].toFixed(2)));
  });
  it("goes from cell to cell in the grid, and from box to box in the picture", () => {
    const viewer = mount();
    viewer.press(".panel.input .grid", "ArrowDown");
    expect(viewer.model.get("cell")).toEqual([1, 0]);
    viewer.press(".boxes-field", "ArrowRight"); // no box: on to the surest
    expect(viewer.model.get("cell")).toEqual([0, 0]);
    viewer.press(".boxes-field", "ArrowRight");
    expect(viewer.model.get("cell")).toEqual([1, 2]);
    viewer.press(".boxes-field", "End");
    expect(viewer.model.get("cell")).toEqual([0, 1]);
    viewer.press(".boxes-field", "Home");
    viewer.press(".boxes-field", "ArrowLeft");
    expect(viewer.model.get("cell")).toEqual([0, 0]);
    expect(viewer.find(".boxes-field").getAttribute("aria-label")).toMatch(/3 boxes.*Cell row 0, column 0: p_c/);
  });
  it("goes through the rounds, and its end stays its end when the threshold changes", () => {
    const viewer = mount();
    expect(viewer.find(".count").textContent).toBe("round 2 of 2");
    viewer.find("[data-value=decoded]").click();
    viewer.flush();
    expect(viewer.model.get("step")).toBe(0);
    expect(viewer.find(".panel.output .dims").textContent).toMatch("3 waiting");
    viewer.find("[aria-label='Step forward']").click();
    viewer.flush();
    viewer.find("[aria-label='Step forward']").click();
    viewer.flush();
    expect(viewer.model.get("step")).toBe(null);
    viewer.choose("input[type=range][max='100']", "1");
    expect(viewer.model.get("threshold")).toBe(0.01);
    expect(viewer.find(".panel.output .dims").textContent).not.toMatch("waiting");
    viewer.find("[aria-label=Undo]").click();
    viewer.flush();
    expect(viewer.model.get("threshold")).toBe(0.5);
  });
  it("turns to the next picture, where nobody knows the objects", () => {
    const viewer = mount({ cell: [1, 1], step: 1 });
    viewer.find("[aria-label='Next picture']").click();
    viewer.flush();
    expect(["index", "cell", "step"].map((name) => viewer.model.get(name))).toEqual([1, null, null]);
    expect(viewer.find(".which").textContent).toBe("picture 2 of 2");
    const truth = [...viewer.el.querySelectorAll("button")].find(({ textContent }) => textContent === "true boxes")!;
    expect(truth.disabled).toBe(true);
    viewer.find("[aria-label='Next picture']").click();
    expect(viewer.model.get("index")).toBe(0);
  });
  it("shows the class's probability or the score in the grid", () => {
    const viewer = mount();
    const [{ cells }] = answered();
    viewer.choose("select", "score");
    expect(viewer.cells("input")).toEqual(cells.map(({ score }) => score.toFixed(2)));
    viewer.choose("select", "class");
    expect(viewer.cells("input")).toEqual(cells.map(({ values, label }) => values[5 + label].toFixed(2)));
  });
  it("says what does not go together when Python sets it, and keeps what was there", () => {
    const viewer = mount();
    const before = viewer.cells("input");
    viewer.model.set("names", ["cat"]);
    viewer.flush();
    expect(viewer.find(".status").textContent).toMatch("its trait names must be of 2 classes");
    expect(viewer.cells("input")).toEqual(before);
    viewer.model.set("names", ["a", "b"]);
    viewer.flush();
    expect(viewer.find(".status").textContent).toBe("");
  });
  it("tells those who listen what is looked at", () => {
    const [answer, state] = answered();
    expect(spokenCell(0, answer, NAMES, state, state.objects[0])).toMatch(
      /^Cell row 0, column 0: p_c 0\.95, cat, score 0\.\d+\. Its score counts.* Right: /,
    );
  });
  it("that is taken away leaves nothing behind", () => {
    for (const changes of [{}, { _asked: null, _said: "" }]) {
      const viewer = mount(changes);
      viewer.unmount();
      expect(viewer.model.listening).toBe(0);
      expect(viewer.el.children).toHaveLength(0);
    }
  });
});

describe("a picture of one's own", () => {
  const choose = async (viewer: ReturnType<typeof mount>) => {
    const input = viewer.find<HTMLInputElement>("input[type=file]");
    Object.defineProperty(input, "files", { value: [new File(["x"], "mine.png")], configurable: true });
    input.dispatchEvent(new Event("change"));
    await new Promise((done) => setTimeout(done, 5));
  };
  const reads = (values: number[]) => {
    vi.stubGlobal("createImageBitmap", async () => ({ width: 2, height: 1 }));
    const data = values.flatMap((value) => [value, value, value, 255]);
    const context = { drawImage() {}, fillRect() {}, getImageData: () => ({ data }) };
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  };

  it("is not offered where there is no kernel, which is said", () => {
    const model = { ...detectionState() };
    const listeners = { on: () => {}, off: () => {} };
    const el = document.createElement("div");
    const undo = DetectionViewer({
      model: { get: (key) => model[key], set: () => {}, ...listeners },
      el,
    });
    expect(el.querySelector("input[type=file]")).toBe(null);
    expect(el.textContent).toContain(NO_KERNEL);
    undo();
  });
  it("goes to the kernel, as light as it is or inverted, and the view says that it waits", async () => {
    const viewer = mount({ _asked: null, _said: "" });
    viewer.flush();
    reads([10, 250]);
    await choose(viewer);
    const asked = () => [...unpack((viewer.model.get("_asked") as { picture: Packed }).picture).data];
    expect(asked()).toEqual([10, 250]);
    expect(viewer.find(".status").textContent).toBe(ASKING);
    const invert = [...viewer.el.querySelectorAll("button")].find(
      ({ textContent }) => textContent === "dark on light",
    )!;
    invert.click();
    await choose(viewer);
    expect(asked()).toEqual([245, 5]);
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
  it("is answered by the kernel: with a picture more, or with what is wrong", () => {
    const viewer = mount({ _asked: { picture: {} }, _said: "" });
    viewer.model.set("_said", "there are too many");
    viewer.model.set("_asked", null);
    expect(viewer.find(".status").textContent).toBe("Your picture can’t be looked at: there are too many");
    expect(viewer.find(".status").classList).toContain("alarm");
  });
  it("that is no picture is refused in words, and nothing is asked", async () => {
    const viewer = mount({ _asked: null, _said: "" });
    vi.stubGlobal("createImageBitmap", async () => {
      throw new Error("no");
    });
    await choose(viewer);
    expect(viewer.find(".status").textContent).toMatch("“mine.png” is not a picture");
    expect(viewer.model.get("_asked")).toBe(null);
    vi.unstubAllGlobals();
  });
  it("is inverted byte by byte", () => {
    const picture = { dtype: "uint8", shape: [1, 3], data: btoa("\x00\x80\xff") } as Packed;
    expect([...unpack(inverted(picture)).data]).toEqual([255, 127, 0]);
  });
});
