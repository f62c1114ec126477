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
