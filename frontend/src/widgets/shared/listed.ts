/** A list of boxes and what becomes of each. */
import { h, write } from "../../ui/dom";

/** A line of a list: a mark that says its fate, what it is, and what has become of it. */
export interface Item {
  kind: string;
  name: string;
  fate: string;
  current?: boolean;
}

/** Lines that are touched only where they differ. */
export const listed = () => {
  const el = h("ol", { class: "listed", start: 0 });
  const show = (items: readonly Item[]) => {
    while (el.children.length > items.length) el.lastChild!.remove();
    while (el.children.length < items.length) el.append(h("li", {}, h("b"), " ", h("span")));
    items.forEach(({ kind, name, fate, current }, i) => {
      const item = el.children[i] as HTMLElement;
      if (item.className !== kind) item.className = kind;
      item.toggleAttribute("aria-current", Boolean(current));
      write(item.children[0], name);
      write(item.children[1], fate);
    });
  };
  return { el, show };
};
