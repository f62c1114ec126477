/** A volume in slices across any axis, a 3-D kernel, and the feature map that it makes. */
import { extremes, largest, unravel, type NdArray } from "../../math/array";
import { paddedShape, type PaddingMode, rests } from "../../math/shapes";
import type { View } from "../../model";
import { hatched, LENS, lensOn, lensSide, middleOf, planeOf, unpadded, windowArea } from "../../ui/grids/areas";
import { pack, type Packed, unpackOnce, withNumber } from "../../ui/state/packed";
import { codePanel } from "../../ui/controls/code-panel";
import { paintSigned, paintValues } from "../../ui/grids/colour";
import { segments, select, slider, toggle } from "../../ui/controls/controls";
import { h } from "../../ui/dom";
import { filmStrip, type Thumb } from "../../ui/grids/film-strip";
import { short } from "../../ui/words/format";
import { sidesOf, sizeFormulas, sizePanel } from "../../ui/words/formula";
import { arithmetic, frame, panel, sign } from "../../ui/frame";
import { type Cell, Grid, type Mark, single, within } from "../../ui/grids/grid";
import { type Preset, presetMenu } from "../../ui/controls/preset-menu";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { timeline } from "../../ui/controls/timeline";
import { weightGrid } from "../../ui/grids/weight-grid";
import {
  firstOf,
  fits,
  PADDING_MODES,
  paddingLimits,
  perAxisText,
  type WindowTraits,
} from "../../ui/state/window-settings";
import { explainInput, explainVoxel } from "./arithmetic";
import { codeFor, LIBRARIES } from "./code";
import { across, compute, flat, outputSlice, place, type Result, slice } from "./math";
import { SCHEMA } from "./schema";

const AXES = ["D", "H", "W"];
const LARGEST_STRIDE = 4;
const LARGEST_PADDING = 4;

/** The traits of the Python class; where one looks (axis, index, cursor) is not undone. */
interface State extends WindowTraits {
  volume: Packed;
  kernel: Packed;
  axis: number;
  index: number;
  cursor: number[];
}
const KEYS: (keyof State)[] = ["kernel", "stride", "padding", "padding_mode"];

type Focus = { on: "input" | "output" | "kernel"; cell: Cell };
type Name = Focus["on"];

