/** What the Python half makes must pass the browser half's door: the states that tests/widgets/states.py writes. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pageModel } from "../../src/hosts/page-model";
import { problemOf, type Schema } from "../../src/ui/state/checked";
import { SCHEMA as architectureExplorer } from "../../src/widgets/architecture-explorer/schema";
import { SCHEMA as backpropStepper } from "../../src/widgets/backprop-stepper/schema";
import { SCHEMA as boxPlayground } from "../../src/widgets/box-playground/schema";
import { SCHEMA as convolutionStepper } from "../../src/widgets/convolution-stepper/schema";
import { SCHEMA as detectionViewer } from "../../src/widgets/detection-viewer/schema";
import { SCHEMA as digitPad } from "../../src/widgets/digit-pad/schema";
import { SCHEMA as embeddingExplorer } from "../../src/widgets/embedding-explorer/schema";
import { SCHEMA as featureMaps } from "../../src/widgets/feature-maps/schema";
import { SCHEMA as kernelEditor } from "../../src/widgets/kernel-editor/schema";
import { SCHEMA as poolingStepper } from "../../src/widgets/pooling-stepper/schema";
import { SCHEMA as receptiveField } from "../../src/widgets/receptive-field/schema";
import { SCHEMA as shapeCalculator } from "../../src/widgets/shape-calculator/schema";
import { SCHEMA as slidingWindow } from "../../src/widgets/sliding-window/schema";
import { SCHEMA as trainingMonitor } from "../../src/widgets/training-monitor/schema";
import { SCHEMA as volumeViewer } from "../../src/widgets/volume-viewer/schema";

const ROOT = join(process.cwd(), "..");

const SCHEMAS: Record<string, Schema> = {
  ArchitectureExplorer: architectureExplorer,
  BackpropStepper: backpropStepper,
  BoxPlayground: boxPlayground,
  ConvolutionStepper: convolutionStepper,
  DetectionViewer: detectionViewer,
  DigitPad: digitPad,
  EmbeddingExplorer: embeddingExplorer,
  FeatureMaps: featureMaps,
  KernelEditor: kernelEditor,
  PoolingStepper: poolingStepper,
  ReceptiveField: receptiveField,
  ShapeCalculator: shapeCalculator,
  SlidingWindow: slidingWindow,
  TrainingMonitor: trainingMonitor,
  VolumeViewer: volumeViewer,
};

const states = ((): [view: string, state: Record<string, unknown>][] => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-states-"));
  try {
    const path = join(folder, "states.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/widgets/states.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: ROOT },
    });
    if (run.status !== 0) throw new Error(`the states could not be written: ${run.error ?? run.stderr}`);
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

it("are states of every widget", () =>
  expect([...new Set(states.map(([view]) => view))].sort()).toEqual(Object.keys(SCHEMAS).sort()));

it.each(states.map(([view, state], i) => [i, view, state] as const))("state %i, of a %s, passes", (_, view, state) =>
  expect(problemOf(SCHEMAS[view], pageModel(state))).toBe(""),
);
