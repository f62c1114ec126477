/** What each of the convolution stepper's grids shows: its numbers and their tones, its hatching and its names. No
 * page. */
import { extremes, largest, size } from "../../math/array";
import { paddedShape } from "../../math/shapes";
import { kindAreas, type Kinds } from "../../ui/grids/areas";
import { paintSigned, paintValues } from "../../ui/grids/colour";
import { short } from "../../ui/words/format";
import type { Content } from "../../ui/grids/grid";
import { indexed } from "./arithmetic";
import { extras, inputOf, inputsFor, meet, outputsFor, type Scene, stepAt, weightOf } from "./math";
import { hasParts, isStuffed, kernelCell, lift, pairOf, type Place } from "./places";
import type { Sums } from "./sums";

/** What the grid of a channel's slice shows. */
export interface Plane {
  /** What stands under it, and what it is called. */
  caption: string;
  name: string;
  /** Whether it takes no part in what is looked at. */
  off: boolean;
  content: Content;
}

/** The grids of one place, each made when it is asked for. */
export interface Planes {
  channels: number;
  slices: number;
  plane(channel: number, slice: number): Plane;
}

type Paint = (values: Float64Array, pixels: Uint8ClampedArray) => void;

/** A grid's content from the value of each cell. */
const contentOf = (rows: number, cols: number, value: (row: number, col: number) => number, paint: Paint): Content => {
  const values = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) values[row * cols + col] = value(row, col);
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  paint(values, pixels);
  return { rows, cols, pixels, label: ({ row, col }) => short(values[row * cols + col]) };
};
const signed = (values: Float64Array): Paint => {
  const top = largest(values);
  return (cells, pixels) => paintSigned(cells, top, pixels);
};
const unpainted: Paint = () => {};

/** A slice of sums, of which the first `known` are known. */
const sumsContent = (values: Float64Array, shape: number[], slice: number, known: number, paint: Paint): Content => {
  const [, rows, cols] = lift(shape, 1);
  const from = slice * rows * cols;
  const content = contentOf(rows, cols, (i, j) => values[from + i * cols + j], paint);
  for (let i = Math.max(0, known - from); i < rows * cols; i++) content.pixels[4 * i + 3] = 0;
  return content;
};

/** The hatching of a slice, by what its positions are on each axis. */
const hatching = ([depth, rows, cols]: Kinds[], slice: number) =>
  depth[slice] ? [{ kind: depth[slice], row: 0, col: 0, rows: rows.length, cols: cols.length }] : kindAreas(rows, cols);

// ---- a place each ----------------------------------------------------------------------------------
export const inputPlanes = (scene: Scene): Planes => {
  const {
    setting: { x, plain },
    seen,
    n,
    inputs,
    rank,
  } = scene;
  const sources = lift(
    seen.map(({ source }) => source),
    [0],
  );
  const kinds = lift<Kinds>(
    seen.map(({ kinds }) => kinds),
    [undefined],
  );
  const [, height, width] = lift(n, 1);
  const [low, high] = extremes(x.data);
  return {
    channels: inputs,
    slices: sources[0].length,
    plane: (c, z) => {
      const value = (row: number, col: number) => {
        const [i, j, k] = [sources[0][z], sources[1][row], sources[2][col]];
        return i < 0 || j < 0 || k < 0 ? 0 : inputOf(scene, c, (i * height + j) * width + k);
      };
      const caption =
        rank === 3
          ? sources[0][z] < 0
            ? kinds[0][z] === "stuffed"
              ? "zeros put in"
              : "padding"
            : `x${indexed(scene, [c], [sources[0][z]])}`
          : plain
            ? ""
            : `x[${c}]`;
      const content = contentOf(sources[1].length, sources[2].length, value, (values, pixels) =>
        paintValues(values, low, high, pixels),
      );
      return {
        caption,
        name: `Input ${caption}, type a number or drag to change it`,
        off: false,
        content: { ...content, textures: hatching(kinds, z) },
      };
    },
  };
};

/** The kernels of an output channel or, where it scatters, of an input channel. */
export const kernelPlanes = (scene: Scene, channel: number): Planes => {
  const {
    g,
    rank,
    inputs,
    outputs,
    scatters,
    setting: { dense, plain, transposed },
  } = scene;
  const [depth, rows, cols] = lift(g.kernel, 1);
  const paint = signed(dense.data);
  return {
    channels: scatters ? outputs : inputs,
    slices: depth,
    plane: (row, z) => {
      const [k, c] = pairOf(scene, channel, row);
      if (!meet(scene, k, c))
        return {
          caption: "other group",
          name: "No kernel: other group",
          off: true,
          content: contentOf(rows, cols, () => 0, unpainted),
        };
      const slice = rank === 3 ? [isStuffed(scene) ? depth - 1 - z : z] : [];
      const pair = transposed ? [c, k - outputsFor(scene, c)[0]] : [k, c - inputsFor(scene, k)[0]];
      const caption = plain && rank < 3 ? "" : `w${indexed(scene, pair, slice)}`;
      const content = contentOf(
        rows,
        cols,
        (i, j) => weightOf(scene, k, c, kernelCell(scene, z, { row: i, col: j })),
        paint,
      );
      return { caption, name: `Kernel ${caption}, type a number or drag to change a weight`, off: false, content };
    },
  };
};

