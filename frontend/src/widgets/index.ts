/** Every view, under the name of its Python class. The build makes one Jupyter module of each line. */
export { ArchitectureExplorer } from "./architecture-explorer/view";
export { BackpropStepper } from "./backprop-stepper/view";
export { BoxPlayground } from "./box-playground/view";
export { ConvolutionStepper } from "./convolution-stepper/view";
export { DetectionViewer } from "./detection-viewer/view";
export { DigitPad } from "./digit-pad/view";
export { EmbeddingExplorer } from "./embedding-explorer/view";
export { FeatureMaps } from "./feature-maps/view";
export { KernelEditor } from "./kernel-editor/view";
export { PoolingStepper } from "./pooling-stepper/view";
export { ReceptiveField } from "./receptive-field/view";
export { ShapeCalculator } from "./shape-calculator/view";
export { SlidingWindow } from "./sliding-window/view";
export { TrainingMonitor } from "./training-monitor/view";
export { VolumeViewer } from "./volume-viewer/view";