export const VolumeViewer: View = checked(SCHEMA, ({ model, el }) => {
  const volumeOf = unpackOnce();
  const kernelOf = unpackOnce();
  let result: Result | undefined;
  let problem = "";
  let focus: Focus | undefined;
  let zoomed = false;

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame(
    "Volume viewer",
    model,
    [...KEYS, "volume", "axis", "index", "cursor"],
    () => update(),
  );
  const { get, set, endGroup, takeBack, buttons, show: showUndo } = store<State>(model, KEYS, root, schedule);
  const axis = () => get("axis");
  const before = () => result?.geometry.padding[axis()][0] ?? 0;
  /** The slice of the padded volume that is shown. */
  const inputSlice = () => {
    const most = (result ? paddedShape(result.geometry) : volumeOf(get("volume")).shape)[axis()] - 1;
    return Math.max(0, Math.min(most, get("index") + before()));
  };
  /** The pinned output, moved to where the shown slice is in its window. */
  const pinned = (): number[] => {
    const g = result!.geometry;
    const at = get("cursor").map((i, a) => Math.min(i, g.output[a] - 1));
    const offset = inputSlice() - at[axis()] * g.stride[axis()];
    if (offset < 0 || offset >= g.kernel[axis()]) at[axis()] = outputSlice(g, axis(), inputSlice());
    return at;
  };
  /** The kernel's slice that lies on the shown slice of the input; none where a stride leaves a gap. */
  const kernelSlice = (): number => {
    const { kernel, stride } = result!.geometry;
    return Math.max(0, Math.min(kernel[axis()] - 1, inputSlice() - pinned()[axis()] * stride[axis()]));
  };
  const toInput = (padded: number) => {
    set({ index: padded - before() });
    focus = undefined;
  };
  const toKernel = (u: number) => result && toInput(pinned()[axis()] * result.geometry.stride[axis()] + u);
  const toOutput = (z: number) => {
    if (!result) return;
    const at = pinned();
    const u = kernelSlice();
    at[axis()] = z;
    set({ cursor: at, index: z * result.geometry.stride[axis()] + u - before() });
  };
  const look = (next: Focus | undefined, aloud = false) => {
    focus = next;
    drawFocus();
    if (aloud) announce(spoken);
  };
  const spoken = () => sum.textContent ?? "";

  // ---- the three grids ---------------------------------------------------------------------------
  const weightAt = ({ row, col }: Cell) =>
    flat(place(axis(), result ? kernelSlice() : 0, row, col), get("kernel").shape);
  const setKernel = (kernel: Packed, group?: unknown) => set({ kernel }, group);
  const inputGrid = new Grid("Slice of the volume", {
    hover: (cell) => look(cell && { on: "input", cell }),
    move: (cell) => look({ on: "input", cell }, true),
  });
  const { grid: kernelGrid } = weightGrid("Slice of the kernel", {
    all: () => kernelOf(get("kernel")).data,
    get: (cell) => kernelOf(get("kernel")).data[weightAt(cell)],
    set: (cell, value, group) =>
      setKernel(pack(withNumber(kernelOf(get("kernel")).data, weightAt(cell), value), get("kernel").shape), group),
    endGroup,
    takeBack,
    say,
    look: (cell, aloud) => look(cell && { on: "kernel", cell }, aloud),
  });
  const outputGrid = new Grid("Slice of the feature map", {
    hover: (cell) => look(cell && { on: "output", cell }),
    move: ({ row, col }) => {
      focus = undefined;
      if (result) set({ cursor: place(axis(), pinned()[axis()], row, col) });
      announce(spoken);
    },
  });
  const strips = {
    input: filmStrip("Slice of the volume", toInput),
    kernel: filmStrip("Slice of the kernel", toKernel),
    output: filmStrip("Slice of the feature map", toOutput),
  };

  // ---- controls ----------------------------------------------------------------------------------
  const axes = segments(
    "Slices across",
    AXES.map((name, a): [string, string, string] => [
      String(a),
      name,
      `slices across ${["depth", "height", "width"][a]}`,
    ]),
    (value) => {
      const a = Number(value);
      if (!result) return set({ axis: a });
      const { kernel, stride, padding } = result.geometry;
      set({ axis: a, cursor: pinned(), index: pinned()[a] * stride[a] - padding[a][0] + (kernel[a] >> 1) });
    },
  );
  const preset = presetMenu((model.get("presets") as Preset[]) ?? [], (chosen) => {
    if (chosen && allowed({ kernel: chosen.kernel }, `${chosen.label} needs ${chosen.kernel.shape.join(" × ")} voxels`))
      setKernel(chosen.kernel);
    schedule();
  });
  const stride = slider(
    "stride",
    1,
    LARGEST_STRIDE,
    (value) => set({ stride: value }, "stride"),
    (value) => perAxisText(result?.geometry.stride ?? [], value),
  );
  const padding = slider(
    "padding",
    0,
    LARGEST_PADDING,
    (value) => set({ padding: value }, "padding"),
    (value) => perAxisText(result?.geometry.padding ?? [], value),
  );
  const mode = select("Padding mode", PADDING_MODES, (value) => {
    if (allowed({ padding_mode: value as PaddingMode }, `There are too few voxels for ${value} padding this wide`))
      set({ padding_mode: value as PaddingMode });
    schedule();
  });
  const lens = toggle(
    "123",
    (on) => {
      zoomed = on;
      schedule();
    },
    "Zoom into the numbers around the window",
  );
  const code = codePanel(LIBRARIES, (library) =>
    result ? codeFor(library, result, get("volume"), get("kernel")) : "",
  );
  const line = timeline("Slice", toInput, (at) => `${AXES[axis()]} = ${short(at - before())}`);
  /** Would these changes do? If not, say why. */
  const allowed = (changes: Partial<State>, why: string): boolean => {
    const now = {
      volume: get("volume"),
      kernel: get("kernel"),
      stride: get("stride"),
      padding: get("padding"),
      padding_mode: get("padding_mode"),
      ...changes,
    };
    const possible = fits(now.volume.shape, now.kernel.shape, now);
    if (!possible) say(`${why}; nothing was changed.`, true);
    return possible;
  };

  // ---- page --------------------------------------------------------------------------------------
  const dims = {
    input: h("span", { class: "dims" }),
    kernel: h("span", { class: "dims" }),
    output: h("span", { class: "dims" }),
  };
  const sizes = sizePanel();
  const ways = [0, 1].map(() => h("span", { class: "hint" })); // which axes a slice shows
  const sum = arithmetic("sum tall");
  const sentence = h(
    "div",
    { class: "sentence wide-ends" },
    panel("input", "Volume", dims.input, inputGrid, strips.input.el, ways[0]),
    sign("∗"),
    panel(
      "kernel",
      "Kernel",
      dims.kernel,
      kernelGrid,
      strips.kernel.el,
      preset.el,
      h("span", { class: "hint" }, "Drag a cell ↔, or type."),
    ),
    sign("="),
    panel("output", "Feature map", dims.output, outputGrid, strips.output.el, ways[1]),
  );
  const controls = h(
    "div",
    { class: "cnn-row geometry" },
    h("span", { class: "cnn-row" }, "slices across", axes.el),
    lens.el,
    stride.el,
    padding.el,
    mode.el,
  );

  // ---- drawing -----------------------------------------------------------------------------------
  const showControls = () => {
    const [volume, kernel] = [get("volume").shape, get("kernel").shape];
    const p = firstOf(get("padding"));
    const [least, most] = paddingLimits(get("padding_mode"), volume, kernel, LARGEST_PADDING);
    axes.show(String(axis()));
    const [down, right] = across(axis()).map((a) => AXES[a]);
    for (const way of ways) way.textContent = `${down} runs down, ${right} to the right.`;
    preset.show(preset.nameOf(get("kernel")));
    lens.show(zoomed);
    stride.limit(1, Math.max(LARGEST_STRIDE, ...[get("stride")].flat()));
    padding.limit(least, Math.max(p, most));
    stride.show(firstOf(get("stride")));
    padding.show(p);
    mode.show(get("padding_mode"));
    showUndo();
  };

  const signed = (top: number) => (values: Float64Array, pixels: Uint8ClampedArray) => paintSigned(values, top, pixels);
  const light = ({ data }: NdArray) => {
    const [low, high] = extremes(data);
    return (values: Float64Array, pixels: Uint8ClampedArray) => paintValues(values, low, high, pixels);
  };
  /** All slices of an array, painted; made anew when the array or the axis is another. */
  const film = () => {
    let from: unknown[] = [];
    let thumbs: Thumb[] = [];
    return (
      array: NdArray,
      start: number,
      paint: (values: Float64Array, pixels: Uint8ClampedArray) => void,
    ): Thumb[] => {
      const now = [array, axis(), start];
      if (now.every((each, i) => each === from[i])) return thumbs;
      from = now;
      const [rows, cols] = across(axis()).map((a) => array.shape[a]);
      return (thumbs = Array.from({ length: array.shape[axis()] }, (_, i) => {
        const pixels = new Uint8ClampedArray(4 * rows * cols);
        paint(slice(array, axis(), i), pixels);
        return { rows, cols, pixels, name: `${AXES[axis()]} = ${short(i - start)}` };
      }));
    };
  };
  const films = { input: film(), kernel: film(), output: film() };

  /** Draw one slice and the strip of all; the thumbnails are the slices' pixels. */
  const drawSlices = (
    name: Name,
    grid: Grid,
    array: NdArray,
    index: number,
    start: number,
    paint: (values: Float64Array, pixels: Uint8ClampedArray) => void,
    middle?: Cell,
    side = LENS,
  ) => {
    const thumbs = films[name](array, start, paint);
    const { rows, cols, pixels } = thumbs[index];
    const values = slice(array, axis(), index);
    // As high as the highest slice across any axis needs: to choose another axis moves nothing.
    const heights = AXES.map((_, a) => across(a).map((b) => array.shape[b])).map(([r, c]) => r / c);
    grid.stage.style.aspectRatio = `1 / ${Math.min(1, Math.max(...heights))}`;
    strips[name].draw(thumbs);
    grid.update(
      {
        rows,
        cols,
        pixels,
        textures: name === "input" && result ? hatchedSlice(rows, cols) : undefined,
        label: ({ row, col }) => short(values[row * cols + col]),
      },
      zoomed && middle ? lensOn(rows, cols, middle, side) : undefined,
    );
    dims[name].textContent =
      `${(name === "input" ? get("volume") : array).shape.join("×")}, ${thumbs[index].name.replaceAll(" ", "")}`;
  };
  const inPlane = () => planeOf(result!.geometry, across(axis()));
  const hatchedSlice = (rows: number, cols: number): ReturnType<typeof hatched> => {
    const at = inputSlice() - before();
    if (at >= 0 && at < result!.geometry.input[axis()]) return hatched(inPlane());
    return [{ kind: get("padding_mode") === "zero" ? "pad zero" : "pad", row: 0, col: 0, rows, cols }];
  };
  const cellOf = (at: number[]): Cell => {
    const [row, col] = across(axis()).map((a) => at[a]);
    return { row, col };
  };

  const drawFocus = () => {
    if (!result) return;
    const { geometry: g, output } = result;
    const at = pinned();
    const here = inputSlice();
    const show = (takingInput: (i: number) => boolean, takingOutput: (z: number) => boolean) => {
      strips.input.show(here, takingInput);
      strips.kernel.show(kernelSlice(), () => false);
      strips.output.show(at[axis()], takingOutput);
    };
    const pixel = focus?.on === "input" ? unpadded(inPlane(), focus.cell) : undefined;
    const depth = here - before();
    if (focus && pixel && depth >= 0 && depth < g.input[axis()]) {
      const { nodes, outputs } = explainInput(result, flat(place(axis(), depth, pixel.row, pixel.col), g.input));
      const reached = outputs.map((index) => unravel(index, output.shape));
      inputGrid.mark([single("here input", focus.cell)]);
      kernelGrid.mark([]);
      outputGrid.mark(reached.filter((one) => one[axis()] === at[axis()]).map((one) => single("reach", cellOf(one))));
      sum.replaceChildren(...nodes);
      return show(
        () => false,
        (z) => reached.some((one) => one[axis()] === z),
      );
    }
    const voxel =
      focus?.on === "output" &&
      within(
        focus.cell,
        across(axis()).map((a) => g.output[a]),
      )
        ? place(axis(), at[axis()], focus.cell.row, focus.cell.col)
        : at;
    const area = windowArea(inPlane(), cellOf(voxel));
    const start = voxel[axis()] * g.stride[axis()];
    const inWindow = (i: number) => i >= start && i < start + g.kernel[axis()];
    const marks: Mark[] = inWindow(here) ? [{ kind: "window", ...area }] : [];
    if (focus?.on === "kernel" && inWindow(here))
      marks.push(single("here kernel", { row: area.row + focus.cell.row, col: area.col + focus.cell.col }));
    inputGrid.mark(marks);
    kernelGrid.mark(focus?.on === "kernel" ? [single("here kernel", focus.cell)] : []);
    outputGrid.mark([single("here output", cellOf(voxel))]);
    sum.replaceChildren(...explainVoxel(result, flat(voxel, output.shape), axis()));
    show(inWindow, () => false);
  };

  const drawNone = () => {
    const volume = volumeOf(get("volume"));
    drawSlices("input", inputGrid, volume, inputSlice(), 0, light(volume));
    inputGrid.mark([]);
    outputGrid.clear();
    strips.output.draw([]);
    dims.output.textContent = "none";
    sizes.show([], []);
    line.show(inputSlice(), volume.shape[axis()]);
    sum.textContent = `This setting has no feature map: ${problem}.`;
  };

  let made: unknown[] = [];
  /** Convolve anew, if anything but the place one looks at has changed. */
  const refresh = () => {
    const setting = {
      volume: volumeOf(get("volume")),
      kernel: kernelOf(get("kernel")),
      stride: get("stride"),
      padding: get("padding"),
      mode: get("padding_mode"),
    };
    const now = [setting.volume, setting.kernel, JSON.stringify([setting.stride, setting.padding, setting.mode])];
    if (now.every((each, i) => each === made[i])) return;
    const samePadded = result && now[0] === made[0] && now[2] === made[2] ? result.padded : undefined;
    made = now;
    try {
      result = compute(setting);
      if (samePadded) result.padded = samePadded; // so that its film is not drawn anew with every weight
    } catch (error) {
      result = undefined;
      problem = (error as Error).message;
    }
  };

  const update = () => {
    refresh();
    showControls();
    code.show();
    const kernel = kernelOf(get("kernel"));
    drawSlices("kernel", kernelGrid, kernel, result ? kernelSlice() : 0, 0, signed(largest(kernel.data)));
    if (!result) return drawNone();
    const { geometry: g, padded, output } = result;
    const at = pinned();
    const area = windowArea(inPlane(), cellOf(at));
    drawSlices(
      "input",
      inputGrid,
      padded,
      inputSlice(),
      before(),
      light(result.setting.volume),
      middleOf(area),
      lensSide(area),
    );
    drawSlices("output", outputGrid, output, at[axis()], 0, signed(largest(output.data)), cellOf(at));
    sizes.show(sizeFormulas(sidesOf(g, false), g.output), rests(g));
    outputGrid.setCursor(cellOf(at));
    line.show(inputSlice(), paddedShape(g)[axis()]);
    drawFocus();
  };

  open(el, [...buttons, code.button], code.el, sentence, line.el, sum, h("hr"), controls, sizes.el);
  return () => {
    close();
    for (const grid of [inputGrid, kernelGrid, outputGrid]) grid.destroy();
    line.stop();
  };
});
