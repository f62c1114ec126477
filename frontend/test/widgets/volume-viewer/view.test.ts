// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { size } from "../../../src/math/array";
import { correlate } from "../../../src/math/ops";
import { pack, unpack, type Packed } from "../../../src/ui/state/packed";
import { explainInput, explainVoxel } from "../../../src/widgets/volume-viewer/arithmetic";
import {
  across,
  compute,
  flat,
  outputSlice,
  place,
  readersOf,
  readingOutputs,
  type Setting,
  slice,
} from "../../../src/widgets/volume-viewer/math";
import { VolumeViewer } from "../../../src/widgets/volume-viewer/view";
import { array, mount, seeded, summedUp, textOf } from "../../help";

const random = seeded(5);
const digit = () => Math.floor(random() * 10) - 4;
const setting = (changes: Partial<Setting> = {}): Setting => ({
  volume: array([5, 6, 7], digit),
  kernel: array([3, 2, 3], digit),
  stride: 1,
  padding: 0,
  mode: "zero",
  ...changes,
});
const CASES: Partial<Setting>[] = [
  {},
  { stride: 2, padding: 1 },
  {
    padding: [
      [1, 0],
      [0, 2],
      [1, 1],
    ],
    mode: "reflect",
  },
  { volume: array([4, 4, 4], random), kernel: array([2, 2, 2], random) },
  { kernel: array([5, 5, 5], random), padding: 1, mode: "circular" },
];

describe("slices", () => {
  it("are what they are taken from, across every axis", () => {
    const { volume } = setting();
    for (const axis of [0, 1, 2])
      for (let index = 0; index < volume.shape[axis]; index++) {
        const values = slice(volume, axis, index);
        const [rows, cols] = across(axis).map((a) => volume.shape[a]);
        expect(values.length).toBe(rows * cols);
        values.forEach((value, i) =>
          expect(value).toBe(volume.data[flat(place(axis, index, Math.floor(i / cols), i % cols), volume.shape)]),
        );
      }
  });
  it("of the output lie where their windows lie evenly round the input's", () => {
    const { geometry } = compute(setting({ padding: 1 }));
    expect([0, 1, 2, 6].map((padded) => outputSlice(geometry, 0, padded))).toEqual([0, 0, 1, 4]);
  });
});

describe("the arithmetic", () => {
  it.each(CASES.map((changes, i) => [i, changes] as const))(
    "case %i adds up, by slices across every axis",
    (_, changes) => {
      const result = compute(setting(changes));
      for (const output of [0, size(result.output.shape) - 1, size(result.output.shape) >> 1])
        for (const axis of [0, 1, 2]) {
          const text = textOf(explainVoxel(result, output, axis))
            .replace(/ \(\d+ zero weights? left out\)$/, "")
            .replaceAll(/slice \d+ /g, "");
          const members = text.split(/ [=≈] /);
          expect(members.length).toBe(4);
          expect(summedUp(text).at(-1)).toBeCloseTo(result.output.data[output], 4);
          expect(
            members
              .at(-2)!
              .split(" + ")
              .filter((part) => !part.includes("rounding")).length,
          ).toBeGreaterThanOrEqual(result.setting.kernel.shape[axis] - 1);
        }
    },
  );
  it("names every output that reads a voxel, with its weight", () => {
    const result = compute(setting({ padding: 1, mode: "circular" }));
    const nodes = explainInput(result, 0);
    const impulse = {
      shape: result.setting.volume.shape,
      data: result.setting.volume.data.map((_, i) => Number(i === 0)),
    };
    const answer = correlate(impulse, result.setting.kernel, { padding: 1, paddingMode: "circular" });
    const weights = new Map<number, number>();
    for (const { output, weight } of readersOf(result, 0)) weights.set(output, (weights.get(output) ?? 0) + weight);
    answer.data.forEach((y, output) => expect(weights.get(output) ?? 0).toBe(y));
    expect(textOf(nodes)).toContain(`read by ${readingOutputs(result, 0).length} outputs`);
  });
});

const edge = Array.from({ length: 27 }, (_, i) => Math.floor(i / 9) - 1);
const volume = Array.from({ length: 4 * 5 * 6 }, (_, i) => (i * 7) % 13);
const state = (changes: Record<string, unknown> = {}) => ({
  volume: pack(volume, [4, 5, 6], "uint8"),
  kernel: pack(edge, [3, 3, 3]),
  stride: 1,
  padding: 0,
  padding_mode: "zero",
  axis: 0,
  index: 1,
  cursor: [0, 1, 1],
  presets: [
    { name: "edge_d", label: "edge in depth", kernel: pack(edge, [3, 3, 3]) },
    { name: "wide", label: "wide", kernel: pack(Array(125).fill(1), [5, 5, 5]) },
  ],
  ...changes,
});
const viewer = (changes = {}) => mount(VolumeViewer, state(changes));
const frameOf = (find: (selector: string) => HTMLElement, panel: string) =>
  find(`.panel.${panel} .frames [aria-checked="true"]`).getAttribute("aria-label");

