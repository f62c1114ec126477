/** Names and numbers in columns, so that nothing moves when a number grows. */
import { h, write } from "../../ui/dom";

export interface Fact {
  name: string;
  value: string;
  /** What the name means. */
  title: string;
  wide?: boolean;
}

export const factList = (): HTMLElement => h("dl", { class: "facts" });

/** Show these, touching only what differs. */
export const showFacts = (list: HTMLElement, rows: readonly Fact[]): void => {
  if (list.children.length !== rows.length)
    list.replaceChildren(...rows.map(({ wide }) => h("div", { class: wide && "wide" }, h("dt"), h("dd"))));
  rows.forEach(({ name, value, title }, i) => {
    const [dt, dd] = list.children[i].children as unknown as HTMLElement[];
    write(dt, name);
    write(dd, value);
    if (dt.title !== title) dt.title = title;
  });
};
