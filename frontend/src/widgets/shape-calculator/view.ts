/** A chain of layers, edited by hand: size, receptive field, jump, parameters and multiply–adds after each.
 *
 * The traits (`state`) are a chain, which its reader changes (`chain`, `drafts`). What it comes to is computed as
 * data: lines of a table (`lines`), sums (`sums`), words (`words`). `table` and `editor` (`fields`, `arithmetic`) put
 * it on the page, `links` takes and gives whole chains. */
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { h } from "../../ui/dom";
import { frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { chainOf } from "../shared/chain";
import { codeFor, LIBRARIES } from "./code";
import { editor } from "./editor";
import { follow, isLink, linkTools, TAKEN } from "./links";
import { adder } from "../shared/layer-fields";
import { KEYS, type State } from "../shared/state";
import { table } from "./table";
import { SCHEMA } from "./schema";

const HINT =
  "Field and jump count positions of the input; after a flatten there are none left. " +
  "Multiply–adds: one for each product that is summed, for one input. " +
  "In the table ↑ ↓ choose a layer, Alt+↑ ↓ move it, Delete removes it.";

export const ShapeCalculator: View = checked(SCHEMA, ({ model, el }) => {
  // ---- state -------------------------------------------------------------------------------------
  const inPage = !model.save_changes;
  const begins = inPage && isLink(location.hash); // with the layers of the page's address
  const problem = begins ? follow(model, location.hash) : "";
  const { root, say, announce, schedule, open, close } = frame("Shape calculator", model, [...KEYS, "selected"], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const chain = chainOf(traits, { say, announce, schedule });
  const followHash = () => isLink(location.hash) && say(follow(model, location.hash) || TAKEN);

  // ---- page --------------------------------------------------------------------------------------
  const rowEditor = editor(chain, {
    endGroup: traits.endGroup,
    update: () => update(),
    focusRow: () => rows.focus(),
  });
  const rows = table(chain, rowEditor.el, () => update());
  const links = linkTools(traits, chain, (model.get("presets") as Record<string, string>) ?? {}, inPage, say);
  const code = codePanel(LIBRARIES, (library) => codeFor(library, chain.layers(), chain.shape(), chain.rows()));
  const add = adder(chain);

  const update = () => {
    chain.compute();
    rows.show();
    rowEditor.show();
    traits.show();
    links.show();
    add.show();
    code.show();
  };

  open(
    el,
    [...traits.buttons, code.button],
    code.el,
    h("div", { class: "cnn-row" }, ...links.els),
    rows.el,
    add.el,
    h("p", { class: "hint" }, HINT),
  );
  if (begins) {
    say(problem || TAKEN, problem !== "");
    requestAnimationFrame(() => root.scrollIntoView?.({ block: "nearest" }));
  }
  if (inPage) addEventListener("hashchange", followHash);
  return () => {
    if (inPage) removeEventListener("hashchange", followHash);
    close();
  };
});
