/** Every view, under the name of its Python class. The build makes one Jupyter module of each line. */
export { ConvolutionStepper } from "./convolution-stepper";
export { KernelEditor } from "./kernel-editor";
export { PoolingStepper } from "./pooling-stepper";
export { ShapeCalculator } from "./shape-calculator";
export { VolumeViewer } from "./volume-viewer";
