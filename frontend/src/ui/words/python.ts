/** Python source for arrays, as “copy as code” writes them. */
import type { PaddingMode } from "../../math/shapes";
import type { Packed } from "../state/packed";
import { unpack } from "../state/packed";

/** What `torch.nn.functional.pad` and `numpy.pad` call each padding mode. */
export const PAD_MODES: Record<"PyTorch" | "NumPy", Record<PaddingMode, string>> = {
  PyTorch: { zero: "constant", reflect: "reflect", replicate: "replicate", circular: "circular" },
  NumPy: { zero: "constant", reflect: "reflect", replicate: "edge", circular: "wrap" },
};

const FEW = 300; // numbers; more are written as their bytes

/** `(1, 2)`, and `(1,)` for one. */
export const tuple = (values: readonly (number | string)[]): string =>
  `(${values.join(", ")}${values.length === 1 ? "," : ""})`;

/** Nested lists: `[[1, 2],\n [3, 4]]`, the lines after the first moved in by `indent`. */
export const nested = (values: ArrayLike<number>, shape: readonly number[], indent = ""): string => {
  if (shape.length < 2) return `[${Array.from(values).join(", ")}]`;
  const each = values.length / shape[0];
  const rows = Array.from({ length: shape[0] }, (_, i) =>
    nested(Array.prototype.slice.call(values, i * each, (i + 1) * each), shape.slice(1), `${indent} `),
  );
  return `[${rows.join(`,\n${indent} `)}]`;
};

/** Lines that make an array of doubles, by its numbers or, if they are many, by its bytes. */
export const arrayLines = (name: string, packed: Packed): string[] => {
  const { data, shape } = unpack(packed);
  const start = `${name} = np.array(`;
  if (data.length <= FEW) return [`${start}${nested(data, shape, " ".repeat(start.length))}, dtype=np.float64)`];
  const bytes = `np.frombuffer(base64.b64decode(data), dtype=np.${packed.dtype})`;
  return ["import base64", `data = "${packed.data}"`, `${name} = ${bytes}.reshape(${tuple(shape)}).astype(np.float64)`];
};

export interface Program {
  imports: string[];
  /** The function that makes y, and the arrays that it takes. */
  name: string;
  takes: string[];
  /** Its lines, the last of which returns y. */
  body: string[];
  /** Further functions. */
  helpers?: string[];
  /** Lines that make the arrays. */
  arrays: string[];
  /** What is done with y. */
  then: string[];
}

/** A program with what it does first and its numbers last: those may be many. */
export const program = ({ imports, name, takes, body, helpers = [], arrays, then }: Program): string => {
  const isImport = (line: string) => /^import /.test(line);
  const lines = [
    ...new Set([...arrays.filter(isImport), ...imports]),
    ...["", "", `def ${name}(${takes.join(", ")}):`],
    ...body.map((line) => `    ${line}`),
    ...(helpers.length ? ["", "", ...helpers] : []),
    ...["", ""],
    ...arrays.filter((line) => line && !isImport(line)),
    ...["", `y = ${name}(${takes.join(", ")})`],
    ...then,
  ];
  return `${lines.join("\n")}\n`;
};
