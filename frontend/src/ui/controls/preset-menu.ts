/** The menu of named kernels; any other kernel is “custom”. */
import type { Packed } from "../state/packed";
import { select, type Control } from "./controls";

export interface Preset {
  name: string;
  label: string;
  kernel: Packed;
}

export interface PresetMenu extends Control<string> {
  /** What the menu calls a kernel. */
  nameOf(kernel: Packed): string;
}

const CUSTOM = "custom";

/** `take` gets the chosen preset; nothing for “custom”, which is no kernel to go to. */
export const presetMenu = (presets: Preset[], take: (chosen: Preset | undefined) => void): PresetMenu => {
  const { el, show } = select(
    "Kernel preset",
    [...presets.map(({ name, label }): [string, string] => [name, label]), [CUSTOM, CUSTOM]],
    (name) => take(presets.find((one) => one.name === name)),
  );
  return {
    el,
    show,
    nameOf: ({ data, shape }) =>
      presets.find(({ kernel }) => kernel.data === data && `${kernel.shape}` === `${shape}`)?.name ?? CUSTOM,
  };
};
