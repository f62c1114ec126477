/** A picture of the reader's own, for the kernel that runs the detector: only where there is one. */
import type { Model } from "../../model";
import { toggle } from "../../ui/controls/controls";
import { fromFile, ownFile } from "../../ui/controls/picture";
import { h } from "../../ui/dom";
import { pack, type Packed, unpack } from "../../ui/state/packed";
import { ASKING, KERNEL_ONLY, NO_KERNEL } from "./words";

export interface Own {
  el: HTMLElement;
  close(): void;
}

/** Light where it was dark. */
export const inverted = (picture: Packed): Packed =>
  pack(
    unpack(picture).data.map((value) => 255 - value),
    picture.shape,
    "uint8",
  );

/** `most` gives how many pixels a side there is room for. */
export const ownPicture = (model: Model, most: () => number, say: (text: string, alarm?: boolean) => void): Own => {
  if (!model.save_changes) return { el: h("p", { class: "hint" }, NO_KERNEL), close: () => {} };
  let inverts = false;
  let hint = "";
  const ask = async (file: File) => {
    try {
      const read = await fromFile(file, most());
      hint = read.hint;
      model.set("_said", "");
      model.set("_asked", { picture: inverts ? inverted(read.picture) : read.picture });
      model.save_changes!();
      say(ASKING);
    } catch (error) {
      say((error as Error).message, true);
    }
  };
  const answered = () => {
    if (model.get("_asked") !== null) return;
    const said = model.get("_said") as string;
    say(said ? `Your picture can’t be looked at: ${said}` : hint, Boolean(said));
  };
  model.on("change:_asked", answered);
  const chosen = ownFile({ title: KERNEL_ONLY }, (file) => void ask(file));
  const invert = toggle(
    "dark on light",
    (on) => invert.show((inverts = on)),
    "Invert it: the detector that comes along knows light digits on dark",
  );
  return {
    el: h(
      "div",
      { class: "own" },
      h("div", { class: "cnn-row" }, ...chosen, invert.el),
      h("p", { class: "hint" }, KERNEL_ONLY),
    ),
    close: () => model.off("change:_asked", answered),
  };
};
