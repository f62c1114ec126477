/** A stand-in for anywidget's model that notes what the view does with it. */
import type { Model } from "../src/model";
import { pageModel } from "../src/hosts/page-model";
import { pack } from "../src/ui/state/packed";

export interface MockModel extends Model {
  saved: number;
  listening: number;
}

export const mockModel = (state: Record<string, unknown>): MockModel => {
  const inner = pageModel(state);
  const model: MockModel = {
    saved: 0,
    listening: 0,
    get: inner.get,
    set: inner.set,
    on: (event, callback) => (model.listening++, inner.on(event, callback)),
    off: (event, callback) => (model.listening--, inner.off(event, callback)),
    save_changes: () => void model.saved++,
  };
  return model;
};

export const SOBEL = pack([-1, 0, 1, -2, 0, 2, -1, 0, 1], [3, 3]);

/** The state of a kernel editor, as Python would send it. */
export const editorState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  image: pack(
    Array.from({ length: 64 }, (_, i) => (i * 37) % 251),
    [8, 8],
    "uint8",
  ),
  image_name: "array",
  kernel: SOBEL,
  preset: "sobel_x",
  flip: false,
  normalise: false,
  bias: 0,
  stride: 1,
  dilation: 1,
  padding: 0,
  padding_mode: "zero",
  show: "signed",
  cursor: [2, 3],
  pictures: {},
  presets: [
    { name: "sobel_x", label: "Sobel x", kernel: SOBEL },
    { name: "box", label: "Box blur", kernel: pack(Array(9).fill(1 / 9), [3, 3]) },
  ],
  ...changes,
});

/** The state of a digit pad with a small network, as Python would send it. */
export const padState = (changes: Record<string, unknown> = {}): Record<string, unknown> => {
  const ramp = (dtype: Parameters<typeof pack>[2], ...shape: number[]) =>
    pack(
      Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 7) % 11) - 5),
      shape,
      dtype,
    );
  const ones = (n: number) => pack(Array<number>(n).fill(0.125), [n], "float32");
  const plain = { activation: "none", kernel: 1, stride: 1, padding: 0 };
  return {
    drawing: pack(new Uint8Array(112 * 112), [112, 112], "uint8"),
    model: [
      {
        ...plain,
        kind: "conv",
        kernel: 5,
        stride: 3,
        padding: 1,
        weight: ramp("int8", 2, 1, 5, 5),
        scale: ones(2),
        bias: ramp("float32", 2),
      },
      { ...plain, kind: "max", activation: "relu", kernel: 3, stride: 3 },
      { ...plain, kind: "linear", activation: "tanh", weight: ramp("int8", 6, 18), scale: ones(6), bias: ones(6) },
      { ...plain, kind: "linear", weight: ramp("float32", 10, 6), scale: ones(10), bias: ramp("float32", 10) },
    ],
    label: null,
    centred: true,
    looked_at: [0, 1],
    examples: [4, 9].map((label, at) => ({
      picture: pack(
        Array.from({ length: 784 }, (_, i) => (i % 28 === 10 + at && i > 112 && i < 672 ? 255 : 0)),
        [28, 28],
        "uint8",
      ),
      label,
    })),
    ...changes,
  };
};

/** The state of a sliding window with a small network whose window is 30 × 30, as Python would send it. */
/** Two pictures of 2 × 3 cells, 4 × 4 pixels each, and two classes. The first has two boxes of one class that overlap,
 * one of the other class, and three cells with next to nothing. */
export const detectionState = (changes: Record<string, unknown> = {}): Record<string, unknown> => {
  const said: [here: number, x: number, y: number, high: number, wide: number, first: number, second: number][] = [
    [3, 1.5, 0.2, 0.7, 0.6, 4, 0],
    [2, -1.5, 0.1, 0.7, 0.5, 3, 0.5],
    [-6, 0, 0, 0, 0, 0, 0],
    [-5, 0.5, 0.5, 1, 1, 1, 2],
    [-0.5, 0, 0.25, 0.2, 0.3, 0, 1],
    [2.5, 0, -0.5, 0.4, 0.1, -1, 5],
  ];
  const other = said.map((cell) => cell.map((value, i) => (i ? value : value - 4)));
  const scores = [said, other].flatMap((cells) => Array.from({ length: 7 }, (_, k) => cells.map((cell) => cell[k])));
  return {
    images: pack(
      Array.from({ length: 2 * 8 * 12 }, (_, i) => (i * 7) % 251),
      [2, 1, 8, 12],
      "uint8",
    ),
    scores: pack(scores.flat(), [2, 7, 2, 3], "float32"),
    objects: [
      [
        [0, 0, 8, 5, 0],
        [7, 3, 12, 8, 0],
      ],
      null,
    ],
    names: ["cat", "dog"],
    index: 0,
    threshold: 0.5,
    overlap: 0.25,
    step: null,
    cell: null,
    tint: "p_c",
    show_objects: true,
    ...changes,
  };
};

