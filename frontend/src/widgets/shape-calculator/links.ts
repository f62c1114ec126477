/** Chains as links: those of a page's address, of known networks, and the one to copy. */
import type { Model } from "../../model";
import { h } from "../../ui/dom";
import type { Frame } from "../../ui/frame";
import type { Chain } from "../shared/chain";
import { presetMenu } from "../shared/layer-fields";
import { linked, type Traits } from "../shared/state";

export const isLink = (hash: string): boolean => hash.startsWith("#layers=");

/** What is said of a link that was taken. */
export const TAKEN = "These are the layers of the link.";

/** Take the chain that a page's address carries; returns what is wrong with it, "" if nothing is. */
export const follow = (model: Model, hash: string): string => {
  try {
    for (const [trait, value] of Object.entries(linked(decodeURIComponent(hash)))) model.set(trait, value);
    return "";
  } catch (error) {
    return `This link's layers can't be read: ${(error as Error).message}.`;
  }
};

export interface LinkTools {
  els: HTMLElement[];
  show(): void;
}

/** The menu of known networks, and the button that copies the chain as a link. In a page its address is the link. */
export const linkTools = (
  { set }: Traits,
  chain: Chain,
  presets: Record<string, string>,
  inPage: boolean,
  say: Frame["say"],
): LinkTools => {
  const preset = presetMenu(presets, (link) => set(linked(link)));
  const address = h("input", {
    type: "text",
    readonly: true,
    class: "address",
    "aria-label": "The chain as a link",
    hidden: true,
    onfocus: () => address.select(),
  });
  const text = () => (inPage ? location.href.split("#")[0] : "") + chain.link();
  const copy = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        address.hidden = false;
        address.value = text();
        if (inPage) history.replaceState(null, "", chain.link());
        const how = inPage ? "" : " In Python: ShapeCalculator.from_link(…).";
        try {
          await navigator.clipboard.writeText(address.value);
          say(`Copied: this link opens these layers.${how}`);
        } catch {
          address.focus();
          say(`Selected: press Ctrl+C.${how}`);
        }
      },
    },
    "Copy link",
  );
  return {
    els: [preset.el, copy, address],
    show: () => {
      preset.show(chain.link());
      if (!address.hidden) address.value = text();
    },
  };
};