describe("the view", () => {
  it("shows a slice of each, that meet", () => {
    const { cells, find } = viewer();
    expect(cells("input")).toEqual(volume.slice(30, 60).map(String));
    expect(cells("kernel")).toEqual(Array(9).fill("0"));
    expect(["input", "kernel", "output"].map((panel) => frameOf(find, panel))).toEqual(["D = 1", "D = 1", "D = 0"]);
    const y = correlate(
      { data: Float64Array.from(volume), shape: [4, 5, 6] },
      { data: Float64Array.from(edge), shape: [3, 3, 3] },
    );
    expect(cells("output")).toEqual([...y.data.slice(0, 12)].map((v) => String(v).replace("-", "−")));
  });
  it("goes through the slices: the kernel's and the output's follow", () => {
    const { find, flush, model, el } = viewer();
    const go = (label: string) => (find(`[aria-label="${label}"]`).click(), flush());
    go("Step forward");
    expect([model.get("index"), ...["kernel", "output"].map((panel) => frameOf(find, panel))]).toEqual([
      2,
      "D = 2",
      "D = 0",
    ]);
    go("Last step");
    expect([model.get("index"), ...["kernel", "output"].map((panel) => frameOf(find, panel))]).toEqual([
      3,
      "D = 2",
      "D = 1",
    ]);
    expect([...el.querySelectorAll(".panel.input .taking")].map((one) => one.getAttribute("aria-label"))).toEqual([
      "D = 1",
      "D = 2",
      "D = 3",
    ]);
  });
  it("goes to a slice of the kernel, and of the output", () => {
    const { find, flush, model } = viewer();
    find('[aria-label="Slice of the kernel"] [aria-label="D = 0"]').click();
    flush();
    expect([model.get("index"), frameOf(find, "output")]).toEqual([0, "D = 0"]);
    find('[aria-label="Slice of the feature map"] [aria-label="D = 1"]').click();
    flush();
    expect([model.get("index"), frameOf(find, "kernel"), model.get("cursor")]).toEqual([1, "D = 0", [1, 1, 1]]);
  });
  it("slices across another axis, through the same output", () => {
    const { cells, find, flush, model } = viewer();
    const before = find(".sum").textContent!.split(" = ").at(-1);
    find('[aria-label="slices across width"]').click();
    flush();
    expect([model.get("axis"), model.get("index"), cells("input").length, cells("output").length]).toEqual([
      2, 2, 20, 6,
    ]);
    expect(find(".sum").textContent!.split(" = ").at(-1)).toBe(before);
    expect(find(".sum").textContent).toContain("y[0, 1, 1]");
  });
  it("edits the kernel's slice, and takes it back", () => {
    const { find, flush, press, model } = viewer({ index: 0 });
    press(".panel.kernel .grid", "+");
    expect([...unpack(model.get("kernel") as Packed).data].slice(0, 10)).toEqual([
      0, -1, -1, -1, -1, -1, -1, -1, -1, 0,
    ]);
    expect(find<HTMLSelectElement>('select[aria-label="Kernel preset"]').value).toBe("custom");
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    flush();
    expect(find<HTMLSelectElement>('select[aria-label="Kernel preset"]').value).toBe("edge_d");
  });
  it("marks the window of an output, and every output that reads an input, in other slices too", () => {
    const { el, press } = viewer();
    expect(el.querySelectorAll(".panel.input .marks .window").length).toBe(1);
    press(".panel.input .grid", "ArrowRight");
    expect(el.querySelectorAll(".panel.output .marks .reach").length).toBe(2);
    expect([...el.querySelectorAll(".panel.output .taking")].map((one) => one.getAttribute("aria-label"))).toEqual([
      "D = 0",
      "D = 1",
    ]);
  });
  it("shows the padding's slices", () => {
    const { cells, find, flush, model } = viewer({ padding: 1 });
    find('[aria-label="First step"]').click();
    flush();
    expect([model.get("index"), frameOf(find, "input"), new Set(cells("input"))]).toEqual([
      -1,
      "D = −1",
      new Set(["0"]),
    ]);
    expect(find(".sum").textContent).toContain("slice 0 [(−1)·0");
  });
  it("explains a wish that can't be had, and changes nothing", () => {
    const { choose, find, model } = viewer();
    const before = model.get("kernel");
    choose('select[aria-label="Kernel preset"]', "wide");
    expect([model.get("kernel") === before, find('[role="status"]').textContent]).toEqual([
      true,
      "wide needs 5 × 5 × 5 voxels; nothing was changed.",
    ]);
    expect(find<HTMLSelectElement>('select[aria-label="Kernel preset"]').value).toBe("edge_d");
  });
  it("explains a state from Python that has no feature map, and recovers", () => {
    const { find, flush, model } = viewer();
    model.set("kernel", pack(Array(125).fill(1), [5, 5, 5]));
    flush();
    expect(find(".sum").textContent).toContain("no feature map: kernel must be no larger");
    model.set("padding", 1);
    flush();
    expect(find(".sum").textContent).toContain("y[");
  });
  it("keeps the pinned output inside when there are fewer", () => {
    const { find, flush, model } = viewer({ cursor: [1, 2, 3], index: 2 });
    model.set("stride", 2);
    flush();
    expect(find(".sum").textContent).toContain("y[0, 1, 1]");
  });
  it("writes code for PyTorch and NumPy", () => {
    const { el, find, flush } = viewer({ padding: 1, padding_mode: "replicate" });
    [...el.querySelectorAll<HTMLElement>("button")].find((button) => button.textContent === "Copy as code")!.click();
    flush();
    expect(find("pre").textContent).toContain(
      'x = F.pad(x, (1, 1, 1, 1, 1, 1), mode="replicate")\n    return F.conv3d(x, weight, stride=(1, 1, 1))',
    );
    [...el.querySelectorAll<HTMLElement>('[role="radio"]')].find((button) => button.textContent === "NumPy")!.click();
    expect(find("pre").textContent).toContain('np.pad(volume, ((1, 1), (1, 1), (1, 1)), mode="edge")');
  });
  it("leaves nothing behind", () => {
    const { model, el, unmount } = viewer();
    expect(model.listening).toBeGreaterThan(0);
    unmount();
    expect([model.listening, el.childElementCount]).toEqual([0, 0]);
  });
});