export const slidingState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  page: pack(
    Array.from({ length: 36 * 60 }, (_, i) => (i * i * 37) % 251),
    [36, 60],
    "uint8",
  ),
  model: (padState().model as { stride: number; kind: string }[]).map((layer) =>
    layer.kind === "max" ? { ...layer, stride: 1, kernel: 7 } : layer,
  ),
  stride: 3,
  digit: null,
  step: 4,
  ...changes,
});

/** A run of two epochs of three steps, and an unfinished third one. */
export const RUN = {
  name: "plain",
  steps: 12,
  per_epoch: 3,
  step: [1, 2, 3, 4, 5, 6, 7],
  loss: [2.4, 2, null, 1.2, 1.4, 0.5, 0.25],
  learning_rate: [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01],
  epoch: [1, 2],
  train_loss: [2.2, 1],
  train_accuracy: [0.25, 0.75],
  validation_loss: [1.5, 0.75],
  validation_accuracy: [0.5, 0.625],
  filters: {
    step: [1, 3, 6],
    channels: 1,
    scale: [0.5, 0.25, 1],
    values: pack(
      Array.from({ length: 24 }, (_, i) => ((i * 50) % 255) - 127),
      [3, 2, 1, 2, 2],
      "int8",
    ),
  },
  stopped: "stop",
};

/** The state of a training monitor with two runs, as Python would send it. */
export const monitorState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  runs: [RUN, { ...RUN, name: "dropout", steps: 7, learning_rate: [], filters: null, stopped: "" }],
  run: 0,
  step: null,
  log_scale: false,
  training: false,
  stopping: false,
  ...changes,
});

/** Two branches, one of them dilated, the other transposed and pooled, that meet. */
export const GRAPH = {
  nodes: [
    { name: "input", label: "input", channels: 1, size: [12, 8], from: [], windows: [] },
    {
      name: "wide",
      label: "conv 2, 3 × 3, d 2, p 2",
      channels: 2,
      size: [12, 8],
      from: [0],
      windows: [
        [
          [3, 1, 2, 2],
          [3, 1, 2, 2],
        ],
      ],
      receptive_field: [5, 5],
      jump: [1, 1],
      start: [0, 0],
      misalignment: [0.5, 0],
    },
    {
      name: "sum",
      label: "add",
      channels: 2,
      size: [12, 8],
      from: [1, 0],
      windows: [
        [
          [1, 1, 0, 1],
          [1, 1, 0, 1],
        ],
        [[4, 1, 1, 1, 1], { spans: Array.from({ length: 8 }, (_, i) => [i, Math.min(7, i + 1)]) }],
      ],
    },
    {
      name: "mean",
      label: "global mean",
      channels: 2,
      size: [1, 1],
      from: [2],
      windows: [
        [
          [12, 0, 0, 1],
          [8, 0, 0, 1],
        ],
      ],
      receptive_field: null,
    },
  ],
};

/** The state of a receptive field, as Python would send it. */
export const fieldState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  layers: [],
  input_shape: [1, 12, 8],
  selected: 1,
  presets: { LeNet: "1x32x32;conv:c6,k5;pool" },
  graph: null,
  unit: [5, 3],
  image: "",
  effective: [
    {
      name: "before training",
      values: pack(
        Array.from({ length: 96 }, (_, i) => (i * 7) % 50),
        [12, 8],
        "uint16",
      ),
    },
  ],
  measured_at: [2, 5, 3],
  heat: 0,
  ...changes,
});

/** The state of feature maps, as Python would send it: a picture, a convolution of which all is known, a pooling of
 * which one number is, and their sum. */
