/** A small good state of every widget, as Python would send it. */
import type { View } from "../src/model";
import { pack } from "../src/ui/state/packed";
import * as views from "../src/widgets";
import {
  boxesState,
  editorState,
  embeddingState,
  fieldState,
  GRAPH,
  mapsState,
  detectionState,
  monitorState,
  padState,
  RUN,
  slidingState,
  smallExplorerState,
} from "./model";

const numbers = (dtype: Parameters<typeof pack>[2], ...shape: number[]) =>
  pack(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 5) % 7),
    shape,
    dtype,
  );
const PICTURE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==";

const SHORT = { ...RUN, step: [1, 6], loss: [2, 0.5], learning_rate: [0.1, 0.1] };

export const STATES: [name: keyof typeof views, view: View, state: Record<string, unknown>][] = [
  [
    "KernelEditor",
    views.KernelEditor,
    editorState({
      pictures: { dot: PICTURE },
      presets: [{ name: "box", label: "Box", kernel: numbers("float64", 2, 2) }],
    }),
  ],
  [
    "PoolingStepper",
    views.PoolingStepper,
    { x: numbers("int16", 2, 6, 6), kernel: 2, stride: null, padding: 1, mode: "max", gradient: "off", step: 3 },
  ],
  [
    "VolumeViewer",
    views.VolumeViewer,
    {
      volume: numbers("uint16", 5, 6, 7),
      kernel: numbers("float64", 3, 3, 3),
      stride: 1,
      padding: [
        [1, 1],
        [0, 0],
        [1, 0],
      ],
      padding_mode: "zero",
      axis: 0,
      index: 2,
      cursor: [1, 2, 3],
      presets: [{ name: "box", label: "Box", kernel: numbers("float64", 3, 3, 3) }],
    },
  ],
  [
    "ConvolutionStepper",
    views.ConvolutionStepper,
    {
      x: numbers("int8", 2, 5, 5),
      dense: numbers("int32", 2, 2, 3, 3),
      bias: numbers("float32", 2),
      stride: 1,
      padding: 1,
      dilation: [1, 1],
      groups: 1,
      padding_mode: "zero",
      transposed: true,
      output_padding: 0,
      reading: "scatter",
      step: 4,
    },
  ],
  [
    "BackpropStepper",
    views.BackpropStepper,
    {
      x: numbers("int8", 2, 5, 5),
      weight: numbers("int32", 2, 2, 3, 3),
      bias: numbers("float32", 2),
      grad: numbers("int16", 2, 2, 2),
      stride: 1,
      padding: 0,
      dilation: [1, 1],
      pool: "max",
      pool_kernel: 2,
      pool_stride: 1,
      route: "gather",
      step: 40,
    },
  ],
  ["BoxPlayground", views.BoxPlayground, boxesState()],
  ["DetectionViewer", views.DetectionViewer, detectionState()],
  ["DigitPad", views.DigitPad, padState()],
  ["SlidingWindow", views.SlidingWindow, slidingState({ page: numbers("uint8", 33, 36) })],
  ["EmbeddingExplorer", views.EmbeddingExplorer, embeddingState()],
  ["FeatureMaps", views.FeatureMaps, mapsState()],
  ["ArchitectureExplorer", views.ArchitectureExplorer, smallExplorerState()],
  ["TrainingMonitor", views.TrainingMonitor, monitorState({ runs: [SHORT] })],
  ["ReceptiveField", views.ReceptiveField, fieldState({ graph: GRAPH, selected: 2 })],
  [
    "ShapeCalculator",
    views.ShapeCalculator,
    {
      layers: [
        { kind: "conv", channels: 16, kernel: [3, 5], padding: "same" },
        { kind: "pool", padding: [[0, 1], 1] },
        { kind: "flatten" },
        { kind: "linear", units: 10, bias: false },
      ],
      input_shape: [3, 32, 32],
      selected: 1,
      presets: { LeNet: "1x32x32;conv:c6,k5;pool" },
    },
  ],
];
