/** Convolution, one window at a time: 1-D to 3-D, ordinary and transposed, with channels and groups. */
import { extremes, largest, type NdArray, size, unravel } from "../math/array";
import { extent, type Geometry, type Pair, type PaddingMode, paddedShape, type PerAxis, rests } from "../math/shapes";
import type { View } from "../hosts/model";
import { kindAreas, type Kinds } from "../ui/areas";
import { pack, type Packed, repack, unpackOnce } from "../ui/array";
import { codePanel } from "../ui/code-panel";
import { paintSigned, paintValues } from "../ui/colour";
import { number, segments, select } from "../ui/controls";
import { changes as changesOf, h, patch, write } from "../ui/dom";
import { short } from "../ui/format";
import { lostText, sidesOf, sizeFormulas, transposedFormula, type TransposedTerms } from "../ui/formula";
import { frame } from "../ui/frame";
import { type Cell, type Content, Grid, type Mark } from "../ui/grid";
import { knob } from "../ui/knob";
import { store } from "../ui/state";
import { timeline } from "../ui/timeline";
import { weightGrid } from "../ui/weight-grid";
import { gridBank, type GridBank } from "./grid-bank";
import { explainInput, explainOutput, explainPart, explainSoFar, explainStamp, indexed, writeIndices } from "./stepper-arithmetic";
import { callFor, codeFor, LIBRARIES } from "./stepper-code";
import {
  addStamp, behind, compute, extras, groupName, inputOf, inputsFor, legalGroups, meet, outputsFor, partial, placeOf, reached, type Reading, resized, resolve,
  type Scene, type Setting, sizesThatGive, stamped, stepAt, stepsOf, swapped, weightIndex, weightOf,
} from "./stepper-math";

const LARGEST = { stride: 8, padding: 8, dilation: 6, kernel: 7, channels: 8 };
const LARGEST_SIZE = [0, 32, 32, 8]; // by the number of axes
const MOST_TAPS = 225; // marked one by one where a window has holes
const MOST_LABELS = 2048;
const MODES: [PaddingMode, string][] = [["zero", "zeros"], ["reflect", "reflect"], ["replicate", "replicate"], ["circular", "circular"]];

/** The traits of the Python class; all but `step` can be undone. */
interface State {
  x: Packed;
  dense: Packed;
  bias: Packed;
  stride: PerAxis;
  padding: number | Pair[];
  dilation: PerAxis;
  groups: number;
  padding_mode: PaddingMode;
  transposed: boolean;
  output_padding: PerAxis;
  reading: Reading;
  step: number;
}
const KEYS: (keyof State)[] = ["x", "dense", "bias", "stride", "padding", "dilation", "groups", "padding_mode", "transposed", "output_padding", "reading"];

type Place = "input" | "kernel" | "part" | "output";
const PLACES: Place[] = ["input", "kernel", "part", "output"];

/** A grid's cell that the pointer or the keyboard is on. */
interface Focus {
  on: Place;
  channel: number;
  slice: number;
  cell: Cell;
}

/** Depth, height and width, whatever the number of axes. */
const lift = <T>(list: readonly T[], one: T): [T, T, T] => [one, one, one, ...list].slice(-3) as [T, T, T];
const flatten = (at: number[], shape: number[]): number => at.reduce((index, i, axis) => index * shape[axis] + i, 0);
const lastOf = (value: PerAxis | Pair[]): number => [value].flat(3).at(-1) as number;
/** As if it had channels: an array without channels has one, and so has each side of a weight. */
const withChannels = (array: NdArray, channels: number): NdArray => ({ ...array, shape: [...Array(channels).fill(1), ...array.shape] });
const single = (kind: Mark["kind"], { row, col }: Cell): Mark => ({ kind, row, col, rows: 1, cols: 1 });
const isPlain = ({ x, dense }: Pick<State, "x" | "dense">): boolean => x.shape.length === dense.shape.length;

