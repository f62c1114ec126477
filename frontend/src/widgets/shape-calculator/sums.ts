/** How a row of the shape calculator comes to its numbers, as lines of text with the tones of what they count. No
 * page. */
import { valueOf, type Layer, type Row } from "../../math/chain";
import { grouped } from "../../ui/words/format";
import type { Tone } from "../../ui/words/terms";
import { axesText, fraction, readAs } from "../shared/words";

/** Some text, in a tone or in none. */
export type Part = string | { tone: Tone; text: string };

export interface Sum {
  title: string;
  parts: Part[];
}

const sum = (title: string, ...parts: Part[]): Sum => ({ title, parts });
const product = (tone: Tone, values: readonly (number | string)[]): Part[] =>
  values.flatMap((value, i) => {
    const text = typeof value === "number" ? grouped(value) : value;
    return i ? [" · ", { tone, text }] : [{ tone, text }];
  });

/** What the input is taken for, or what is wrong with the shape that is being typed. */
export const inputSums = (shape: readonly number[], draft: string | undefined): Sum[] => [
  sum(
    "shape",
    draft === undefined
      ? `${readAs(shape)}. Channels come first: C × L, C × H × W or C × D × H × W; ` +
          "one number alone is a row of features."
      : `“${draft}” is no shape; it stays ${shape.join(" × ")}. ` +
          "Write one to four whole numbers with × between, channels first.",
  ),
];

/** The sums of the layer in a row, counted from 1; none where it does not fit. */
export const layerSums = (layer: Layer, rows: readonly Row[], at: number, input: readonly number[]): Sum[] => {
  const row = rows[at - 1];
  const shape = at > 1 ? rows[at - 2].size : input;
  if (!row.size || !shape) return [];
  return [
    ...(layer.kind === "flatten"
      ? [sum("output", ...product("input", shape), " = ", ...product("output", row.size))]
      : []),
    ...sight(rows, at),
    ...cost(layer, row, shape),
  ];
};

/** The receptive field grows by d(k − 1) of the jumps before it. */
const sight = (rows: readonly Row[], at: number): Sum[] => {
  const { window, receptiveField, jump } = rows[at - 1];
  if (!window || !receptiveField || !jump) return [];
  const { geometry: g, transposed } = window;
  const ones = receptiveField.map(() => 1);
  const { receptiveField: fieldBefore = ones, jump: jumpBefore = ones } = rows[at - 2] ?? {};
  const each = (write: (a: number) => string) => [...new Set(receptiveField.map((_, a) => write(a)))].join(", ");
  const wider = (a: number) => `${g.dilation[a]} · (${g.kernel[a]} − 1) · ${fraction(jumpBefore[a])}`;
  const differs = rows.slice(0, at).some((row) => row.window?.transposed);
  return [
    sum(
      "field",
      differs
        ? `${axesText(receptiveField)}: the largest of the outputs’, which differ behind a transposed convolution`
        : each((a) => `${grouped(fieldBefore[a])} + ${wider(a)} = ${grouped(receptiveField[a])}`),
    ),
    sum(
      "jump",
      each((a) => `${fraction(jumpBefore[a])} ${transposed ? "÷" : "·"} ${g.stride[a]} = ${fraction(jump[a])}`),
    ),
  ];
};

const cost = (layer: Layer, row: Row, shape: readonly number[]): Sum[] => {
  if (layer.kind === "flatten") return [];
  if (layer.kind === "pool") return [sum("cost", "no parameters and no multiply–adds: pooling compares or adds")];
  const size = row.size!;
  const transposed = layer.kind === "conv_transpose";
  const groups = (layer.groups as number) ?? 1;
  const [many, few] = transposed ? [shape[0], size[0]] : [size[0], shape[0]];
  const perGroup = groups > 1 ? `(${grouped(few)} ÷ ${groups})` : few;
  const weights = product("kernel", [many, perGroup, ...(row.window?.geometry.kernel ?? [])]);
  const bias: Part[] = valueOf(layer, "bias") ? [" + ", ...product("output", [size[0]])] : [];
  const places = transposed ? product("input", shape.slice(1)) : product("output", size.slice(1));
  return [
    sum("parameters", ...weights, ...bias, ` = ${grouped(row.parameters!)}`),
    sum("multiply–adds", ...weights, ...(places.length ? [" · ", ...places] : []), ` = ${grouped(row.multiplyAdds!)}`),
  ];
};
