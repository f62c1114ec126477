/** Image ∗ kernel = feature map: paint a kernel, watch the map, read the sum behind any number. */
import { extremes, largest, size, type NdArray } from "../math/array";
import { geometry, rests, type Pair, type PaddingMode, type PerAxis } from "../math/shapes";
import type { Model, View } from "../hosts/model";
import { pack, unpackOnce, type Packed } from "../ui/array";
import { hatched, lensOn, unpadded, windowArea } from "../ui/areas";
import { codePanel } from "../ui/code-panel";
import { DIVERGING_CSS, paintLight, paintSigned } from "../ui/colour";
import { number, segments, select, slider, toggle } from "../ui/controls";
import { changes, h, patch, write } from "../ui/dom";
import { short } from "../ui/format";
import { lostText, sizeFormulas } from "../ui/formula";
import { frame, panel } from "../ui/frame";
import { between, Grid, type Cell, type Mark } from "../ui/grid";
import { penned, pictureMenu } from "../ui/picture-menu";
import { store } from "../ui/state";
import { timeline } from "../ui/timeline";
import { weightGrid } from "../ui/weight-grid";
import { explainInput, explainOutput } from "./arithmetic";
import { codeFor, LIBRARIES } from "./kernel-code";
import { compute, type Result, type Setting } from "./kernel-math";

const LARGEST_KERNEL = 15;
const MODES: [PaddingMode, string][] = [["zero", "zeros"], ["reflect", "reflect"], ["replicate", "replicate"], ["circular", "circular"]];
const LENS = 9; // cells a side when zoomed into numbers

interface Preset {
  name: string;
  label: string;
  kernel: Packed;
}

/** The traits of the Python class that the view changes; those in KEYS can be undone. */
interface State {
  image: Packed;
  image_name: string;
  kernel: Packed;
  preset: string;
  flip: boolean;
  normalise: boolean;
  bias: number;
  stride: PerAxis;
  dilation: PerAxis;
  padding: number | Pair[];
  padding_mode: PaddingMode;
  show: string;
  cursor: number[];
}
const KEYS: (keyof State)[] = ["image", "image_name", "kernel", "preset", "flip", "normalise", "bias", "stride", "dilation", "padding", "padding_mode"];
const ALSO = ["show", "cursor", "pictures", "presets"];

type Focus = { on: "input" | "output" | "kernel"; cell: Cell };

/** The one number that a slider shows for all axes: that of the width, before. */
const shownNumber = (value: PerAxis | Pair[]): number => (typeof value === "number" ? value : [value.at(-1)].flat()[0] as number);

/** With a channel axis, which a grey picture and a kernel for all channels leave out. */
const volume = (array: NdArray): NdArray => (array.shape.length === 2 ? { ...array, shape: [1, ...array.shape] } : array);

/** A kernel of another size with the same middle. */
const resized = ({ data, shape: [channels, rows, cols] }: NdArray, toRows: number, toCols: number): Float64Array => {
  const out = new Float64Array(channels * toRows * toCols);
  const up = Math.floor((toRows - rows) / 2);
  const left = Math.floor((toCols - cols) / 2);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        const [u, v] = [i + up, j + left];
        if (u >= 0 && v >= 0 && u < toRows && v < toCols) out[(c * toRows + u) * toCols + v] = data[(c * rows + i) * cols + j];
      }
  return out;
};

