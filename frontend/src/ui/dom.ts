/** Small helpers to build elements. Text always goes in as text nodes, never as HTML. */

type Props = Record<string, string | number | boolean | undefined | ((event: never) => void)>;
type Child = Node | string | undefined | false;

const fill = <E extends Element>(element: E, props: Props, children: Child[]): E => {
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as unknown as EventListener);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
};

/** An HTML element; a prop `onclick` is a listener, `true` an empty attribute, `false` no attribute. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => fill(document.createElement(tag), props, children);

/** A MathML element. */
export const m = (tag: string, props: Props = {}, ...children: Child[]): MathMLElement =>
  fill(document.createElementNS("http://www.w3.org/1998/Math/MathML", tag) as MathMLElement, props, children);

/** An element of a drawing. */
export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

/** Whether any of these values differs from the last call's: what has not changed need not be drawn again. */
export const changes = (): ((...now: unknown[]) => boolean) => {
  let last: unknown[] | undefined;
  return (...now) => {
    const differ = !last || now.length !== last.length || now.some((value, i) => !Object.is(value, last![i]));
    last = now;
    return differ;
  };
};

/** Write a text where it is not there already; into the text node that there is, which costs less than a new one. */
export const write = (element: Node, text: string): void => {
  const node = element.firstChild;
  if (!(node instanceof Text) || node.nextSibling) {
    if (element.textContent !== text) element.textContent = text;
  } else if (node.data !== text) node.data = text;
};

/** Make `nodes` (texts, and elements that hold only text) the children of `parent`, touching only what differs. */
export const patch = (parent: Element, nodes: (Node | string)[]): void => {
  nodes.forEach((node, i) => {
    const old = parent.childNodes[i];
    const [name, style, text] =
      typeof node === "string" ? ["#text", "", node] : [node.nodeName, (node as Element).className, node.textContent];
    if (!old || old.nodeName !== name || ((old as Element).className ?? "") !== (style ?? "")) {
      const fresh = typeof node === "string" ? document.createTextNode(node) : node;
      if (old) old.replaceWith(fresh);
      else parent.append(fresh);
    } else write(old, text ?? "");
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild!.remove();
};

const ICONS = {
  undo: "M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H6",
  redo: "M10 3l3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h4",
  play: "M4.5 2.5v11l9-5.5z",
  pause: "M5 3v10M11 3v10",
  first: "M3.5 3v10M12.5 3 6 8l6.5 5z",
  last: "M12.5 3v10M3.5 3 10 8l-6.5 5z",
  back: "M10.5 3 4.5 8l6 5",
  forward: "M5.5 3l6 5-6 5",
  up: "M3 10.5 8 5l5 5.5",
  down: "M3 5.5 8 11l5-5.5",
  upload: "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 10v3.5h11V10",
  pencil: "M2.5 13.5l1-3.5 7.5-7.5 2.5 2.5L6 12.5z",
};

/** A drawn icon: text glyphs such as ▶ turn into emoji on some phones. */
export const icon = (name: keyof typeof ICONS): SVGSVGElement =>
  svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
