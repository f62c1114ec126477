/** The menu of pictures: those the state offers, a sheet to draw on, and one's own. */
import type { Packed } from "../state/packed";
import { pack } from "../state/packed";
import { segments, type Control } from "./controls";
import { h, icon } from "../dom";
import { fromDataUri, fromFile, LARGEST, ownFile } from "./picture";

/** A clean sheet to draw on. */
export const SHEET = 28;
const DRAWING = "drawing";

/** `take` gets the picture, its name and a hint for the reader; `fail` a message. */
export const pictureMenu = (
  pictures: Record<string, string>,
  take: (picture: Packed, name: string, hint: string) => void,
  fail: (message: string) => void,
): Control<string> => {
  const load = async (name: string, loaded: Promise<{ picture: Packed; hint: string }>) => {
    try {
      const { picture, hint } = await loaded;
      take(picture, name, hint);
    } catch (error) {
      fail((error as Error).message);
    }
  };
  const choose = (name: string) =>
    name === DRAWING
      ? take(
          pack(new Uint8Array(SHEET * SHEET), [SHEET, SHEET], "uint8"),
          name,
          "Draw on the input with the pointer, or with arrow keys and space. Draw again for a clean sheet.",
        )
      : void load(
          name,
          fromDataUri(pictures[name]).then((picture) => ({ picture, hint: "" })),
        );
  const thumbs = segments(
    "Picture",
    [
      ...Object.entries(pictures).map(([name, uri]): [string, () => Node, string] => [
        name,
        () => h("img", { src: uri, alt: "" }),
        name,
      ]),
      [DRAWING, () => h("span", { class: "cnn-row" }, icon("pencil"), "Draw"), "Draw your own"],
    ],
    choose,
    "thumbs",
  );
  const own = ownFile(
    {
      "aria-label": "Yours: a picture of your own, which stays in this browser",
      title: `A picture of your own; it stays in this browser, scaled down to at most ${LARGEST} pixels a side`,
    },
    (file) => void load("own", fromFile(file)),
  );
  return { el: h("div", { class: "pictures" }, thumbs.el, ...own), show: thumbs.show };
};

/** What a soft pen leaves on a sheet of `rows` × `cols`: the cell full, its neighbours half. */
export const penned = (sheet: Float64Array, rows: number, cols: number, row: number, col: number): Float64Array => {
  const copy = sheet.slice();
  for (const [down, right, ink] of [
    [0, 0, 255],
    [0, 1, 128],
    [1, 0, 128],
    [0, -1, 128],
    [-1, 0, 128],
  ]) {
    const [i, j] = [row + down, col + right];
    if (i >= 0 && j >= 0 && i < rows && j < cols) copy[i * cols + j] = Math.max(copy[i * cols + j], ink);
  }
  return copy;
};