export const KernelEditor: View = ({ model, el }) => {
  const imageOf = unpackOnce(volume);
  const kernelOf = unpackOnce(volume);
  let result: Result | undefined;
  let problem = "";
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the pinned output
  let zoomed = false;
  let plane = "all"; // which channel of a colour picture is shown
  let kernelPlane = 0;
  let paintValue = 1;
  let painting = false;
  let strokes = 0;

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Kernel editor", model, [...KEYS, ...ALSO], () => update());
  const { get, set, endGroup, buttons, show: showUndo } = store<State>(model, KEYS, root, schedule);
  const image = () => {
    const array = imageOf(get("image"));
    const channels = kernelOf(get("kernel")).shape[0];
    // A kernel of three channels sees a grey picture as red = green = blue.
    return array.shape[0] === 1 && channels === 3 ? spread(array) : array;
  };
  const setKernel = (data: Float64Array, shape: number[], group?: unknown) => {
    const kernel = pack(data, shape[0] === 1 ? shape.slice(1) : shape);
    set({ kernel, preset: nameOf(kernel) }, group);
  };
  const nameOf = (kernel: Packed) => presets.find((one) => one.kernel.data === kernel.data && `${one.kernel.shape}` === `${kernel.shape}`)?.name ?? "custom";
  const setCell = ({ row, col }: Cell, value: number, group?: unknown) => {
    const { data, shape } = kernelOf(get("kernel"));
    const copy = data.slice();
    const c = Math.min(kernelPlane, shape[0] - 1);
    copy[(c * shape[1] + row) * shape[2] + col] = Number(value.toPrecision(12));
    setKernel(copy, shape, group);
  };
  const cellValue = ({ row, col }: Cell): number => {
    const { data, shape } = kernelOf(get("kernel"));
    return data[(Math.min(kernelPlane, shape[0] - 1) * shape[1] + row) * shape[2] + col];
  };
  const pinned = (): Cell => {
    const [row, col] = get("cursor");
    const [rows, cols] = result?.geometry.output ?? [1, 1];
    return { row: Math.min(row, rows - 1), col: Math.min(col, cols - 1) };
  };
  const pin = ({ row, col }: Cell) => set({ cursor: [row, col] });
  // ---- the three grids ---------------------------------------------------------------------------
  const inputGrid = new Grid("Input", {
    hover: (cell) => look(cell && { on: "input", cell }),
    move: (cell) => look({ on: "input", cell }, true),
    press: (cell) => {
      if (get("image_name") !== "drawing") return undefined;
      const stroke = `stroke ${++strokes}`;
      let last = cell;
      draw([cell], stroke);
      return (at, event) => {
        if (!event) endGroup();
        else if (at) {
          draw(between(last, at), stroke);
          last = at;
        }
      };
    },
    key: (event, cell) => {
      if (event.key !== " " || get("image_name") !== "drawing") return false;
      draw([cell]);
      return true;
    },
  });
  const { grid: kernelGrid, paintWith: setPaint } = weightGrid("Kernel", {
    all: () => kernelOf(get("kernel")).data,
    get: cellValue,
    set: setCell,
    endGroup,
    say,
    look: (cell, aloud) => look(cell && { on: "kernel", cell }, aloud),
  });
  const outputGrid = new Grid("Feature map", {
    hover: (cell) => look(cell && { on: "output", cell }),
    move: (cell) => {
      focus = undefined;
      pin(cell);
      announce(spoken);
    },
  });

  /** Look at something: a hover passes, the keyboard's or a press's place is read out. */
  const look = (next: Focus | undefined, aloud = false) => {
    focus = next;
    drawFocus();
    if (aloud) announce(spoken);
  };
  const spoken = () => sum.textContent ?? "";

  /** Draw; padding cells belong to no pixel. */
  const draw = (cells: Cell[], stroke?: string) => {
    if (!result || !cells.length) return;
    const { data, shape: [, rows, cols] } = imageOf(get("image"));
    const [[top], [left]] = result.geometry.padding;
    const inked = cells.reduce((sheet, { row, col }) => penned(sheet, rows, cols, row - top, col - left), data);
    set({ image: pack(inked, [rows, cols], "uint8") }, stroke);
  };

  // ---- pictures ----------------------------------------------------------------------------------
  const menu = pictureMenu((model.get("pictures") as Record<string, string>) ?? {}, (image, name, hint) => {
    if (!fits({ image })) return refuse(`This kernel does not fit into a picture of ${image.shape.slice(-2).join(" × ")}`);
    set({ image, image_name: name });
    say(hint);
  }, (message) => say(message, true));
  const toGrey = h("button", {
    type: "button", title: "Average the three channels",
    onclick: () => {
      const { data, shape: [, rows, cols] } = imageOf(get("image"));
      const n = rows * cols;
      const grey = Float64Array.from({ length: n }, (_, i) => Math.round((data[i] + data[n + i] + data[2 * n + i]) / 3));
      const kernel = kernelOf(get("kernel"));
      set({ image: pack(grey, [rows, cols], get("image").dtype), image_name: "own", ...(kernel.shape[0] === 3 && { kernel: pack(kernel.data.slice(0, kernel.data.length / 3), kernel.shape.slice(1)) }) });
    },
  }, "To grey");
  const planes = segments("Channel shown", [["all", "RGB"], ["0", "R"], ["1", "G"], ["2", "B"]], (value) => {
    plane = value;
    schedule();
  });

  // ---- controls ----------------------------------------------------------------------------------
  const presets = (model.get("presets") as Preset[]) ?? [];
  const preset = select("Kernel preset", [...presets.map(({ name, label }): [string, string] => [name, label]), ["custom", "custom"]], (name) => {
    const chosen = presets.find((one) => one.name === name);
    if (!chosen) return void preset.show(get("preset"));
    if (fits({ kernel: chosen.kernel })) set({ kernel: chosen.kernel, preset: name });
    else refuse(`${chosen.label} (${chosen.kernel.shape.join(" × ")}) does not fit into this input`);
  });
  const sizes = Array.from({ length: LARGEST_KERNEL }, (_, i): [string, string] => [String(i + 1), String(i + 1)]);
  const resize = () => {
    const kernel = kernelOf(get("kernel"));
    const [rows, cols] = [Number(kernelRows.input.value), Number(kernelCols.input.value)];
    const shape = [kernel.shape[0], rows, cols];
    if (!fits({ kernel: { ...get("kernel"), shape } })) return refuse(`A ${rows} × ${cols} kernel does not fit into this input`);
    setKernel(resized(kernel, rows, cols), shape);
  };
  const kernelRows = select("Kernel rows", sizes, resize);
  const kernelCols = select("Kernel columns", sizes, resize);
  const perChannel = toggle("per channel", (on) => {
    const { data, shape } = kernelOf(get("kernel"));
    if (on) setKernel(Float64Array.from({ length: data.length * 3 }, (_, i) => data[i % data.length]), [3, ...shape.slice(1)]);
    else setKernel(data.slice((data.length / 3) * kernelPlane, (data.length / 3) * (kernelPlane + 1)), [1, ...shape.slice(1)]);
  }, "One kernel for all channels, or one for each");
  const kernelPlanes = segments("Kernel channel", [["0", "R"], ["1", "G"], ["2", "B"]], (value) => {
    kernelPlane = Number(value);
    schedule();
  });
  const flip = segments("Correlation or convolution", [["no", "correlate", "as deep learning does: the kernel as it stands"], ["yes", "flip", "convolution as mathematics has it: the kernel turned by 180°"]], (value) => set({ flip: value === "yes" }));
  const normalise = toggle("÷ Σ|w|", (on) => set({ normalise: on }), "Divide by the sum of the weights' absolute values");
  const paint = toggle("paint", (on) => {
    painting = on;
    setPaint(on ? paintValue : undefined);
    schedule();
  }, "Press and drag sets cells to the value beside");
  const paintWith = number("with", (value) => {
    paintValue = value;
    setPaint(painting ? value : undefined);
  });
  paintWith.show(1);
  const bias = number("bias", (value) => set({ bias: value }));
  const stride = slider("stride", 1, 8, (value) => set({ stride: value }, "stride"));
  /** A signal is padded along its length alone. */
  const isSignal = () => image().shape[1] === 1 && kernelOf(get("kernel")).shape[1] === 1;
  const padding = slider("padding", 0, LARGEST_KERNEL, (value) => set({ padding: isSignal() ? [[0, 0], [value, value]] : value }, "padding"));
  const dilation = slider("dilation", 1, 8, (value) => set({ dilation: value }, "dilation"));
  const mode = select("Padding mode", MODES, (value) =>
    fits({ padding_mode: value as PaddingMode }) ? set({ padding_mode: value as PaddingMode }) : refuse(`There are too few pixels for ${value} padding this wide`));
  const show = segments("Show the feature map as", [["signed", "signed"], ["absolute", "|y|", "|y|, the absolute value"], ["relu", "ReLU"]], (value) => set({ show: value }));
  const lens = h("button", { type: "button", "aria-pressed": "false", "aria-label": "123: zoom into the numbers", title: "Zoom into the numbers around the window", onclick: () => zoom(!zoomed) }, "123");
  const zoom = (on: boolean) => {
    zoomed = on;
    lens.setAttribute("aria-pressed", String(on));
    schedule();
  };
  const code = codePanel(LIBRARIES, (library) => {
    if (!result) return "";
    const { image } = result.setting;
    return codeFor(library, result, image === imageOf(get("image")) ? get("image") : pack(image.data, image.shape));
  });

  // ---- page --------------------------------------------------------------------------------------
  const dims = { input: h("span", { class: "dims" }), kernel: h("span", { class: "dims" }), output: h("span", { class: "dims" }) };
  const formulas = h("div", { class: "formula" });
  const lost = h("div", { class: "note" });
  const sum = h("div", { class: "sum", tabindex: 0, role: "group", "aria-label": "The arithmetic" });
  const legend = [h("span"), h("i", { style: `background:${DIVERGING_CSS}` }), h("span")];
  const partCanvases = [0, 1, 2].map(() => h("canvas"));
  const partRow = h("div", { class: "parts", "aria-label": "Sums of the channels, which add up to the feature map", role: "group" },
    ...partCanvases.map((canvas, c) => h("div", {}, canvas, ["R", "+ G", "+ B"][c])));
  const steps = timeline("Position of the window", (step) => {
    const cols = result?.geometry.output[1] ?? 1;
    focus = undefined;
    pin({ row: Math.floor(step / cols), col: step % cols });
  }, (step) => {
    const [rows, cols] = result?.geometry.output ?? [1, 1];
    return `${step + 1} of ${rows * cols}`;
  });
  const row = (...children: Node[]) => h("div", { class: "cnn-row" }, ...children);
  const colourRow = row(planes.el, toGrey);
  const kernelRow = row(perChannel.el, kernelPlanes.el);
  const sentence = h("div", { class: "sentence" },
    panel("input", "Input", dims.input, inputGrid, menu.el, colourRow),
    h("div", { class: "sign", "aria-hidden": "true" }, "∗"),
    panel("kernel", "Kernel", dims.kernel, kernelGrid, preset.el, h("div", { class: "cnn-row size" }, kernelRows.el, h("span", { class: "muted", "aria-hidden": "true" }, "×"), kernelCols.el, normalise.el), flip.el, row(paint.el, paintWith.el), kernelRow, h("span", { class: "hint" }, "Drag a cell ↕, or type.")),
    h("div", { class: "sign", "aria-hidden": "true" }, "="),
    panel("output", "Feature map", dims.output, outputGrid, row(show.el, lens), h("div", { class: "legend" }, ...legend), partRow));
  // ---- drawing -----------------------------------------------------------------------------------
  const fits = (changes: Partial<State>): boolean => {
    const { image, kernel, stride, padding, dilation, padding_mode: paddingMode } = { ...snapshot(model), ...changes };
    try {
      geometry(image.shape.slice(-2), kernel.shape.slice(-2), { stride, padding, dilation, paddingMode });
      return true;
    } catch {
      return false;
    }
  };
  const refuse = (why: string) => {
    controlsDiffer(); // the control that was refused shows what was wished: show what is
    say(`${why}, padding ${shownNumber(get("padding"))} and dilation ${shownNumber(get("dilation"))}.`, true);
    showControls();
  };
  const setting = (): Setting => ({
    image: image(), kernel: kernelOf(get("kernel")), flip: get("flip"), normalise: get("normalise"), bias: get("bias"),
    stride: get("stride"), dilation: get("dilation"), padding: get("padding"), mode: get("padding_mode"),
  });

  const controlsDiffer = changes();
  const showControls = () => {
    showUndo();
    const kernel = kernelOf(get("kernel"));
    const [channels, rows, cols] = image().shape;
    const plain = KEYS.filter((key) => key !== "image" && key !== "kernel").map((key) => JSON.stringify(get(key)));
    if (!controlsDiffer(image(), `${kernel.shape}`, get("show"), plane, kernelPlane, painting, ...plain)) return;
    preset.show(get("preset"));
    kernelRows.show(String(kernel.shape[1]));
    kernelCols.show(String(kernel.shape[2]));
    flip.show(get("flip") ? "yes" : "no");
    normalise.show(get("normalise"));
    paint.show(painting);
    bias.show(get("bias"));
    menu.show(get("image_name"));
    show.show(get("show"));
    planes.show(plane);
    perChannel.show(kernel.shape[0] === 3);
    kernelPlanes.show(String(kernelPlane));
    mode.show(get("padding_mode"));
    const [p, d] = [shownNumber(get("padding")), shownNumber(get("dilation"))];
    const extents = [[rows, kernel.shape[1]], [cols, kernel.shape[2]]].slice(isSignal() ? 1 : 0);
    const smallest = Math.min(...extents.map(([n]) => n));
    const most = { zero: LARGEST_KERNEL, replicate: LARGEST_KERNEL, reflect: smallest - 1, circular: smallest }[get("padding_mode")];
    padding.limit(Math.max(0, ...extents.map(([n, k]) => Math.ceil((d * (k - 1) + 1 - n) / 2))), Math.min(most, LARGEST_KERNEL));
    dilation.limit(1, Math.max(1, Math.min(8, ...extents.map(([n, k]) => (k > 1 ? Math.floor((n + 2 * p - 1) / (k - 1)) : 8)))));
    stride.show(shownNumber(get("stride")));
    padding.show(p);
    dilation.show(d);
    colourRow.hidden = partRow.hidden = channels < 3;
    toGrey.hidden = imageOf(get("image")).shape[0] < 3;
    kernelRow.hidden = channels < 3 && kernel.shape[0] < 3;
    kernelPlanes.el.hidden = kernel.shape[0] < 3;
    inputGrid.el.classList.toggle("pen", get("image_name") === "drawing");
  };

  const formulaDiffers = changes();
  const showFormula = () => {
    const kernel = kernelOf(get("kernel"));
    const input = image().shape.slice(1);
    const g = result?.geometry;
    const sides = input.map((n, axis) => {
      const [before, after] = g?.padding[axis] ?? Array(2).fill(shownNumber(get("padding")));
      return { n, k: kernel.shape[1 + axis], s: g?.stride[axis] ?? shownNumber(get("stride")), d: g?.dilation[axis] ?? shownNumber(get("dilation")), before, after };
    });
    if (!formulaDiffers(JSON.stringify(sides), `${g?.output}`)) return;
    formulas.replaceChildren(...(isSignal() ? sizeFormulas(sides.slice(1), g?.output.slice(1)) : sizeFormulas(sides, g?.output)));
    lost.textContent = g ? lostText(rests(g)) : "";
  };

  /** The part of a grid that is shown: all of it, or a lens around a cell. */
  const around = (rows: number, cols: number, middle: Cell, side: number) => (zoomed ? lensOn(rows, cols, middle, side) : undefined);

  const buffers = new Map<string, Uint8ClampedArray<ArrayBuffer>>();
  const pixels = (key: string, cells: number) => {
    let buffer = buffers.get(key);
    if (buffer?.length !== cells * 4) buffers.set(key, (buffer = new Uint8ClampedArray(cells * 4)));
    return buffer;
  };

  /** A setting without a feature map: the picture as it is, and why. */
  const drawNone = (x: NdArray) => {
    const [channels, rows, cols] = x.shape;
    drawInput(Array.from({ length: channels }, (_, c) => ({ data: x.data.subarray(c * rows * cols, (c + 1) * rows * cols), shape: [rows, cols] })));
    inputGrid.mark([]);
    outputGrid.clear();
    dims.output.textContent = "none";
    partRow.hidden = true;
    steps.show(0, 1);
    sum.textContent = `This setting has no feature map: ${problem}.`;
    code.show();
  };

  const inputDiffers = changes();
  const drawInput = (padded: NdArray[]) => {
    if (!inputDiffers(padded, plane, result?.geometry, zoomed && `${pinned().row},${pinned().col}`)) return;
    const x = image();
    const [rows, cols] = padded[0].shape;
    const shownPlanes = x.shape[0] === 1 ? padded : plane === "all" ? padded : [padded[Number(plane)]];
    const [low, high] = rangeOf(x.data, get("image").dtype === "uint8");
    const buffer = pixels("input", rows * cols);
    paintLight(shownPlanes.map(({ data }) => data), low, high, buffer);
    const area = result ? windowArea(result.geometry, pinned()) : { row: 0, col: 0, rows: 1, cols: 1 };
    const middle = { row: area.row + (area.rows >> 1), col: area.col + (area.cols >> 1) };
    const side = Math.min(16, Math.max(LENS, area.rows + 2, area.cols + 2));
    inputGrid.update({ rows, cols, pixels: buffer, textures: result && hatched(result.geometry), label: ({ row, col }) => shownPlanes.map(({ data }) => short(data[row * cols + col])).join(",") }, around(rows, cols, middle, side));
    dims.input.textContent = x.shape[0] === 1 ? `${x.shape[1]} × ${x.shape[2]}` : `${x.shape.join(" × ")}`;
  };

  const drawKernel = () => {
    const { data, shape: [channels, rows, cols] } = kernelOf(get("kernel"));
    const c = Math.min(kernelPlane, channels - 1);
    const values = data.subarray(c * rows * cols, (c + 1) * rows * cols);
    const buffer = pixels("kernel", rows * cols);
    paintSigned(values, largest(data), buffer);
    kernelGrid.update({ rows, cols, pixels: buffer, label: ({ row, col }) => short(values[row * cols + col]) });
    write(dims.kernel, `${channels > 1 ? `${channels} × ` : ""}${rows} × ${cols}${result && result.divisor !== 1 ? ` ÷ ${short(result.divisor)}` : ""}`);
  };

  const scaleDiffers = changes();
  const drawOutput = () => {
    const { output: { data, shape: [rows, cols] }, parts } = result!;
    const how = get("show");
    const top = largest(data);
    const buffer = pixels("output", rows * cols);
    const value = (y: number) => (how === "relu" ? Math.max(0, y) : how === "absolute" ? Math.abs(y) : y);
    if (how === "signed") paintSigned(data, top, buffer);
    else paintLight([data.map(value)], 0, top, buffer);
    outputGrid.update({ rows, cols, pixels: buffer, label: ({ row, col }) => short(value(data[row * cols + col])) }, around(rows, cols, pinned(), LENS));
    write(dims.output, `${rows} × ${cols}`);
    write(legend[0], how === "signed" ? short(-top) : "0");
    write(legend[2], short(top));
    if (scaleDiffers(how)) (legend[1] as HTMLElement).style.background = how === "signed" ? DIVERGING_CSS : "linear-gradient(90deg, #000, #fff)";
    if (parts.length === 3) drawParts(rows, cols);
  };
  const drawParts = (rows: number, cols: number) => {
    const top = Math.max(...result!.parts.map(({ data }) => largest(data)));
    result!.parts.forEach(({ data }, c) => {
      const buffer = pixels("part", rows * cols);
      paintSigned(data, top, buffer);
      partCanvases[c].width = cols;
      partCanvases[c].height = rows;
      partCanvases[c].getContext("2d")?.putImageData(new ImageData(buffer, cols), 0, 0);
    });
  };

  /** Marks and arithmetic for what is looked at: all three grids tell the same story. */
  const drawFocus = () => {
    if (!result) return;
    const { geometry: g } = result;
    const input: Mark[] = [];
    let output: Mark[] = [];
    const kernel: Mark[] = [];
    const single = (kind: Mark["kind"], { row, col }: Cell): Mark => ({ kind, row, col, rows: 1, cols: 1 });
    const pixel = focus?.on === "input" ? unpadded(g, focus.cell) : undefined;
    if (focus && pixel) {
      const explained = explainInput(result, pixel.row, pixel.col);
      input.push(single("here input", focus.cell));
      output = explained.outputs.map((index) => single("reach", { row: Math.floor(index / g.output[1]), col: index % g.output[1] }));
      patch(sum, explained.nodes);
    } else {
      const at = focus?.on === "output" ? focus.cell : pinned();
      const area = windowArea(g, at);
      if (g.dilation.some((d) => d > 1) && size(g.kernel) <= 225)
        for (let u = 0; u < g.kernel[0]; u++) for (let v = 0; v < g.kernel[1]; v++) input.push(single("tap", { row: area.row + u * g.dilation[0], col: area.col + v * g.dilation[1] }));
      else input.push({ kind: "window", ...area });
      if (focus?.on === "kernel") {
        const { row, col } = focus.cell;
        const [u, v] = get("flip") ? [g.kernel[0] - 1 - row, g.kernel[1] - 1 - col] : [row, col];
        kernel.push(single("here kernel", focus.cell));
        input.push(single("here kernel", { row: area.row + u * g.dilation[0], col: area.col + v * g.dilation[1] }));
      }
      output = [single("here output", at)];
      patch(sum, explainOutput(result, at.row, at.col).nodes);
    }
    inputGrid.mark(input);
    kernelGrid.mark(kernel);
    outputGrid.mark(output);
  };

  let settle: ReturnType<typeof setTimeout> | undefined;
  const update = () => {
    const next = setting();
    clearTimeout(settle);
    sentence.classList.toggle("lines", next.image.shape[1] * 4 <= next.image.shape[2]);
    try {
      const before = result;
      result = compute(next, result);
      problem = "";
      // One weight's change is added to the last map; once the hand rests, all is computed anew.
      if (before?.parts === result.parts && before.setting.kernel !== next.kernel) settle = setTimeout(() => ((result = undefined), update()), 300);
    } catch (error) {
      result = undefined;
      problem = (error as Error).message;
    }
    showControls();
    showFormula();
    drawKernel();
    if (!result) return drawNone(next.image);
    drawInput(result.padded);
    drawOutput();
    const { row, col } = pinned();
    const [rows, cols] = result.geometry.output;
    outputGrid.setCursor({ row, col });
    steps.show(row * cols + col, rows * cols);
    drawFocus();
    code.show();
  };

  open(el, [...buttons, code.button],
    code.el,
    sentence,
    steps.el, sum,
    h("hr"),
    h("div", { class: "cnn-row geometry" }, stride.el, padding.el, mode.el, dilation.el, bias.el),
    h("div", { class: "formula" }, formulas, lost));
  return () => {
    close();
    for (const grid of [inputGrid, kernelGrid, outputGrid]) grid.destroy();
    clearTimeout(settle);
    steps.stop();
  };
};

const snapshot = (model: Model): State => Object.fromEntries(KEYS.map((key) => [key, model.get(key)])) as unknown as State;

/** A grey picture as three equal channels: the same array for the same picture. */
const spread = ((known: WeakMap<NdArray, NdArray>) => (grey: NdArray): NdArray => {
  if (!known.has(grey)) {
    const { data, shape: [, rows, cols] } = grey;
    known.set(grey, { data: Float64Array.from({ length: 3 * data.length }, (_, i) => data[i % data.length]), shape: [3, rows, cols] });
  }
  return known.get(grey)!;
})(new WeakMap());

/** Which values are black and white: 0 and 1, 0 and 255 for bytes, else the extremes. */
const rangeOf = (values: Float64Array, bytes: boolean): [number, number] => {
  const [low, high] = extremes(values);
  if (low >= 0 && high <= 1) return [0, 1];
  return bytes ? [0, 255] : [low, high];
};
