/** Pictures become arrays here, in the browser; none is sent anywhere. */
import { h, icon } from "../dom";
import type { Packed } from "../state/packed";
import { pack } from "../state/packed";

/** Own pictures are scaled down to at most this many pixels a side. */
export const LARGEST = 128;

const toArray = (bitmap: CanvasImageSource, width: number, height: number): Packed => {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no canvas to read the picture with");
  context.fillStyle = "#fff"; // transparent pixels count as white
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const n = width * height;
  const planes = new Uint8Array(3 * n);
  let colour = false;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < 3; c++) {
      planes[c * n + i] = data[4 * i + c];
      colour ||= data[4 * i + c] !== data[4 * i];
    }
  return colour ? pack(planes, [3, height, width], "uint8") : pack(planes.subarray(0, n), [height, width], "uint8");
};

/** A picture given as a data URI, pixel for pixel. */
export const fromDataUri = async (uri: string): Promise<Packed> => {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return toArray(image, image.naturalWidth, image.naturalHeight);
};

/** A picture file of the reader's own, scaled down to at most so many pixels a side, and what to say of that. */
export const fromFile = async (file: File, most = LARGEST): Promise<{ picture: Packed; hint: string }> => {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`“${file.name}” is not a picture that this browser can read; nothing was changed`);
  }
  const given = [bitmap.width, bitmap.height];
  const scale = Math.min(1, most / Math.max(...given));
  const [width, height] = given.map((side) => Math.max(1, Math.round(side * scale)));
  return {
    picture: toArray(bitmap, width, height),
    hint: scale < 1 ? `Your picture of ${given.join(" × ")} pixels was scaled down to ${width} × ${height}.` : "",
  };
};

/** A button that asks for a picture file of the reader's own, and the hidden control that it stands for. */
export const ownFile = (attributes: Record<string, string>, take: (file: File) => void): HTMLElement[] => {
  const file = h("input", {
    type: "file",
    accept: "image/*",
    class: "cnn-hidden",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      const chosen = file.files?.[0];
      if (chosen) take(chosen);
      file.value = "";
    },
  });
  const choose = { type: "button", ...attributes, onclick: () => file.click() };
  return [h("button", choose, icon("upload"), "Yours"), file];
};