export const ConvolutionStepper: View = ({ model, el }) => {
  const [xOf, denseOf, biasOf] = [unpackOnce(), unpackOnce(), unpackOnce()];
  let scene: Scene | undefined;
  const traitsChanged = changesOf();
  let shaped = ""; // the sizes of the grids
  let problem = "";
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the pinned step
  let drawn = new Map<unknown, string>(); // what each bank shows, so that a step touches only what it changes
  let parts = new Map<string, NdArray>(); // partial sums, computed when they are first seen
  let running: { step: number; y: NdArray } | undefined; // the uncut output after the stamps up to a step
  let widest = 1;

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Convolution stepper", model, [...KEYS, "step"], () => update());
  const { get, set, endGroup, buttons, show: showUndo } = store<State>(model, KEYS, root, schedule);
  const state = (): State => Object.fromEntries(KEYS.map((key) => [key, get(key)])) as unknown as State;
  const settingOf = (now: State, x: NdArray, dense: NdArray, bias: NdArray): Setting => ({
    x: withChannels(x, isPlain(now) ? 1 : 0), dense: withChannels(dense, isPlain(now) ? 2 : 0), bias, plain: isPlain(now),
    stride: now.stride, padding: now.padding, dilation: now.dilation, groups: now.groups, mode: now.padding_mode,
    transposed: now.transposed, outputPadding: now.output_padding, reading: now.reading,
  });
  const rank = () => get("x").shape.length - (isPlain(state()) ? 0 : 1);
  const counts = (): [inputs: number, outputs: number] => {
    const [a, b] = isPlain(state()) ? [1, 1] : get("dense").shape;
    return get("transposed") ? [a, b] : [b, a];
  };

  /** Why changes are not legal; "" if they are. */
  const objection = (changes: Partial<State>): string => {
    const now = { ...state(), ...changes };
    const only = ({ shape }: Packed): NdArray => ({ data: new Float64Array(0), shape });
    try {
      resolve(settingOf(now, only(now.x), only(now.dense), only(now.bias)));
      return "";
    } catch (error) {
      return (error as Error).message.replace("outputPadding", "output padding");
    }
  };
  /** Change traits if that is legal, else say why it is not. */
  const wish = (what: string, changes: Partial<State>, group?: string, remark = "") => {
    const why = objection(changes);
    say(why ? `${what} is not possible: ${why}.` : remark, Boolean(why));
    if (why) showControls();
    else set(changes, group);
  };

  const step = () => (scene ? Math.min(get("step"), stepsOf(scene) - 1) : 0);
  const goTo = (channel: number, at: number) => set({ step: channel * size(scene!.scatters ? scene!.n : scene!.out) + at });
  /** What a step belongs to: an output or, where it scatters, an input. */
  const stepped = (): Place => (scene?.scatters ? "input" : "output");

  // ---- what stands where ---------------------------------------------------------------------------
  /** The flat index, in a plane of x or of y, of what a cell stands for; nothing for padding and for what is cut off. */
  const indexOf = ({ on, slice, cell }: Focus): number | undefined => {
    const { rank, seen, scatters, g, n, out } = scene!;
    const place = [slice, cell.row, cell.col].slice(-rank);
    const at = place.map((i, a) => (on === "input" ? seen[a].source[i] : i - (scatters ? g.padding[a][0] : 0)));
    const shape = on === "input" ? n : out;
    return at.every((i, a) => i >= 0 && i < shape[a]) ? flatten(at, shape) : undefined;
  };
  /** An output's place in the grids: where it scatters, they show what is cut off, too. */
  const placeOfOutput = (y: number): number[] => unravel(y, scene!.out).map((i, a) => i + (scene!.scatters ? scene!.g.padding[a][0] : 0));
  /** Whose kernels are shown, those of an output channel or where it scatters of an input channel, and where its window is. */
  const pivot = (): { channel: number; at: number } => {
    const at = focus?.on === stepped() ? indexOf(focus) : undefined;
    return focus && at !== undefined ? { channel: focus.channel, at } : stepAt(scene!, step());
  };
  /** The channels that a row of the kernels joins. */
  const pair = (row: number): [k: number, c: number] => (scene!.scatters ? [row, pivot().channel] : [pivot().channel, row]);
  const isStuffed = () => scene!.setting.transposed && !scene!.scatters;
  /** A kernel's cell by its place in the grids, which show it flipped where the input is stuffed. */
  const kernelCell = (slice: number, { row, col }: Cell): number => {
    const at = flatten([slice, row, col].slice(-scene!.rank), scene!.g.kernel);
    return isStuffed() ? size(scene!.g.kernel) - 1 - at : at;
  };
  const partOf = (k: number, c: number): NdArray => {
    const key = `${k},${c}`;
    if (!parts.has(key)) parts.set(key, partial(scene!, k, c));
    return parts.get(key)!;
  };
  const stampsUpTo = (last: number): NdArray => {
    if (running?.step === last - 1) addStamp(scene!, running.y, last);
    else if (running?.step !== last) return (running = { step: last, y: stamped(scene!, last) }).y;
    running.step = last;
    return running.y;
  };

  // ---- the grids ---------------------------------------------------------------------------------
  const look = (next: Focus | undefined, aloud = false) => {
    const at = aloud && next && scene && next.on === stepped() ? indexOf(next) : undefined;
    focus = at === undefined ? next : undefined;
    if (at === undefined) drawStep();
    else goTo(next!.channel, at);
    if (aloud) announce(spoken);
  };
  const spoken = () => sum.textContent ?? "";
  const looker = (on: Place, channel: number, slice: number) => (cell: Cell | undefined, aloud = false) => look(cell && { on, channel, slice, cell }, aloud);
  const reader = (on: Place) => (channel: number, slice: number): Grid => {
    const see = looker(on, channel, slice);
    return new Grid("", { hover: (cell) => see(cell), move: (cell) => see(cell, true) });
  };
  /** A grid that changes the trait's values; `at` gives a cell's index in them, or nothing. */
  const writer = (on: "input" | "kernel", trait: "x" | "dense", refusal: string, at: (channel: number, slice: number, cell: Cell) => number | undefined) =>
    (channel: number, slice: number): Grid => {
      const values = () => (trait === "x" ? xOf : denseOf)(get(trait)).data;
      const where = (cell: Cell) => (scene ? at(channel, slice, cell) : undefined);
      return weightGrid("", {
        all: values,
        get: (cell) => values()[where(cell) ?? -1] ?? 0,
        set: (cell, value, group) => {
          const index = where(cell);
          if (index === undefined) return say(refusal, true);
          const copy = values().slice();
          copy[index] = Number(value.toPrecision(12));
          set({ [trait]: repack(copy, get(trait)) }, group);
        },
        endGroup, say, look: looker(on, channel, slice),
      }, { noun: on === "kernel" ? "weight" : "number", touch: on === "kernel" }).grid;
    };
  const banks: Record<Place, GridBank> = {
    input: gridBank(writer("input", "x", "Padding can’t be changed: it follows from its mode.", (channel, slice, cell) => {
      const at = indexOf({ on: "input", channel, slice, cell });
      return at === undefined ? undefined : channel * size(scene!.n) + at;
    })),
    kernel: gridBank(writer("kernel", "dense", "These channels are in other groups: no weight joins them.", (channel, slice, cell) => {
      const [k, c] = pair(channel);
      return meet(scene!, k, c) ? weightIndex(scene!, k, c, kernelCell(slice, cell)) : undefined;
    })),
    part: gridBank(reader("part")),
    output: gridBank(reader("output")),
  };

  // ---- controls ----------------------------------------------------------------------------------
  /** What a slider shows: its number, or the axes' where they differ. */
  const perAxis = (numbers: (g: Geometry) => (number | Pair)[]) => (value: number): string => {
    const items = scene ? numbers(scene.g).map((item) => [...new Set([item].flat())].join("+")) : [];
    return new Set(items).size > 1 || items[0]?.includes("+") ? items.join(", ") : String(value);
  };
  /** `shapes` says what of `changes` matters for what is legal, where that is less work. */
  const dial = (label: string, low: number, high: () => number, now: () => number, changes: (value: number) => Partial<State>, text?: (value: number) => string, remark = (_: number) => "", shapes = changes) =>
    knob({ label, low, high, now, text, say, why: (value) => objection(shapes(value)), take: (value) => wish(`${label} ${value}`, changes(value), label, remark(value)) });
  const trait = (label: string, name: "stride" | "padding" | "dilation" | "output_padding", low: number, high: number, numbers: (g: Geometry) => (number | Pair)[]) =>
    dial(label, low, () => Math.max(high, lastOf(get(name))), () => lastOf(get(name)), (value) => ({ [name]: value }), perAxis(numbers));
  /** An array of another size, of the same kind of number. */
  const reshaped = (name: "x" | "dense", shape: number[], channels = 0): Packed => {
    const array = withChannels((name === "x" ? xOf : denseOf)(get(name)), channels);
    return pack(resized(array, shape).data, shape, get(name).dtype);
  };
  const side = (label: string, name: "x" | "dense", high: () => number, numbers: (g: Geometry) => number[]) => {
    const shape = (value: number): number[] => [...get(name).shape.slice(0, -rank()), ...Array(rank()).fill(value)];
    return dial(label, 1, () => Math.max(high(), lastOf(get(name).shape)), () => lastOf(get(name).shape),
      (value) => ({ [name]: reshaped(name, shape(value)) }), perAxis(numbers), undefined, (value) => ({ [name]: { ...get(name), shape: shape(value) } }));
  };
  const fewerGroups = (inputs: number, outputs: number): number => legalGroups(inputs, outputs).filter((g) => g <= get("groups")).at(-1)!;
  /** Other numbers of channels, with as many groups as these still allow. */
  const channels = (inputs: number, outputs: number): Partial<State> => {
    const plain = isPlain(state());
    const bias = Float64Array.from({ length: outputs }, (_, k) => biasOf(get("bias")).data[k] ?? 0);
    return {
      x: reshaped("x", [inputs, ...get("x").shape.slice(-rank())], plain ? 1 : 0),
      dense: reshaped("dense", [...(get("transposed") ? [inputs, outputs] : [outputs, inputs]), ...get("dense").shape.slice(-rank())], plain ? 2 : 0),
      bias: pack(bias, [outputs], get("bias").dtype),
      groups: fewerGroups(inputs, outputs),
    };
  };
  const channelDial = (label: string, which: 0 | 1) => {
    const both = (value: number): [number, number] => (which ? [counts()[0], value] : [value, counts()[1]]);
    return dial(label, 1, () => Math.max(LARGEST.channels, counts()[which]), () => counts()[which], (value) => channels(...both(value)), undefined,
      (value) => (fewerGroups(...both(value)) === get("groups") ? "" : `${get("groups")} groups don’t divide ${both(value).join(" and ")} channels: now ${fewerGroups(...both(value))}.`),
      () => ({})); // as many channels as one likes: the groups give way
  };
  const kind = segments("Kind of convolution", [["no", "ordinary"], ["yes", "transposed"]], (value) => {
    const transposed = value === "yes";
    if (transposed === get("transposed")) return;
    const turned = isPlain(state()) ? undefined : swapped(denseOf(get("dense")));
    wish(`${transposed ? "A transposed" : "An ordinary"} convolution`, {
      transposed, output_padding: 0, padding_mode: "zero", step: 0, ...(turned && { dense: pack(turned.data, turned.shape, get("dense").dtype) }),
    }, undefined, get("padding_mode") === "zero" ? "" : "The padding mode is zeros now: a transposed convolution cuts its padding off the output.");
  });
  const reading = segments("How it is read", [["scatter", "scatter", "scatter: each input stamps its kernel on the output"], ["stuffed", "zero-stuffed", "zero-stuffed: a convolution over the input with zeros put in"]], (value) => set({ reading: value as Reading, step: 0 }));
  const mode = select("Padding mode", MODES, (value) => wish(`Padding mode “${value}”`, { padding_mode: value as PaddingMode }));
  const divisors = () => legalGroups(...counts());
  const dials = {
    stride: trait("stride", "stride", 1, LARGEST.stride, (g) => g.stride),
    padding: trait("padding", "padding", 0, LARGEST.padding, (g) => g.padding as Pair[]),
    dilation: trait("dilation", "dilation", 1, LARGEST.dilation, (g) => g.dilation),
    extra: trait("output padding", "output_padding", 0, LARGEST.stride, (g) => (scene?.setting.transposed ? extras(g) : [])),
    groups: dial("groups", 0, () => divisors().length - 1, () => Math.max(0, divisors().indexOf(get("groups"))), (value) => ({ groups: divisors()[value] ?? 1 }),
      (value) => `${divisors()[value] ?? 1} (${groupName(divisors()[value] ?? 1, counts()[0])})`),
    n: side("n", "x", () => LARGEST_SIZE[rank()], (g) => (scene?.setting.transposed ? g.output : g.input)),
    k: side("k", "dense", () => LARGEST.kernel, (g) => g.kernel),
    inputs: channelDial("channels in", 0),
    outputs: channelDial("channels out", 1),
  };
  const biasChannel = () => (scene && !scene.scatters ? stepAt(scene, step()).channel : 0);
  const biasLabel = h("span");
  const bias = number("", (value) => {
    const copy = biasOf(get("bias")).data.slice();
    copy[biasChannel()] = value;
    set({ bias: repack(copy, get("bias")) });
  });
  bias.el.prepend(biasLabel);
  const code = codePanel(LIBRARIES, (library) => (scene ? codeFor(library, scene) : ""));
  const line = timeline("Position of the window", (to) => {
    focus = undefined;
    set({ step: to });
  }, (at) => `${at + 1} of ${scene ? stepsOf(scene) : 1}`);

  // ---- page --------------------------------------------------------------------------------------
  const header = (tone: string) => ({ title: h("span", { class: `name t-${tone}` }), dims: h("span", { class: "dims" }) });
  const headers: Record<Place, ReturnType<typeof header>> = { input: header("input"), kernel: header("kernel"), part: header("output"), output: header("output") };
  const panels = PLACES.map((place) =>
    h("div", { class: `panel ${place}`, role: "group", "aria-label": place === "part" ? "partial sums" : place }, h("header", {}, headers[place].title, headers[place].dims), banks[place].el));
  const signs = [0, 1, 2].map(() => h("div", { class: "sign", "aria-hidden": "true" }));
  const sentence = h("div", { class: "sentence banks" }, ...panels.flatMap((panel, i) => (i ? [signs[i - 1], panel] : [panel])));
  const formulas = h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "The output size" });
  const note = h("div", { class: "note" });
  const indices = [h("div"), h("div")];
  const expressions = h("div", { class: "indices", "aria-label": "Index expressions", role: "group" }, ...indices);
  const sum = h("div", { class: "sum", tabindex: 0, role: "group", "aria-label": "The arithmetic" });
  const call = h("code", { class: "call", tabindex: 0, role: "group", "aria-label": "The call that makes it" });

  const showControls = () => {
    kind.show(get("transposed") ? "yes" : "no");
    reading.show(get("reading"));
    reading.el.hidden = dials.extra.el.hidden = !get("transposed");
    mode.el.hidden = get("transposed");
    mode.show(get("padding_mode"));
    dials.groups.el.hidden = Math.min(...counts()) === 1;
    for (const each of Object.values(dials)) if (!each.el.hidden) each.show();
    showUndo();
  };

  // ---- drawing what does not change from step to step ------------------------------------------------
  /** A grid's content from the value of each cell. */
  const content = (rows: number, cols: number, value: (row: number, col: number) => number, paint: (values: Float64Array, pixels: Uint8ClampedArray) => void): Content => {
    const values = new Float64Array(rows * cols);
    for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) values[row * cols + col] = value(row, col);
    const pixels = new Uint8ClampedArray(4 * rows * cols);
    paint(values, pixels);
    return { rows, cols, pixels, label: ({ row, col }) => short(values[row * cols + col]) };
  };
  const signed = (values: Float64Array) => {
    const top = largest(values);
    return (cells: Float64Array, pixels: Uint8ClampedArray) => paintSigned(cells, top, pixels);
  };
  /** The hatching of a slice, by what its positions are on each axis. */
  const hatching = ([depth, rows, cols]: Kinds[], slice: number) =>
    depth[slice] ? [{ kind: depth[slice], row: 0, col: 0, rows: rows.length, cols: cols.length }] : kindAreas(rows, cols);

  const drawInput = ({ setting: { x }, seen, n, inputs, rank }: Scene) => {
    const sources = lift(seen.map(({ source }) => source), [0]);
    const kinds = lift<Kinds>(seen.map(({ kinds }) => kinds), [undefined]);
    const [, height, width] = lift(n, 1);
    const [low, high] = extremes(x.data);
    banks.input.resize(inputs, sources[0].length);
    banks.input.each((grid, c, z) => {
      const value = (row: number, col: number) => {
        const [i, j, k] = [sources[0][z], sources[1][row], sources[2][col]];
        return i < 0 || j < 0 || k < 0 ? 0 : inputOf(scene!, c, (i * height + j) * width + k);
      };
      const name = rank === 3 ? (sources[0][z] < 0 ? (kinds[0][z] === "stuffed" ? "zeros put in" : "padding") : `x${indexed(scene!, [c], [sources[0][z]])}`) : scene!.setting.plain ? "" : `x[${c}]`;
      banks.input.caption(c, z, name);
      grid.name = `Input ${name}, type a number or drag to change it`;
      grid.update({ ...content(sources[1].length, sources[2].length, value, (values, pixels) => paintValues(values, low, high, pixels)), textures: hatching(kinds, z) });
    });
  };

  const drawFormula = ({ g, rank, setting: { transposed } }: Scene) => {
    const extra = transposed ? extras(g) : [];
    const sides = sidesOf(g).map((side, a) => ({ ...side, d: g.dilation[a], n: transposed ? g.output[a] : g.input[a], extra: extra[a] }));
    formulas.replaceChildren(...(transposed ? sizeFormulas<TransposedTerms>(sides, g.input, transposedFormula) : sizeFormulas(sidesOf(g), g.output)));
    const choices = transposed && g.stride[rank - 1] > 1 ? sizesThatGive(g, rank - 1) : [];
    note.textContent = transposed
      ? choices.length ? `An ordinary convolution with these numbers makes ${g.output[rank - 1]} of ${choices.slice(0, -1).join(", ")} and of ${choices.at(-1)}: output padding chooses the size to go back to.` : ""
      : lostText(rests(g));
  };

  const dimsText = (channels: number[], shape: number[]): string => [...(scene!.setting.plain ? [] : channels), ...shape].join(" × ");
  const drawHeaders = ({ g, n, out, inputs, outputs, rank, scatters }: Scene) => {
    const stuffed = isStuffed();
    const several = scatters || inputs > 1;
    const rows = Math.max(inputs, outputs);
    sentence.className = `sentence banks ${rank === 1 ? "lines" : rank === 3 ? "slices" : several ? "four" : ""}`;
    // Several rows of planes, the buttons and the sum are to stand on one screen.
    sentence.style.setProperty("--plane", several && rows <= 4 ? `${Math.round(384 / rows)}px` : "none");
    expressions.classList.toggle("long", several);
    for (const place of PLACES) banks[place].fold(rank === 2 && rows > (several ? 4 : 1) && (several || place === "output"));
    panels[2].hidden = signs[2].hidden = !several;
    signs.forEach((sign, i) => (sign.textContent = (scatters ? ["·", "=", "→"] : several ? ["∗", "=", "Σ"] : ["∗", "=", ""])[i]));
    headers.input.title.textContent = stuffed ? "Input, stuffed" : "Input";
    const wide = scene!.seen.map(({ source }) => source.length).join(" × ");
    headers.input.dims.textContent = !stuffed ? dimsText([inputs], n) : several ? wide : `${n.join(" × ")} → ${wide}`;
    headers.part.title.textContent = scatters ? `Stamp${outputs > 1 ? "s" : ""}` : "Partial sums";
    headers.part.dims.textContent = "";
    headers.output.title.textContent = "Output";
    headers.output.dims.textContent = dimsText([outputs], out) + (scatters && outputs === 1 && g.padding.flat().some(Boolean) ? ` of ${paddedShape(g).join(" × ")}` : "");
  };

  const drawScene = (now: Scene) => {
    drawHeaders(now);
    drawInput(now);
    drawFormula(now);
    // Sums grow while stamps are added: their numbers keep the size that the longest will have.
    widest = now.scatters ? Math.max(...Array.from(stamped(now, stepsOf(now)).data.subarray(0, MOST_LABELS), (y) => short(y).length)) : 1;
  };

  // ---- drawing a step --------------------------------------------------------------------------------
  /** Draw a bank, unless it shows this already. */
  const once = (key: unknown, what: string, draw: () => void) => {
    if (drawn.get(key) === what) return;
    drawn.set(key, what);
    draw();
  };

  const drawKernels = (now: Scene) => {
    const { g, rank, inputs, outputs, scatters, setting: { dense, plain, transposed } } = now;
    const { channel } = pivot();
    const [depth, rows, cols] = lift(g.kernel, 1);
    const paint = signed(dense.data);
    const partners = (scatters ? outputsFor : inputsFor)(now, channel);
    const many = (scatters ? inputs : outputs) > 1;
    const owner = isStuffed() ? ", flipped" : many ? ` of ${scatters ? "x" : "y"}[${channel}]` : "";
    headers.kernel.title.textContent = `Kernel${partners.length > 1 ? "s" : ""}${owner}`;
    headers.kernel.dims.textContent = many && inputs > 1 && rank === 2 ? "" : g.kernel.join(" × "); // no room beside a long title
    banks.kernel.resize(scatters ? outputs : inputs, depth);
    banks.kernel.each((grid, row, z) => {
      const [k, c] = pair(row);
      const off = !meet(now, k, c);
      const slice = rank === 3 ? [isStuffed() ? depth - 1 - z : z] : [];
      const name = off ? "other group" : plain && rank < 3 ? "" : `w${indexed(now, transposed ? [c, k - outputsFor(now, c)[0]] : [k, c - inputsFor(now, k)[0]], slice)}`;
      banks.kernel.caption(row, z, name, off);
      grid.name = off ? "No kernel: other group" : `Kernel ${name}, type a number or drag to change a weight`;
      const made = content(rows, cols, (i, j) => (off ? 0 : weightOf(now, k, c, kernelCell(z, { row: i, col: j }))), paint);
      if (off) made.pixels.fill(0);
      grid.update(made);
    });
  };

  /** A plane of sums, of which the first `known` are known. */
  const plane = (values: Float64Array, shape: number[], slice: number, known: number, paint: ReturnType<typeof signed>): Content => {
    const [, rows, cols] = lift(shape, 1);
    const from = slice * rows * cols;
    const made = content(rows, cols, (i, j) => values[from + i * cols + j], paint);
    for (let i = Math.max(0, known - from); i < rows * cols; i++) made.pixels[4 * i + 3] = 0;
    return made;
  };
  /** How many outputs of a channel are known at this step. */
  const knownOf = (k: number): number => {
    const { channel, at } = stepAt(scene!, step());
    return k < channel ? size(scene!.out) : k === channel ? at + 1 : 0;
  };

  const drawParts = (now: Scene) => {
    const { channel: k } = pivot();
    const { out, rank, inputs } = now;
    const paint = signed(Float64Array.from(inputsFor(now, k), (c) => largest(partOf(k, c).data)));
    banks.part.resize(inputs, lift(out, 1)[0]);
    banks.part.each((grid, c, z) => {
      const off = !meet(now, k, c);
      const name = off ? "other group" : `from x[${c}]${rank === 3 ? `, slice ${z}` : ""}`;
      banks.part.caption(c, z, name, off);
      grid.name = `Partial sum, ${name}`;
      grid.update(plane(off ? new Float64Array(size(out)) : partOf(k, c).data, out, z, off ? 0 : knownOf(k), paint));
    });
  };

  /** What one input leaves: its value times each kernel. */
  const drawStamps = (now: Scene) => {
    const { g, rank, outputs, setting: { plain, x, dense } } = now;
    const { channel: c, at } = pivot();
    const value = inputOf(now, c, at);
    const [depth, rows, cols] = lift(g.kernel, 1);
    const paint = signed(Float64Array.of(largest(x.data) * largest(dense.data)));
    headers.part.dims.textContent = `${short(value)} · w`;
    banks.part.resize(outputs, depth);
    banks.part.each((grid, k, z) => {
      const off = !meet(now, k, c);
      const name = off ? "other group" : plain && rank < 3 ? "" : `onto y${plain ? "" : `[${k}]`}${rank === 3 ? `, slice ${z}` : ""}`;
      banks.part.caption(k, z, name, off);
      grid.name = `Stamp ${name}`;
      const made = content(rows, cols, (i, j) => (off ? 0 : value * weightOf(now, k, c, kernelCell(z, { row: i, col: j }))), paint);
      if (off) made.pixels.fill(0);
      grid.update(made);
    });
  };

  const drawOutputs = (now: Scene) => {
    const { g, y, out, rank, outputs, scatters, setting: { plain } } = now;
    const paint = signed(y.data);
    const shape = scatters ? paddedShape(g) : out;
    const values = scatters ? stampsUpTo(step()).data : y.data;
    const each = size(shape);
    const depth = lift(shape, 1)[0];
    const { channel } = stepAt(now, step());
    const kinds = shape.map((length, a): Kinds => Array.from({ length }, (_, i) => {
      const [before, after] = scatters ? g.padding[a] : [0, 0];
      if (i < before || i >= length - after) return "pad";
      return scatters && i >= length - extras(g)[a] ? "extra" : undefined;
    }));
    banks.output.resize(outputs, depth);
    banks.output.each((grid, k, z) => {
      const known = scatters ? each : knownOf(k);
      once(grid, scatters ? `${step()}` : `${Math.max(0, Math.min(each / depth, known - (z * each) / depth))}`, () => {
        const cut = kinds.length === 3 && kinds[0][z] === "pad";
        const name = cut ? "cut off" : rank === 3 ? `y${indexed(now, [k], [z - (scatters ? g.padding[0][0] : 0)])}` : plain ? "" : `y[${k}]`;
        banks.output.caption(k, z, name, scatters && !meet(now, k, channel));
        grid.name = `Output ${name}`;
        const made = plane(values.subarray(k * each, (k + 1) * each), shape, z, known, paint);
        grid.update({ ...made, widest, textures: hatching(lift<Kinds>(kinds, [undefined]), z) });
      });
    });
  };

  // ---- marks: all grids tell the same story ------------------------------------------------------------
  const drawMarks = (now: Scene) => {
    const { g, scatters, seen, rank } = now;
    const marks = new Map<Grid, Mark[]>();
    const put = (place: Place, channel: number, slice: number, mark: Mark) => {
      const grid = banks[place].at(channel, slice);
      marks.set(grid, [...(marks.get(grid) ?? []), mark]);
    };
    const putAt = (kind: Mark["kind"], place: Place, channel: number, at: number[]) => {
      const [slice, row, col] = lift(at, 0);
      put(place, channel, slice, single(kind, { row, col }));
    };
    const [depth, rows, cols] = lift(g.kernel, 1);
    const [along, down, right] = lift(g.dilation, 1);
    const holes = (down > 1 || right > 1) && rows * cols <= MOST_TAPS;
    /** The window of a place, in one channel: on the input, or where it scatters on the output. */
    const putWindow = (place: Place, channel: number, at: number[]) => {
      const [z, row, col] = lift(at.map((i, a) => (isStuffed() ? i : i * g.stride[a])), 0);
      for (let t = 0; t < depth; t++) {
        const slice = z + t * along;
        if (!holes) put(place, channel, slice, { kind: "window", row, col, rows: extent(rows, down), cols: extent(cols, right) });
        else for (let u = 0; u < rows; u++) for (let v = 0; v < cols; v++) put(place, channel, slice, single("tap", { row: row + u * down, col: col + v * right }));
      }
    };
    /** Every cell that shows an input: the padding may show it again. */
    const putInput = (kind: Mark["kind"], c: number, x: number) => {
      const at = unravel(x, now.n);
      const places = seen.map(({ source }, a) => source.flatMap((from, i) => (from === at[a] ? [i] : [])));
      places.reduce<number[][]>((found, line) => found.flatMap((one) => line.map((i) => [...one, i])), [[]]).forEach((place) => putAt(kind, "input", c, place));
    };
    const putReached = (c: number, x: number) => {
      for (const y of new Set(reached(now, x).map(({ y }) => y)))
        for (const k of outputsFor(now, c)) {
          putAt("reach", "output", k, placeOfOutput(y));
          if (!scatters && !panels[2].hidden && k === pivot().channel) putAt("reach", "part", c, unravel(y, now.out));
        }
    };
    const at = focus && indexOf(focus);
    const here = pivot();
    const place = unravel(here.at, scatters ? now.n : now.out);
    if (focus?.on === "input" && !scatters) {
      if (at === undefined) put("input", focus.channel, focus.slice, single("here input", focus.cell));
      else {
        putInput("here input", focus.channel, at);
        putReached(focus.channel, at);
      }
    } else if (focus?.on === "output" && scatters) {
      put("output", focus.channel, focus.slice, single("here output", focus.cell));
      if (at !== undefined) for (const { x } of behind(now, at)) for (const c of inputsFor(now, focus.channel)) putInput("tap", c, x);
    } else if (scatters) {
      putInput("here input", here.channel, here.at);
      for (const k of outputsFor(now, here.channel)) putWindow("output", k, place);
    } else {
      const part = focus?.on === "part" ? focus : undefined;
      const window = part && at !== undefined ? unravel(at, now.out) : place;
      for (const c of part ? [part.channel] : inputsFor(now, here.channel)) putWindow("input", c, window);
      if (part) put("part", part.channel, part.slice, single("here output", part.cell));
      else if (!panels[2].hidden) for (const c of inputsFor(now, here.channel)) putAt("here output", "part", c, place);
      putAt("here output", "output", here.channel, window);
    }
    if (focus?.on === "kernel" || (focus?.on === "part" && scatters)) {
      const cell = unravel(kernelCell(focus.slice, focus.cell), g.kernel).slice(-rank);
      put("kernel", focus.channel, focus.slice, single("here kernel", focus.cell));
      if (scatters) put("part", focus.channel, focus.slice, single("here kernel", focus.cell));
      putAt("here kernel", scatters ? "output" : "input", focus.channel, placeOf(now, place, cell));
    }
    for (const name of PLACES) if (!(name === "part" && panels[2].hidden)) banks[name].each((grid) => grid.mark(marks.get(grid) ?? []));
  };

  const drawSum = (now: Scene) => {
    const { scatters } = now;
    const here = pivot();
    const at = focus && indexOf(focus);
    const after = (k: number, y: number) => stampsUpTo(step()).data[k * size(paddedShape(now.g)) + flatten(placeOfOutput(y), paddedShape(now.g))];
    writeIndices(now, here.channel, here.at).forEach((nodes, i) => patch(indices[i], nodes));
    patch(sum, (
      focus?.on === "input" ? (at === undefined ? ["Padding: no number of the input stands here."] : explainInput(now, focus.channel, at))
      : focus?.on === "part" && !scatters && meet(now, here.channel, focus.channel) ? explainPart(now, here.channel, focus.channel, at!, partOf(here.channel, focus.channel).data[at!])
      : focus?.on === "output" && scatters ? (at === undefined ? ["The padding cuts this place off the output."] : explainSoFar(now, focus.channel, at, step(), after(focus.channel, at)))
      : scatters ? explainStamp(now, here.channel, here.at, after)
      : explainOutput(now, here.channel, here.at)));
  };

  const drawStep = () => {
    if (!scene) return;
    const now = scene;
    const { channel, at } = pivot();
    once("kernels", `${channel}`, () => drawKernels(now));
    if (now.scatters) once("parts", `${channel} ${at}`, () => drawStamps(now));
    else if (now.inputs > 1) once("parts", `${channel} ${knownOf(channel)}`, () => drawParts(now));
    drawOutputs(now);
    if (!now.scatters && now.setting.groups > 1) once("groups", `${channel}`, () => drawGroups(now, channel));
    drawMarks(now);
    drawSum(now);
    showCursor(now);
    line.show(step(), stepsOf(now));
    write(biasLabel, `bias${now.outputs > 1 ? ` b[${biasChannel()}]` : ""}`);
    bias.show(now.setting.bias.data[biasChannel()]);
  };
  /** Inputs of other groups step back. */
  const drawGroups = (now: Scene, k: number) => banks.input.each((grid, c) => grid.el.closest(".plane")!.classList.toggle("off", !meet(now, k, c)));
  /** The keyboard goes on from the pinned step. */
  const showCursor = (now: Scene) => {
    const { channel, at } = stepAt(now, step());
    const [slice, row, col] = lift(now.scatters ? unravel(at, now.n) : placeOfOutput(at), 0);
    banks[stepped()].at(channel, slice).setCursor({ row, col });
  };

  /** A setting without an output: say why, and show nothing. */
  const drawNone = () => {
    for (const place of PLACES) banks[place].resize(0, 0);
    for (const { dims } of Object.values(headers)) dims.textContent = "none";
    for (const element of [formulas, note, call, ...indices]) element.replaceChildren();
    line.show(0, 1);
    sum.textContent = `This setting has no output: ${problem}.`;
  };

  const update = () => {
    const now = state();
    if (traitsChanged(...KEYS.map((key) => now[key]))) {
      drawn = new Map();
      parts = new Map();
      running = undefined;
      try {
        scene = compute(settingOf(now, xOf(now.x), denseOf(now.dense), biasOf(now.bias)));
      } catch (error) {
        scene = undefined;
        problem = (error as Error).message;
      }
      const shape = JSON.stringify(scene && [scene.seen.map(({ source }) => source.length), scene.g, scene.inputs, scene.outputs, scene.scatters]);
      if (shape !== shaped) focus = undefined; // its cell may be gone
      shaped = shape;
      showControls();
      if (!scene) return drawNone();
      drawScene(scene);
      call.textContent = callFor(scene);
      code.show();
    }
    drawStep();
  };

  const row = (...children: Node[]) => h("div", { class: "cnn-row geometry" }, ...children);
  open(el, [...buttons, code.button],
    code.el,
    sentence,
    line.el,
    expressions, sum,
    h("hr"),
    row(kind.el, reading.el, dials.groups.el),
    row(dials.stride.el, dials.padding.el, mode.el, dials.dilation.el, dials.extra.el),
    row(dials.n.el, dials.k.el, dials.inputs.el, dials.outputs.el, bias.el),
    h("div", { class: "formula" }, formulas, note),
    call);
  return () => {
    close();
    for (const place of PLACES) banks[place].destroy();
    line.stop();
  };
};
