/** A chain of layers, edited by hand: size, receptive field, jump, parameters and multiply–adds after each. */
import {
  KINDS,
  linkOf,
  LONGEST,
  parametersOf,
  read,
  readLink,
  readShape,
  rowsOf,
  TITLES,
  valueOf,
  wellFormed,
  write,
  type Kind,
  type Layer,
  type Parameter,
  type Row,
} from "../../math/chain";
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { select } from "../../ui/controls/controls";
import { h, icon } from "../../ui/dom";
import { grouped } from "../../ui/words/format";
import { lostText, sidesOf, sizeFormulas, transposedFormula } from "../../ui/words/formula";
import { frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { codeFor, LIBRARIES } from "./code";
import { SCHEMA } from "./schema";

/** The traits of the Python class that the view changes. */
interface State {
  layers: Layer[];
  input_shape: number[];
  /** Whose formula is open: 0 the input, then the layers. */
  selected: number;
}
const KEYS: (keyof State)[] = ["layers", "input_shape"];
const KIND_NAMES = Object.keys(KINDS) as Kind[];
const COLUMNS = ["Layer", "Output", "Field", "Jump", "Parameters", "Multiply–adds"];
const WORDS: Partial<Record<Parameter, string>> = { output_padding: "output padding" };
/** A line breaks between parameters, not within one. */
const unbroken = (text: string): string => text.replace(/(?<=[a-z×]) (?=\d)| (?=×)/g, "\u00a0");
/** What a new layer starts from. */
const STARTS: Partial<Record<Parameter, number>> = { channels: 16, kernel: 3, units: 10 };
/** These may be one number for each axis, 1 × 2 × 2. */
const AXES = new Set(["kernel", "stride", "padding", "dilation", "output padding"]);
const UP = { ArrowUp: -1, ArrowDown: 1 } as Record<string, number>;

/** What an input's shape is taken for: 28 × 28 is no picture. */
const readAs = ([channels, ...size]: readonly number[]): string => {
  const what = ["features", "samples", "pixels", "voxels"][size.length];
  return size.length
    ? `${grouped(channels)} channel${channels === 1 ? "" : "s"} of ${sizeText(size)} ${what}`
    : `${grouped(channels)} ${what}`;
};
const name = (parameter: Parameter): string => WORDS[parameter] ?? parameter;
const sizeText = (size: readonly number[]): string => size.map(grouped).join(" × ");
/** One number where all axes agree. */
const axesText = (values: readonly number[]): string =>
  (new Set(values).size === 1 ? [values[0]] : values).map(fraction).join(" × ");
const fraction = (value: number): string =>
  Number.isInteger(value) ? grouped(value) : `1/${grouped(Math.round(1 / value))}`;
const total = (rows: readonly Row[], count: "parameters" | "multiplyAdds"): number =>
  rows.reduce((sum, row) => sum + (row[count] ?? 0), 0);

/** A layer of another kind that keeps what both have. */
const turned = (kind: Kind, from: Partial<Layer> = {}): Layer =>
  Object.assign(
    { kind },
    ...parametersOf(kind).map((parameter) => {
      const value = from[parameter] ?? (KINDS[kind][parameter] === null ? STARTS[parameter] : undefined);
      return value === undefined ? {} : { [parameter]: value };
    }),
  );

export const ShapeCalculator: View = checked(SCHEMA, ({ model, el }) => {
  /** What stands in a field and is no number yet, by the layer object it belongs to. */
  const drafts = new WeakMap<Layer, Partial<Record<Parameter, string>>>();
  let shapeDraft: string | undefined;
  let rows: Row[] = [];

  // ---- state -------------------------------------------------------------------------------------
  const inPage = !model.save_changes;
  const linked = inPage ? location.hash : "";
  const problem = linked.startsWith("#layers=") ? follow(linked) : undefined;
  const { root, say, announce, schedule, open, close } = frame("Shape calculator", model, [...KEYS, "selected"], () =>
    update(),
  );
  const { get, set, endGroup, buttons, show: showUndo } = store<State>(model, KEYS, root, schedule);
  const layers = () => get("layers");
  const selected = () => Math.min(get("selected"), layers().length);
  const typed = () => layers().map((layer) => ({ ...layer, ...drafts.get(layer) }));
  const link = () => linkOf(layers(), get("input_shape"));

  /** Take the chain that a link carries; returns what is wrong with it. */
  function follow(text: string): string | undefined {
    try {
      const { layers, inputShape } = readLink(decodeURIComponent(text));
      for (const [trait, value] of Object.entries({
        layers,
        input_shape: inputShape,
        selected: Math.min(1, layers.length),
      }))
        model.set(trait, value);
      return undefined;
    } catch (error) {
      return `This link's layers can't be read: ${(error as Error).message}.`;
    }
  }
  const followHash = () => {
    if (location.hash.startsWith("#layers=")) say(follow(location.hash) ?? "These are the layers of the link.");
  };
  const place = (index: number, layer: Layer, group?: unknown) => set({ layers: layers().with(index, layer) }, group);
  const choose = (row: number) => set({ selected: row });
  const insert = (kind: Kind) => {
    if (layers().length >= LONGEST) return say(`A chain has at most ${LONGEST} layers.`, true);
    const at = selected();
    // A layer like the one above: its neighbours seldom differ much.
    const like = kind === "conv" || kind === "conv_transpose" ? layers()[at - 1] : undefined;
    set({ layers: layers().toSpliced(at, 0, turned(kind, like?.kind === kind ? like : undefined)), selected: at + 1 });
    announce(spoken);
  };
  const remove = () => {
    const at = selected();
    if (!at) return;
    set({ layers: layers().toSpliced(at - 1, 1), selected: Math.min(at, layers().length - 1) });
    announce(spoken);
  };
  const move = (by: number) => {
    const from = selected();
    const to = from + by;
    if (!from || to < 1 || to > layers().length) return;
    const [layer] = layers().slice(from - 1, from);
    set({
      layers: layers()
        .toSpliced(from - 1, 1)
        .toSpliced(to - 1, 0, layer),
      selected: to,
    });
    announce(spoken);
  };
  /** What was typed into a field: a value goes into the chain, anything else stays where it is and is explained. */
  const type = (parameter: Parameter, text: string) => {
    const layer = layers()[selected() - 1];
    const value = read(text);
    const blank = text.trim() === "" && KINDS[layer.kind][parameter] !== null;
    if (!blank && !wellFormed(parameter, value)) {
      drafts.set(layer, { ...drafts.get(layer), [parameter]: text });
      announce(spoken);
      return schedule();
    }
    const { [parameter]: _, ...others } = drafts.get(layer) ?? {};
    const { [parameter]: __, ...rest } = layer;
    drafts.delete(layer);
    const next = (blank ? rest : { ...layer, [parameter]: value }) as Layer;
    drafts.set(next, others);
    if (JSON.stringify(next) === JSON.stringify(layer)) drafts.set(layer, others);
    place(selected() - 1, next, `${selected()} ${parameter}`);
    announce(spoken);
    schedule();
  };

  // ---- the editor of the chosen row ----------------------------------------------------------------
  const fields = h("div", { class: "fields" });
  const formula = h("div", { class: "formula" });
  const working = h("div", { class: "working" });
  const tool = (text: string, title: string, act: () => void, ...content: (Node | string)[]) => {
    const button: HTMLButtonElement = h(
      "button",
      {
        type: "button",
        "aria-label": text,
        title,
        onclick: () => {
          act();
          update(); // the editor has moved: the finger stays on its button
          button.focus();
        },
      },
      ...content,
    );
    return button;
  };
  const up = tool("Move up", "Move up (Alt+↑)", () => move(-1), icon("up"));
  const down = tool("Move down", "Move down (Alt+↓)", () => move(1), icon("down"));
  const drop = h(
    "button",
    {
      type: "button",
      title: "Remove this layer (Delete)",
      onclick: () => {
        remove();
        update();
        nameOf(selected()).focus();
      },
    },
    "Remove",
  );
  const arrange = h("div", { class: "cnn-row arrange" }, up, down, drop);
  const editor = h(
    "div",
    { role: "row", class: "open" },
    h(
      "div",
      { role: "cell", "aria-colspan": COLUMNS.length },
      h("div", { class: "cnn-row spread" }, fields, arrange),
      formula,
      working,
    ),
  );

  interface Field {
    parameter?: Parameter;
    input: HTMLInputElement | HTMLSelectElement;
    show(): void;
  }
  let shownFields: Field[] = [];
  let shownFor = "";

  const text = (
    label: string,
    act: (text: string) => void,
    now: () => string,
    same: (text: string) => boolean,
    step?: (by: number) => void,
    hint = "",
  ): Field => {
    const input = h("input", {
      type: "text",
      class: AXES.has(label) && "axes",
      inputmode: label === "padding" ? "text" : "decimal",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: hint,
      oninput: () => act(input.value),
      onblur: () => {
        endGroup();
        input.value = now();
      },
      onkeydown: (event: KeyboardEvent) => {
        if (event.altKey || !(event.key in UP) || !step) return;
        event.preventDefault();
        step(-UP[event.key]);
      },
    });
    fields.append(h("label", {}, label, input));
    // What is being typed is not rewritten under the hand.
    return { input, show: () => void (same(input.value) || (input.value = now())) };
  };
  const field = (parameter: Parameter): Field => {
    const layer = () => layers()[selected() - 1];
    const now = () =>
      drafts.get(layer())?.[parameter] ??
      (valueOf(layer(), parameter) == null ? "" : write(valueOf(layer(), parameter)!, " × "));
    if (parameter === "bias") {
      const input = h("input", {
        type: "checkbox",
        onchange: () => place(selected() - 1, { ...layer(), bias: input.checked }),
      });
      fields.append(h("label", {}, "bias", input));
      return { parameter, input, show: () => void (input.checked = valueOf(layer(), "bias") as boolean) };
    }
    const same = (shown: string) =>
      shown === now() ||
      (drafts.get(layer())?.[parameter] === undefined &&
        shown.trim() !== "" &&
        JSON.stringify(read(shown)) === JSON.stringify(valueOf(layer(), parameter)));
    const step = (by: number) => {
      const value = valueOf(layer(), parameter);
      const from = value == null && parameter === "stride" ? valueOf(layer(), "kernel") : value;
      if (typeof from === "number" && wellFormed(parameter, from + by)) type(parameter, String(from + by));
    };
    return {
      parameter,
      ...text(
        name(parameter),
        (typedText) => type(parameter, typedText),
        now,
        same,
        step,
        parameter === "stride" && layer().kind === "pool" ? "= kernel" : "",
      ),
    };
  };
  const shapeField = (): Field =>
    text(
      "shape",
      (typedText) => {
        const shape = readShape(typedText);
        shapeDraft = shape ? undefined : typedText;
        if (shape) set({ input_shape: shape }, "shape");
        schedule();
      },
      () => shapeDraft ?? get("input_shape").join(" × "),
      (shown) =>
        shapeDraft === shown || (shapeDraft === undefined && `${readShape(shown)}` === `${get("input_shape")}`),
    );

  const showEditor = () => {
    const at = selected();
    const layer = layers()[at - 1];
    const key = layer ? `${at} ${layer.kind}` : "input";
    // While a number is being typed, what hangs on it keeps its place.
    editor.classList.toggle("idle", layer !== undefined && rows[at - 1].error !== undefined);
    if (key !== shownFor) {
      formula.replaceChildren();
      working.replaceChildren();
      shownFor = key;
      fields.replaceChildren();
      if (layer) {
        const kind = select(
          "Kind of layer",
          KIND_NAMES.map((one): [string, string] => [one, TITLES[one]]),
          (one) => {
            place(selected() - 1, turned(one as Kind, layers()[selected() - 1]));
            update();
            (fields.firstElementChild as HTMLElement).focus();
          },
        );
        kind.show(layer.kind);
        fields.append(kind.el);
        shownFields = parametersOf(layer.kind).map(field);
      } else shownFields = [shapeField()];
    }
    const error = layer ? rows[at - 1].error : undefined;
    for (const { parameter, input, show } of shownFields) {
      show();
      const blamed = parameter
        ? error?.replace(/^the /, "").startsWith(name(parameter)) || drafts.get(layer)?.[parameter] !== undefined
        : shapeDraft !== undefined;
      input.setAttribute("aria-invalid", String(Boolean(blamed)));
    }
    arrange.hidden = !layer;
    up.disabled = at < 2;
    down.disabled = at >= layers().length;
    explain(layer, rows[at - 1], at);
  };

  // ---- the arithmetic ----------------------------------------------------------------------------
  const term = (tone: string, value: number | string) =>
    h("span", { class: `t-${tone}` }, typeof value === "number" ? grouped(value) : value);
  const line = (title: string, ...parts: (Node | string)[]) => [
    h("span", { class: "muted" }, title),
    h("span", {}, ...parts),
  ];
  const product = (tone: string, values: readonly (number | string)[]): Node[] =>
    values.flatMap((value, i) => [...(i ? [document.createTextNode(" · ")] : []), term(tone, value)]);

  /** How the chosen row's numbers come about. */
  const explain = (layer: Layer | undefined, row: Row | undefined, at: number) => {
    const shape = at > 1 ? rows[at - 2].size : get("input_shape");
    if (!layer) {
      const said =
        shapeDraft === undefined
          ? `${readAs(get("input_shape"))}. Channels come first: C × L, C × H × W or C × D × H × W; ` +
            "one number alone is a row of features."
          : `“${shapeDraft}” is no shape; it stays ${get("input_shape").join(" × ")}. ` +
            "Write one to four whole numbers with × between, channels first.";
      working.replaceChildren(...line("shape", said));
      return;
    }
    if (!row?.size || !shape) return;
    const { window, size } = row;
    working.replaceChildren();
    if (window) {
      const { geometry: g, transposed } = window;
      const out = size.slice(1);
      formula.replaceChildren(
        ...(transposed
          ? sizeFormulas(
              g.output.map((n, a) => {
                const [before, after] = g.padding[a];
                return {
                  n,
                  k: g.kernel[a],
                  s: g.stride[a],
                  d: g.dilation[a],
                  before,
                  after,
                  extra: g.input[a] - ((n - 1) * g.stride[a] + g.dilation[a] * (g.kernel[a] - 1) + 1 - before - after),
                };
              }),
              out,
              transposedFormula,
            )
          : sizeFormulas(sidesOf(g), out)),
        h("div", { class: "note" }, lostText(row.dropped ?? [], "")),
      );
      working.append(...seen(row, at));
    } else if (layer.kind === "flatten")
      working.append(...line("output", ...product("input", shape), " = ", term("output", size[0])));
    working.append(...cost(layer, row, shape));
  };
  /** The receptive field grows by d(k − 1) of the jumps before it. */
  const seen = ({ window, receptiveField, jump }: Row, at: number): Node[] => {
    if (!receptiveField || !jump) return [];
    const before = at > 1 ? rows[at - 2] : { receptiveField: receptiveField.map(() => 1), jump: jump.map(() => 1) };
    const { geometry: g, transposed } = window!;
    const read = (a: number) => {
      const wider = `${g.dilation[a]} · (${g.kernel[a]} − 1) · ${fraction(before.jump![a])}`;
      return `${grouped(before.receptiveField![a])} + ${wider} = ${grouped(receptiveField[a])}`;
    };
    const plain = rows.slice(0, at).every((row) => !row.window?.transposed);
    const each = (write: (a: number) => string) => [...new Set(receptiveField.map((_, a) => write(a)))].join(", ");
    return [
      ...line(
        "field",
        plain
          ? each(read)
          : `${axesText(receptiveField)}: the largest of the outputs’, which differ behind a transposed convolution`,
      ),
      ...line(
        "jump",
        each((a) => `${fraction(before.jump![a])} ${transposed ? "÷" : "·"} ${g.stride[a]} = ${fraction(jump[a])}`),
      ),
    ];
  };
  const cost = (layer: Layer, { window, size, parameters, multiplyAdds }: Row, shape: readonly number[]): Node[] => {
    if (layer.kind === "flatten") return [];
    if (layer.kind === "pool") return line("cost", "no parameters and no multiply–adds: pooling compares or adds");
    const transposed = layer.kind === "conv_transpose";
    const groups = (layer.groups as number) ?? 1;
    const [many, few] = transposed ? [shape[0], size![0]] : [size![0], shape[0]];
    const each = groups > 1 ? `(${grouped(few)} ÷ ${groups})` : few;
    const weights = product("kernel", [many, each, ...(window?.geometry.kernel ?? [])]);
    const copy = () => weights.map((node) => node.cloneNode(true));
    const bias = valueOf(layer, "bias") ? [" + ", term("output", size![0])] : [];
    const places = transposed ? product("input", shape.slice(1)) : product("output", size!.slice(1));
    return [
      ...line("parameters", ...copy(), ...bias, ` = ${grouped(parameters!)}`),
      ...line("multiply–adds", ...copy(), ...(places.length ? [" · ", ...places] : []), ` = ${grouped(multiplyAdds!)}`),
    ];
  };

  // ---- the table -----------------------------------------------------------------------------------
  interface Line {
    el: HTMLElement;
    button: HTMLButtonElement;
    cells: HTMLElement[];
    error: HTMLElement;
  }
  const lines: Line[] = [];
  const cell = (column: string) => h("div", { role: "cell", "data-label": column });
  const newLine = (index: number): Line => {
    const button = h("button", { type: "button", class: "layer" });
    const cells = COLUMNS.slice(1).map(cell);
    const error = h("div", { role: "cell", class: "why", "aria-colspan": COLUMNS.length - 1 });
    return {
      el: h("div", { role: "row", onclick: () => choose(index) }, h("div", { role: "cell" }, button), ...cells, error),
      button,
      cells,
      error,
    };
  };
  const nameOf = (row: number) => lines[row].button;
  const sums = COLUMNS.slice(4).map(cell);
  const totals = h(
    "div",
    { role: "row", class: "totals" },
    h("div", { role: "cell" }, "Total"),
    h("div", { role: "cell", class: "spare", "aria-colspan": 3 }),
    ...sums,
  );
  const table = h(
    "div",
    { role: "table", class: "chain", "aria-label": "Layers" },
    h("div", { role: "row", class: "heads" }, ...COLUMNS.map((column) => h("div", { role: "columnheader" }, column))),
    totals,
  );
  table.addEventListener("keydown", (event) => {
    if (!(event.target as HTMLElement).classList.contains("layer")) return;
    const by = UP[event.key];
    if (by && event.altKey) move(by);
    else if (by) choose(Math.max(0, Math.min(layers().length, selected() + by)));
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(layers().length);
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
    update();
    nameOf(selected()).focus();
    announce(spoken);
  });

  const showLine = ({ el, button, cells, error }: Line, at: number, row: Row, share: (count: number) => string) => {
    const on = at === selected();
    button.replaceChildren(h("span", { class: "muted" }, at ? String(at) : ""), unbroken(row.layer));
    button.tabIndex = on ? 0 : -1;
    if (on) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    el.classList.toggle("chosen", on);
    el.classList.toggle("bad", row.error !== undefined && !row.error.startsWith("waits"));
    error.hidden = row.error === undefined;
    error.textContent =
      row.error === undefined ? "" : row.error.startsWith("waits") ? row.error : `does not fit: ${row.error}`;
    const texts = [
      sizeText(row.size ?? []),
      row.receptiveField ? axesText(row.receptiveField) : "–",
      row.jump ? axesText(row.jump) : "–",
      at ? grouped(row.parameters ?? 0) : "",
      at ? grouped(row.multiplyAdds ?? 0) : "",
    ];
    cells.forEach((one, i) => {
      one.hidden = row.error !== undefined;
      one.textContent = texts[i];
    });
    cells[3].style.setProperty("--share", share(row.parameters ?? 0));
    cells[4].style.setProperty("--share", share(row.multiplyAdds ?? 0));
  };
  const showTable = () => {
    const shape = get("input_shape");
    const ones = shape.slice(1).map(() => 1);
    const all: Row[] = [
      { layer: "input", size: shape, ...(ones.length && { receptiveField: ones, jump: ones }) },
      ...rows,
    ];
    while (lines.length < all.length) lines.push(newLine(lines.length));
    for (const { el } of lines.splice(all.length)) el.remove();
    const [parameters, multiplyAdds] = [total(rows, "parameters"), total(rows, "multiplyAdds")];
    all.forEach((row, at) => {
      if (!lines[at].el.isConnected || lines[at].el.parentNode !== table) totals.before(lines[at].el);
      showLine(
        lines[at],
        at,
        row,
        (count) => `${(100 * count) / ((count === row.parameters ? parameters : multiplyAdds) || 1)}%`,
      );
    });
    if (lines[selected()].el.nextSibling !== editor)
      steadily(lines[selected()].el, () => lines[selected()].el.after(editor));
    totals.firstElementChild!.textContent = rows.some(({ error }) => error) ? "Total so far" : "Total";
    sums[0].textContent = grouped(parameters);
    sums[1].textContent = grouped(multiplyAdds);
  };

  const spoken = () => {
    const at = selected();
    const row = rows[at - 1];
    if (!row) return `Input ${get("input_shape").join(" by ")}`;
    if (row.error) return `Layer ${at}, ${row.layer}: ${row.error}`;
    return [
      `Layer ${at}, ${row.layer}: output ${row.size!.join(" by ")}`,
      ...(row.receptiveField ? [`field ${axesText(row.receptiveField)}`, `jump ${axesText(row.jump!)}`] : []),
      `${row.parameters} parameters`,
      `${row.multiplyAdds} multiply–adds`,
    ].join(", ");
  };

  // ---- links, presets, code ------------------------------------------------------------------------
  const presets = (model.get("presets") as Record<string, string>) ?? {};
  const preset = select(
    "Start from a known network",
    [["", "Known networks"], ...Object.keys(presets).map((one): [string, string] => [one, one])],
    (one) => {
      if (!one) return;
      const { layers, inputShape } = readLink(presets[one]);
      set({ layers, input_shape: inputShape, selected: Math.min(1, layers.length) });
    },
  );
  const address = h("input", {
    type: "text",
    readonly: true,
    class: "address",
    "aria-label": "The chain as a link",
    hidden: true,
    onfocus: () => address.select(),
  });
  const linkText = () => (inPage ? location.href.split("#")[0] + link() : link());
  const copy = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        address.hidden = false;
        address.value = linkText();
        if (inPage) history.replaceState(null, "", link());
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
  const code = codePanel(LIBRARIES, (library) => codeFor(library, layers(), get("input_shape"), rows));
  const below = h("span", { class: "name" });
  const add = h(
    "div",
    { class: "cnn-row", role: "group", "aria-label": "Add a layer" },
    below,
    ...KIND_NAMES.map((kind) => h("button", { type: "button", onclick: () => insert(kind) }, `+ ${TITLES[kind]}`)),
  );

  const update = () => {
    rows = rowsOf(typed(), get("input_shape"));
    showTable();
    showEditor();
    showUndo();
    const same = Object.keys(presets).find((one) => `#layers=${presets[one]}` === link());
    preset.show(same ?? "");
    below.textContent = selected() ? `Add below layer ${selected()}:` : "Add below the input:";
    if (!address.hidden) address.value = linkText();
    code.show();
  };

  open(
    el,
    [...buttons, code.button],
    code.el,
    h("div", { class: "cnn-row" }, preset.el, copy, address),
    table,
    add,
    h(
      "p",
      { class: "hint" },
      "Field and jump count positions of the input; after a flatten there are none left. " +
        "Multiply–adds: one for each product that is summed, for one input. " +
        "In the table ↑ ↓ choose a layer, Alt+↑ ↓ move it, Delete removes it.",
    ),
  );
  if (linked.startsWith("#layers=")) {
    say(problem ?? "These are the layers of the link.", problem !== undefined);
    requestAnimationFrame(() => root.scrollIntoView?.({ block: "nearest" }));
  }
  if (inPage) addEventListener("hashchange", followHash);
  return () => {
    if (inPage) removeEventListener("hashchange", followHash);
    close();
  };
});

/** Change the page above or below an element without moving it under the reader's finger. */
const steadily = (el: HTMLElement, change: () => void): void => {
  const before = el.getBoundingClientRect().top;
  change();
  const moved = el.getBoundingClientRect().top - before;
  if (!moved) return;
  let scroller: Element | null = el.parentElement;
  while (
    scroller &&
    !(scroller.scrollHeight > scroller.clientHeight && /auto|scroll/.test(getComputedStyle(scroller).overflowY))
  )
    scroller = scroller.parentElement;
  (scroller ?? document.scrollingElement)?.scrollBy({ top: moved, behavior: "instant" });
};
