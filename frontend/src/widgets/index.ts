/** Every view, under the name of its Python class. The build makes one Jupyter module of each line. */
export { KernelEditor } from "./kernel-editor";