/** The partial sums of an output channel, as far as they are known at a step. */
export const partPlanes = (scene: Scene, { part }: Sums, step: number, k: number): Planes => {
  const { out, rank, inputs } = scene;
  const paint = signed(Float64Array.from(inputsFor(scene, k), (c) => largest(part(k, c).data)));
  return {
    channels: inputs,
    slices: lift(out, 1)[0],
    plane: (c, z) => {
      const off = !meet(scene, k, c);
      const caption = off ? "other group" : `from x[${c}]${rank === 3 ? `, slice ${z}` : ""}`;
      const content = sumsContent(
        off ? new Float64Array(size(out)) : part(k, c).data,
        out,
        z,
        off ? 0 : knownOf(scene, step, k),
        paint,
      );
      return { caption, name: `Partial sum, ${caption}`, off, content };
    },
  };
};

/** What one input leaves: its value times each kernel. */
export const stampPlanes = (scene: Scene, c: number, at: number): Planes => {
  const {
    g,
    rank,
    outputs,
    setting: { plain, x, dense },
  } = scene;
  const value = inputOf(scene, c, at);
  const [depth, rows, cols] = lift(g.kernel, 1);
  const paint = signed(Float64Array.of(largest(x.data) * largest(dense.data)));
  return {
    channels: outputs,
    slices: depth,
    plane: (k, z) => {
      const off = !meet(scene, k, c);
      const caption = off
        ? "other group"
        : plain && rank < 3
          ? ""
          : `onto y${plain ? "" : `[${k}]`}${rank === 3 ? `, slice ${z}` : ""}`;
      const content = off
        ? contentOf(rows, cols, () => 0, unpainted)
        : contentOf(
            rows,
            cols,
            (i, j) => value * weightOf(scene, k, c, kernelCell(scene, z, { row: i, col: j })),
            paint,
          );
      return { caption, name: `Stamp ${caption}`, off, content };
    },
  };
};

/** The outputs that are known at a step or, where it scatters, what the stamps up to it come to. */
export const outputPlanes = (scene: Scene, { upTo, widest }: Sums, step: number): Planes => {
  const {
    g,
    y,
    out,
    rank,
    outputs,
    scatters,
    setting: { plain },
  } = scene;
  const paint = signed(y.data);
  const shape = scatters ? paddedShape(g) : out;
  const values = scatters ? upTo(step).data : y.data;
  const each = size(shape);
  const { channel } = stepAt(scene, step);
  const kinds = shape.map((length, a): Kinds =>
    Array.from({ length }, (_, i) => {
      const [before, after] = scatters ? g.padding[a] : [0, 0];
      if (i < before || i >= length - after) return "pad";
      return scatters && i >= length - extras(g)[a] ? "extra" : undefined;
    }),
  );
  return {
    channels: outputs,
    slices: lift(shape, 1)[0],
    plane: (k, z) => {
      const cut = rank === 3 && kinds[0][z] === "pad";
      const caption = cut
        ? "cut off"
        : rank === 3
          ? `y${indexed(scene, [k], [z - (scatters ? g.padding[0][0] : 0)])}`
          : plain
            ? ""
            : `y[${k}]`;
      const content = sumsContent(
        values.subarray(k * each, (k + 1) * each),
        shape,
        z,
        scatters ? each : knownOf(scene, step, k),
        paint,
      );
      return {
        caption,
        name: `Output ${caption}`,
        off: scatters && !meet(scene, k, channel),
        content: { ...content, widest, textures: hatching(lift<Kinds>(kinds, [undefined]), z) },
      };
    },
  };
};

// ---- how far a step has come -----------------------------------------------------------------------
/** How many outputs of a channel are known at a step. */
export const knownOf = (scene: Scene, step: number, k: number): number => {
  const { channel, at } = stepAt(scene, step);
  return k < channel ? size(scene.out) : k === channel ? at + 1 : 0;
};

/** A number that changes with what an output's grid shows: how much of its slice is known or, where it scatters, the
 * step. */
export const progressOf = (scene: Scene, step: number, k: number, slice: number): number => {
  if (scene.scatters) return step;
  const [, rows, cols] = lift(scene.out, 1);
  return Math.max(0, Math.min(rows * cols, knownOf(scene, step, k) - slice * rows * cols));
};

// ---- headings --------------------------------------------------------------------------------------
/** What stands over the grids of each place, with the sizes: of the kernels of a channel, and of the stamp of an
 * input. */
export const headingsOf = (scene: Scene, channel: number, at: number): Record<Place, [title: string, dims: string]> => {
  const {
    g,
    n,
    out,
    inputs,
    outputs,
    rank,
    scatters,
    seen,
    setting: { plain },
  } = scene;
  const sizes = (channels: number, shape: number[]): string => [...(plain ? [] : [channels]), ...shape].join(" × ");
  const wide = seen.map(({ source }) => source.length).join(" × ");
  const partners = (scatters ? outputsFor : inputsFor)(scene, channel);
  const many = (scatters ? inputs : outputs) > 1;
  const owner = isStuffed(scene) ? ", flipped" : many ? ` of ${scatters ? "x" : "y"}[${channel}]` : "";
  return {
    input: isStuffed(scene)
      ? ["Input, stuffed", hasParts(scene) ? wide : `${n.join(" × ")} → ${wide}`]
      : ["Input", sizes(inputs, n)],
    kernel: [
      `Kernel${partners.length > 1 ? "s" : ""}${owner}`,
      many && inputs > 1 && rank === 2 ? "" : g.kernel.join(" × "),
    ], // no room beside a long title
    part: scatters
      ? [`Stamp${outputs > 1 ? "s" : ""}`, `${short(inputOf(scene, channel, at))} · w`]
      : ["Partial sums", ""],
    output: [
      "Output",
      sizes(outputs, out) +
        (scatters && outputs === 1 && g.padding.flat().some(Boolean) ? ` of ${paddedShape(g).join(" × ")}` : ""),
    ],
  };
};