export const mapsState = (changes: Record<string, unknown> = {}): Record<string, unknown> => {
  const numbers = (dtype: Parameters<typeof pack>[2], ...shape: number[]) =>
    pack(
      Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 5) % 7) / 2),
      shape,
      dtype,
    );
  const norm = pack([0.5, 0.25, 1, 2, 0, 0, 1, 2, 0, 1], [5, 2], "float32");
  const steps = (numbers: unknown) => [
    { kind: "norm", label: "batch norm 2", numbers },
    { kind: "relu", label: "ReLU", numbers: null },
  ];
  return {
    recorded: [
      {
        name: "input",
        label: "input",
        from: [],
        size: [2, 2],
        block: 1,
        maps: numbers("float32", 1, 2, 2),
        top: null,
        dead: [],
        twins: [],
        does: null,
      },
      {
        name: "conv1",
        label: "conv 2, 2 × 1, p 1, batch norm 2, ReLU",
        from: [0],
        size: [2, 2],
        block: 1,
        maps: numbers("float32", 2, 2, 2),
        top: null,
        dead: [0],
        twins: [[1, 0]],
        does: {
          kind: "conv",
          mode: "sum",
          input: [1, 2, 2],
          weight: numbers("float32", 2, 1, 2, 1),
          bias: numbers("float32", 2),
          windows: [
            [2, 1, 1, 1],
            [1, 1, 0, 1],
          ],
          groups: 1,
          divisor: null,
          steps: steps(norm),
        },
      },
      {
        name: "pool1",
        label: "mean pool 1 × 2",
        from: [1],
        size: [2, 1],
        block: 2,
        maps: pack([100, 255], [2, 1, 1], "uint8"),
        top: pack([2, 3], [2], "float32"),
        dead: [],
        twins: [],
        does: null,
      },
    ],
    units: [
      {
        layer: 2,
        map: 1,
        place: [1, 0],
        kind: "pool",
        mode: "mean",
        first: 1,
        window: numbers("float32", 1, 1, 2),
        weight: null,
        bias: null,
        divisor: 2,
        rows: [1],
        columns: [0, 1],
        size: [2, 2],
        steps: [],
        value: 1.5,
        big: pack([1, 255], [2, 1], "uint8"),
        top: 3,
      },
    ],
    found: null,
    selected: [1, 1, 0, 1],
    scale: "layer",
    ...changes,
  };
};

/** A stem, a residual block with two branches that meet, and a linear layer. */
export const RESIDUAL = {
  title: "small",
  input_shape: [3, 8, 8],
  layers: [
    { text: "conv 4, 3 × 3", kind: "conv" },
    { text: "ReLU", kind: "other" },
    { text: "add", kind: "merge" },
    { text: "flatten", kind: "reshape" },
    { text: "linear 10", kind: "linear" },
  ],
  name: ["stem", "block.0.conv", "block.0.relu", "block.0.conv2", "block.0", "flatten", "fc"],
  layer: [0, 0, 1, 0, 2, 3, 4],
  size: [[4, 8, 8], [4, 8, 8], [4, 8, 8], [4, 4, 4], [4, 4, 4], [64], [10]],
  sources: [[-1], [0], [1], [2], [0, 3], [4], [5]],
  parameters: [100, 40, 0, 60, 0, 0, 200],
  multiply_adds: [7000, 2000, 0, 1000, 0, 0, 640],
  memory: [1024, 1024, 0, 256, 256, 0, 40],
  receptive_field: [3, 5, 5, [7, 6], 7, null, null],
  jump: [1, 1, 1, 2, 2, null, null],
};

/** The first rows of that network alone. */
const firstRows = (rows: number, title: string) => ({
  ...Object.fromEntries(
    Object.entries(RESIDUAL).map(([column, values]) => [
      column,
      Array.isArray(values) && column !== "input_shape" && column !== "layers" ? values.slice(0, rows) : values,
    ]),
  ),
  title,
});

/** The state of an architecture explorer, as Python would send it. */
export const explorerState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  networks: [RESIDUAL, firstRows(3, "stem")],
  size_by: "parameters",
  scale: "common",
  selected: [0, 6, 7],
  opened: null,
  ...changes,
});

/** The smallest one that has all: two networks, and a group. */
export const smallExplorerState = (): Record<string, unknown> => {
  const layers = RESIDUAL.layers.slice(0, 2);
  return explorerState({
    networks: [3, 1].map((rows) => ({ ...firstRows(rows, "stem"), layers })),
    selected: [0, 1, 3],
    opened: [["block"], []],
  });
};

/** The state of an embedding explorer: two identities with two pictures each, and one with a single one. */
export const embeddingState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  points: [
    [0, 0],
    [1, 0],
    [0, 1.2],
    [-1, 0.5],
    [1.5, -1],
  ],
  labels: [0, 0, 1, 1, 2],
  loss: "triplet",
  margin: 0.5,
  triplet: [0, 1, 2],
  threshold: 1,
  rate: 0.2,
  step: 0,
  ...changes,
});

/** The state of a box playground, as Python would send it: two objects, and four detections of them. */
export const boxesState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  view: "iou",
  size: [96, 128],
  image: "",
  classes: ["cat", "dog"],
  objects: [
    [20, 30, 60, 70, 0],
    [80, 20, 120, 60, 1],
  ],
  detections: [
    [30, 30, 70, 70, 0.75, 0],
    [24, 30, 64, 70, 0.9, 0],
    [82, 20, 122, 60, 0.8, 1],
    [84, 24, 124, 64, 0.25, 0],
  ],
  selected: [0, 0],
  iou_threshold: 0.5,
  by_class: false,
  step: 0,
  score_threshold: 0.3,
  match_threshold: 0.5,
  grid: [3, 4],
  anchor_sizes: [
    [40, 40],
    [16, 32],
  ],
  positive: 0.7,
  negative: 0.3,
  ...changes,
});
